"""SIGKILL at every journalled step: after the next start, the till and the provider come to the same truth.

The steps are learned from each story as it goes without a crash. `make test` dies once in every step that some story goes
through: in some while it is written, in some once it is stored, in some once it was performed. `make crash-test`
does all three in every step of every story, each time that the step is passed, and dies again as the box restarts from there.
Every row of the cycle's table must have been died at: a new one without a story fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attended_crash_stories import STORIES as ATTENDED_STORIES
from crash_matrix import Matrix
from crash_stories import STORIES as SCAN_STORIES
from crash_story import Story
from crash_truth import untried
from crashing_daemon import PLACES
from qr_crash_stories import STORIES as QR_STORIES

from daemon.cycle import TABLE
from daemon.news import News
from daemon.payment import State

pytestmark = pytest.mark.timeout(3600)  # the first test waits while all stories are told side by side; each is bounded by itself

STORIES = (*SCAN_STORIES, *QR_STORIES, *ATTENDED_STORIES)
NUMBERED = list(enumerate(STORIES))
THE_TABLE = {(state, news) for state, rows in TABLE.items() for news in rows}

each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Matrix]:
    """One death in every step that is in any story."""
    yield from _matrix(tmp_path_factory.mktemp("some"), request, every=False)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Matrix]:
    """Every death."""
    yield from _matrix(tmp_path_factory.mktemp("every"), request, every=True)


def _matrix(directory: Path, request: pytest.FixtureRequest, *, every: bool) -> Iterator[Matrix]:
    """With the stories that were selected to be told here begun."""
    matrix = Matrix(directory, every=every)
    items = [item for item in request.session.items if item.path == Path(__file__) and hasattr(item, "callspec")]
    wanted = {item.callspec.params["story"].name for item in items if "story" in item.callspec.params}
    matrix.begin((number, story) for number, story in NUMBERED if story.name in wanted)
    yield matrix
    matrix.close()


@each_story
def test_it_dies_and_comes_to_the_same_end(some: Matrix, story: Story):
    assert [fault for telling in some.tellings(story) for fault in telling.faults] == []


def test_every_row_of_the_table_was_died_at(some: Matrix):
    assert untried(THE_TABLE, {row for row, _ in _died_at(some)}) == []


def test_a_row_without_a_story_is_missed(some: Matrix):
    new = (State.PAID, News.LATE_PAID)
    assert untried({*THE_TABLE, new}, {row for row, _ in _died_at(some)}) == ["paid:LATE_PAID"]


@pytest.mark.slow
@each_story
def test_it_dies_at_every_place_of_every_step_and_comes_to_the_same_end(every: Matrix, story: Story):
    assert [fault for telling in every.tellings(story) for fault in telling.faults] == []


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_every_row_of_the_table_was_died_at_in_every_place(every: Matrix, place: str):
    assert untried(THE_TABLE, {row for row, where in _died_at(every) if where == place}) == []


def _died_at(matrix: Matrix) -> set[tuple[str, str]]:
    matrix.begin(NUMBERED)
    return {died for _, story in NUMBERED for telling in matrix.tellings(story) for died in telling.died_at}
