"""SIGKILL at every journalled step: after the next start the till and the provider come to the same truth.

The steps are learned from each story as it goes without a crash, and held against the cycle's table: a row that no death was
tried at fails `test_every_row_of_the_table_was_died_at`. `make test` dies once at every step of every story, in turn while it is
written, once it is stored, and once it was performed; `make crash-test` at all three places, at each repetition too.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from crash_matrix import Matrix
from crash_stories import STORIES
from crash_story import Story
from crash_truth import died_at
from crashing_daemon import PLACES

from daemon.cycle import TABLE

pytestmark = pytest.mark.timeout(900)  # the first test waits for tellings of all stories, which are begun together

SERIALS = list(enumerate(STORIES))
NEVER_DIED_AT: dict[str, str] = {}
"""Rows that a whole box cannot be brought to, each with the reason."""


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Matrix]:
    """Begins all stories that were selected to be told here."""
    matrix = Matrix(tmp_path_factory.mktemp("crash"), every=False)
    wanted = {item.callspec.params["story"].name for item in request.session.items if _is_of_a_story(item)}
    matrix.begin((serial, story) for serial, story in SERIALS if story.name in wanted)
    yield matrix
    matrix.close()


def _is_of_a_story(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and item.path == __import__("pathlib").Path(__file__) and hasattr(item, "callspec")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_dies_at_every_step_and_comes_to_the_same_end(matrix: Matrix, story: Story):
    assert [fault for telling in matrix.tellings(story) for fault in telling.faults] == []


def test_every_row_of_the_table_was_died_at(matrix: Matrix):
    matrix.begin(SERIALS)
    died = {place for _, story in SERIALS for telling in matrix.tellings(story) for place in died_at(telling.told.result())}
    untried = [f"{state}:{news.name} {place}" for state, rows in TABLE.items() for news in rows for place in PLACES if (f"{state}:{news.name}", place) not in died]
    assert untried == []
