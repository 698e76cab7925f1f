"""`tillbox simulate`, as its user calls it."""

from __future__ import annotations

import pytest

from daemon import errands
from daemon.cli import main
from daemon.commands import simulate
from daemon.simulation import sweep


def test_a_campaign_says_what_it_covered_and_that_nothing_broke(capsys):
    assert main(["simulate", "--seed", "4", "--runs", "6"]) == 0
    said = capsys.readouterr().out
    assert "how often each fault came" in said
    assert "no promise was broken in 6 histories; seed 4; " in said


def test_a_campaign_goes_on_where_another_ended(capsys):
    assert main(["simulate", "--seed", "4", "--from", "6", "--runs", "2"]) == 0
    assert "no promise was broken in 2 histories; seed 4 from 6; " in capsys.readouterr().out


def test_one_history_is_told_again(capsys):
    assert main(["simulate", "--seed", "4", "--only", "2"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("      0.00 s  the machine boots\n")
    assert said.endswith("no promise was broken in history 2 of seed 4\n")


def test_a_failure_comes_with_its_seed_and_a_short_time_line(capsys, monkeypatch):
    monkeypatch.setattr(errands, "revoke_from", lambda _order, _schedule: 0.0)
    monkeypatch.setattr("daemon.commands.simulate.MOST_TRIES", 30)
    assert main(["simulate", "--seed", "1", "--runs", "300"]) == 1
    said = capsys.readouterr().out
    assert "breaks a promise: P8: revoked" in said
    assert "again: tillbox simulate --seed 1 --only " in said
    assert "its decisions: [" in said


def test_every_fault_at_every_step_of_every_story(capsys, monkeypatch):
    few = sweep.stories(two=True)[:1]
    monkeypatch.setattr(sweep, "stories", lambda *, two: few)
    assert main(["simulate", "--exhaustive", "one"]) == 0
    assert "no promise was broken: 1 stories, " in capsys.readouterr().out


def test_a_sweep_in_parts_leaves_no_story_out(capsys, monkeypatch):
    few, told = sweep.stories(two=True)[:5], []
    monkeypatch.setattr(sweep, "stories", lambda *, two: few)
    monkeypatch.setattr(sweep, "sweep", lambda of, *_arguments, **_options: told.append(of) or sweep.Swept(len(of)))
    for part in ("1/2", "2/2"):
        assert main(["simulate", "--exhaustive", "two", "--part", part]) == 0
    assert "no promise was broken: part 2 of 2: 2 stories, 2 tellings" in capsys.readouterr().out
    assert told == [few[0::2], few[1::2]]


def test_a_telling_that_breaks_a_promise_is_shown(capsys, monkeypatch):
    broken = sweep.Swept(2, broken=[("a story: at moment 1: a fault", "Broken: P1: why", ["1.00 s  a line"])])
    monkeypatch.setattr(sweep, "sweep", lambda *_arguments, **_options: broken)
    assert main(["simulate", "--exhaustive", "two"]) == 1
    assert capsys.readouterr().out == "a story: at moment 1: a fault\n1.00 s  a line\nBroken: P1: why\n\n1 of 2 tellings broke a promise\n"


@pytest.mark.parametrize(
    "wrong",
    [["--runs", "0"], ["--seed", "-1"], ["--jobs", "x"], ["--exhaustive", "three"], ["--part", "0/2"], ["--part", "3/2"], ["--part", "1"]],
)
def test_wrong_use_is_said(wrong, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["simulate", *wrong])
    assert exit_.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def test_progress_is_for_people_only(capsys):
    simulate._progress("half of it")
    assert capsys.readouterr().err == ""
