"""The fuzzer itself: it finds what is planted, tells it, keeps the input; and its changes are the same everywhere."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fuzz
import pytest
from fuzz_log import listening
from fuzz_mutator import mutations
from fuzz_promises import CODE, check_error, check_reply, check_text
from fuzz_run import blind, is_guided
from fuzz_scene import read_scene
from fuzz_targets import TARGETS, Target
from fuzz_watch import GREEDY_KB, Greedy, Hang, Watched

from daemon.reply import NoAnswer, NotSent, Reply, Unintelligible, Verdict

ENTRY = Path(fuzz.__file__)


def ticking(*readings: float) -> Iterator[float]:
    yield from readings


def test_a_slow_input_is_a_hang() -> None:
    clock = ticking(0, 5, 10, 10.9, 20, 21.1)
    watched = Watched(lambda _data: None, 1.0, clock=lambda: next(clock), peak=lambda: 0)
    watched(b"the first one, which imports")
    watched(b"just in time")
    with pytest.raises(Hang, match=r"1\.10 s for 4 bytes"):
        watched(b"late")


def test_an_input_that_takes_too_much_memory_is_greedy() -> None:
    peak = iter((0, 500_000, 500_000, 500_000 + GREEDY_KB, 600_000, 600_001 + GREEDY_KB))
    watched = Watched(lambda _data: None, 1.0, clock=lambda: 0.0, peak=lambda: next(peak))
    watched(b"the first one, which imports")
    watched(b"large")
    with pytest.raises(Greedy, match="96 MB"):
        watched(b"larger")


def test_changes_are_the_same_on_every_machine() -> None:
    made = hashlib.sha256(b"|".join(mutations([b"seed", b"another seed"], 500, 64, seed=7)))
    assert made.hexdigest()[:16] == "9c9d02e3be51103b"
    assert max(map(len, mutations([b"x" * 100], 100, 64, seed=1))) == 64


@pytest.mark.parametrize(
    "text",
    ["13" * 300, "two\nlines", CODE, "an unknown 281234567890123456", "hQVDUFYwMWETTweg", "the made-up secret"],
    ids=["long", "line", "code", "like a code", "emvco", "secret"],
)
def test_a_text_that_tells_too_much_is_noticed(text: str) -> None:
    with pytest.raises(AssertionError, match="a text"):
        check_text(text, ("made-up secret",))


def test_a_lie_about_what_left_the_box_is_noticed() -> None:
    check_error(NotSent("no connection"), sent=False)
    with pytest.raises(AssertionError, match="after it was"):
        check_error(NotSent("no connection"), sent=True)


def test_a_secret_in_the_cause_of_an_error_is_noticed() -> None:
    error = NoAnswer("nothing")
    error.__cause__ = ValueError(f"while reading {CODE}")
    with pytest.raises(AssertionError, match="cause"):
        check_error(error)


def test_a_foreign_error_and_a_refusal_without_a_culprit_are_noticed() -> None:
    check_error(Unintelligible("no XML"))
    with pytest.raises(AssertionError):
        check_error(RuntimeError("oops"))  # type: ignore[arg-type]  # that is what is tried
    with pytest.raises(AssertionError, match="who can mend"):
        check_reply(Reply(Verdict.REFUSED))


def test_a_secret_in_the_log_is_noticed_and_the_log_is_as_before_afterwards() -> None:
    log = logging.getLogger("daemon.anything")
    with listening():
        log.info("a line")
        with pytest.raises(AssertionError, match="in the log"):
            log.warning("token=%s", "made-up-token-of-the-fuzzed-box")
    assert (log.parent.propagate, log.parent.handlers) == (True, [])


def test_a_scene_is_read_out_of_any_bytes() -> None:
    scene = read_scene(b"call=query sign=yes\n404 text/plain | Date: now\nbody\n%%\n\xff")
    assert scene.one_of("call", ("submit", "query")) == "query"
    assert scene.one_of("state", ("a", "b")) == "a", "what is missing is what is usual"
    first, second = scene.answers
    assert (first.status, first.headers["date"], first.body) == (404, "now", b"body")
    assert (second.status, second.body) == (200, b"")


def planted(directory: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> Target:
    """A target of its own, which breaks a promise."""
    (directory / "target_planted.py").write_text(f"def run(data):\n    {body}\n")
    monkeypatch.syspath_prepend(directory)
    monkeypatch.setattr("fuzz_targets.CORPUS", directory / "corpus")
    (directory / "corpus" / "planted").mkdir(parents=True)
    (directory / "corpus" / "planted" / "seed").write_bytes(b"seed")
    return Target("planted", "target_planted", "run")


def test_what_breaks_a_promise_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    target = planted(tmp_path, monkeypatch, "assert b'\\xff' not in data, 'broken'")
    with pytest.raises(AssertionError, match="broken"):
        blind(target, tmp_path / "found", seconds=30, seed=1)
    (kept,) = (tmp_path / "found").iterdir()
    assert b"\xff" in kept.read_bytes()
    assert str(kept) in capsys.readouterr().err
    sys.modules.pop("target_planted")


def test_a_result_says_what_was_done_or_which_input_broke_it() -> None:
    output = b"stat::number_of_executed_units: 5000\nstat::peak_rss_mb:   48\n"
    figures = "codes                   5,000 inputs    2,500/s     40 in the corpus     48 MB  ok"
    assert str(fuzz.Result(TARGETS["codes"], True, 2.0, output, 40)) == figures
    broken = fuzz.Result(TARGETS["codes"], False, 2.0, b"artifact; Test unit written to build/fuzz/codes/crash-1\n", 40)
    assert str(broken).endswith("BROKEN: build/fuzz/codes/crash-1")


@pytest.mark.skipif(not is_guided(), reason="atheris is not installed (it is made for CPython on x86-64 only): corpora are replayed above")
def test_the_guided_fuzzer_runs(tmp_path: Path) -> None:
    command = [sys.executable, ENTRY, "codes", "--seconds", "2", "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok" in done.stdout
