"""Whatever comes in from outside, the promises hold: every kept input, and some thousands of changed ones, always the same.

`fuzz.py` looks for more, for as long as one likes; what it finds is kept in the corpus and tried here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fuzz_log import listening
from fuzz_mutator import mutations
from fuzz_targets import CORPUS, TARGETS, Target
from fuzz_watch import Watched

SEED = 20_260_301  # of the changes; any would do, as long as it stays


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    with listening():
        yield


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_every_kept_input_keeps_the_promises(target: Target) -> None:
    watched = Watched(target.load(), target.slow_s)
    for path in sorted(target.corpus.iterdir()):
        try:
            watched(path.read_bytes())
        except Exception as error:
            error.add_note(f"by the input {path.name}")
            raise
    assert watched.executions >= 2, "a target without inputs"


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_changed_inputs_keep_the_promises(target: Target) -> None:
    watched = Watched(target.load(), target.slow_s)
    for number, data in enumerate(mutations(target.seeds(), target.quick, target.longest, SEED)):
        try:
            watched(data)
        except Exception as error:
            error.add_note(f"by change {number} of seed {SEED}: {data!r}")
            raise
    assert watched.executions == target.quick


def test_corpora_are_small_and_every_target_has_one() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    for target in TARGETS.values():
        files = list(target.corpus.iterdir())
        assert len(files) <= 100, target.name
        assert all(file.stat().st_size <= target.longest for file in files), target.name
