"""How a mutant is told from others, what the list of the equivalent ones forgives, and what the score says."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants import Change, Fate, Score, change_of, fates, function_of, listed
from own_tests import MODULES

DIFF = """--- daemon/money.py
+++ daemon/money.py
@@ -3,3 +3,3 @@
     digits = exponent(currency)
-    if len(rest) > digits:
+    if len(rest) >= digits:
         raise ValueError
"""
CHANGE = Change("parse_amount", "if len(rest) > digits:", "if len(rest) >= digits:")
OTHER = Change("parse_amount", "return 1", "return 2")

LIST = """
[[equivalent]]
function = 'parse_amount'
removed = 'if len(rest) > digits:'
added = 'if len(rest) >= digits:'
reason = '{reason}'
"""


def scored(survived: list[Change], equivalent: list[Change], *, mutants: int = 40) -> Score:
    return Score("money", mutants, mutants - len(survived), 0, survived, equivalent)


def test_a_mutant_is_known_by_its_text_wherever_it_stands():
    assert change_of("parse_amount", DIFF) == CHANGE
    assert change_of("parse_amount", DIFF.replace("-3,3", "-90,3").replace("    ", "        ")) == CHANGE


def test_a_mutant_of_a_method_is_named_with_its_class():
    assert function_of("daemon.cycle.xǁCycleǁhandle__mutmut_7") == "Cycle.handle"
    assert function_of("daemon.money.x_parse_amount__mutmut_12") == "parse_amount"


def test_tests_that_never_end_have_noticed_and_those_that_never_ran_have_not():
    assert fates({"a": "killed", "b": "timeout", "c": "no tests"}) == {"a": Fate.KILLED, "b": Fate.TIMEOUT, "c": Fate.SURVIVED}


def test_a_mutant_without_a_verdict_ends_the_run():
    with pytest.raises(RuntimeError, match="not checked"):
        fates({"a": "killed", "b": "not checked"})


def test_what_is_listed_is_forgiven():
    good = scored([CHANGE], [CHANGE])
    assert (good.unlisted, good.stale, good.noticed, good.is_good) == ([], [], 1.0, True)


def test_a_survivor_that_is_not_listed_is_not_forgiven_however_good_the_score():
    bad = scored([CHANGE, OTHER], [CHANGE], mutants=1001)
    assert (bad.unlisted, bad.is_good) == ([OTHER], False)
    assert bad.noticed == pytest.approx(0.999)


def test_the_same_change_at_two_places_is_listed_twice():
    assert scored([CHANGE, CHANGE], [CHANGE]).unlisted == [CHANGE]
    assert scored([CHANGE, CHANGE], [CHANGE, CHANGE]).is_good


def test_what_is_listed_and_killed_by_now_is_struck_off():
    stale = scored([], [CHANGE])
    assert (stale.stale, stale.noticed, stale.is_good) == ([CHANGE], 1.0, False)


def test_a_module_without_a_function_has_nothing_to_be_noticed():
    assert scored([], [], mutants=0).is_good


def test_a_list_is_read_and_what_is_printed_can_be_listed(tmp_path: Path):
    (tmp_path / "money.toml").write_text(LIST.format(reason="nothing is ever that long"), encoding="utf-8")
    assert listed("money", tmp_path) == [CHANGE]
    said = str(Change("f", "say('a')\nstop", "x")).replace("reason = ''", "reason = 'nobody listens here'")
    (tmp_path / "reply.toml").write_text(said, encoding="utf-8")
    assert listed("reply", tmp_path) == [Change("f", "say('a')\nstop", "x")]
    assert listed("codes", tmp_path) == []


def test_what_is_listed_has_a_reason(tmp_path: Path):
    (tmp_path / "money.toml").write_text(LIST.format(reason=""), encoding="utf-8")
    with pytest.raises(ValueError, match="nobody could notice"):
        listed("money", tmp_path)


@pytest.mark.parametrize("module", MODULES)
def test_the_lists_in_the_tree_can_be_read(module: str):
    listed(module)
