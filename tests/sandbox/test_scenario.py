"""Scenarios, the table of cases, and scripts: what is asked for is what is played."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from daemon.sandbox.cases import BY_SUFFIX, CASES, PAID, case_of_code, case_table, code_for
from daemon.sandbox.refusals import REFUSALS, Who, text_of, who_of
from daemon.sandbox.scenario import HONEST, Call, Fault, Move, Scenario, Standing, Step, Steps, Timings
from daemon.sandbox.script import Deck, WrongScript, parse_script, parse_timings, read_script
from daemon.sandbox.shown_cases import SHOWN_CASES

DOCUMENT = Path(__file__).parents[2] / "docs" / "sandbox.md"


def test_steps_are_taken_in_turn_and_then_the_last_word_holds_for_ever() -> None:
    again, refused = Step(act=False, again=True), Step(code="TRADE_ERROR")
    scenario = Scenario("x", "", revoke=Steps((again, again), refused))
    assert [scenario.step(Call.REVOKE, n) for n in (1, 2, 3, 4)] == [again, again, refused, refused]
    assert scenario.step(Call.QUERY, 1) is HONEST


def test_what_is_paid_at_once_when_scanned_is_paid_after_a_query_when_shown() -> None:
    shown = PAID.for_show()
    assert shown.start is Standing.UNPAID
    assert [move.to for move in shown.moves] == [Standing.PAID]
    assert CASES["password_never"].for_show().start is Standing.UNPAID
    assert CASES["request_lost"].for_show() is CASES["request_lost"]


def test_timings_name_their_waits_and_scale_together() -> None:
    fast = Timings().scaled(0.01)
    assert fast.seconds("auto_close_s") == pytest.approx(0.45)
    assert fast.seconds(3.0) == 3.0


def test_every_case_has_a_name_of_its_own_and_two_digits() -> None:
    assert len(CASES) == len(BY_SUFFIX)
    assert all(0 <= suffix <= 99 for suffix in BY_SUFFIX)


@pytest.mark.parametrize("name", CASES)
def test_a_code_made_for_a_case_asks_for_it(name: str) -> None:
    code = code_for(name, serial=7)
    assert len(code) == 18
    assert case_of_code(code) is CASES[name]
    assert code != code_for(name, serial=8)


def test_any_other_code_pays() -> None:
    assert case_of_code("130000000000000099") is PAID
    assert case_of_code("hQVDUFYwMWF3") is PAID
    assert case_of_code("") is PAID
    with pytest.raises(KeyError):
        code_for("no_such_case")


def test_every_code_that_a_case_answers_is_known_but_the_one_that_must_not_be() -> None:
    steps = [step for case in CASES.values() for call in Call for step in (case.step(call, 1), case.step(call, 99))]
    unknown = {step.code for step in steps if step.code and step.code not in REFUSALS}
    assert unknown == {"BRAND_NEW_CODE"}
    assert who_of("BRAND_NEW_CODE") is Who.UNCLEAR
    assert text_of("BRAND_NEW_CODE")


def test_every_kind_of_refusal_has_cases() -> None:
    refused = {who_of(case.step(Call.CHARGE, 1).code) for name, case in CASES.items() if name.startswith("refused_")}
    assert refused == {Who.PAYER, Who.NOBODY, Who.MERCHANT}


def test_the_document_lists_exactly_the_cases_there_are() -> None:
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `") and line[3:5].isdigit()]
    assert rows == [f"| `{suffix}` | `{name}` | {text} |" for suffix, name, text in case_table()]


def test_the_document_lists_exactly_the_cases_of_qr_orders() -> None:
    """`daemon.sandbox.shown_cases`."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("for QR orders only")[2].partition("### By a script")[0]
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{case.name}` | {case.text} |" for case in SHOWN_CASES.values()]
    assert not set(SHOWN_CASES) & set(CASES)


def test_a_case_of_qr_orders_is_asked_for_by_name() -> None:
    assert parse_script({"default": "token_expired"}).choose(None) is SHOWN_CASES["token_expired"]


def test_the_document_lists_every_timing_with_its_default() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [f.name for f in fields(Timings) if f"| `{f.name}` | {getattr(Timings(), f.name):g} |" not in text] == []


# -- scripts --


def test_without_a_script_the_code_chooses() -> None:
    assert Deck().choose(code_for("answer_lost")) is CASES["answer_lost"]
    assert Deck().choose(None) is PAID


def test_a_script_serves_orders_in_turn_then_its_default() -> None:
    deck = parse_script({"default": "password_never", "order": [{"case": "bad_signature"}, {"case": "paid"}]})
    names = [deck.choose("130000000000000044").name for _ in range(3)]
    assert names == ["bad_signature", "paid", "password_never"]


def test_after_a_script_without_default_the_code_chooses_again() -> None:
    deck = parse_script({"order": [{"case": "paid"}]})
    assert [deck.choose(code_for("answer_lost")).name for _ in range(2)] == ["paid", "answer_lost"]


def test_what_is_put_on_top_comes_first() -> None:
    deck = parse_script({"default": "paid"})
    deck.put(CASES["huge"])
    assert [deck.choose(None).name for _ in range(2)] == ["huge", "paid"]


def test_a_script_may_replace_parts_of_a_case(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text("""
        [timings]
        auto_close_s = 4.5

        [[order]]
        case = "password_never"
        revoke = [{ act = false, fault = "cut" }, { act = false, code = "SYSTEMERROR", again = true }]
        revoke_then = { act = false, again = true }
        moves = [{ to = "paid", on = "query", nth = 4 }, { to = "closed", after = "auto_close_s" }]
        charge = [{ delay = 0.5 }, { delay = "late_s" }]
    """)
    deck, timings = read_script(script)
    scenario = deck.choose(None)
    assert timings == Timings(auto_close_s=4.5)
    assert (scenario.name, scenario.start) == ("password_never", Standing.CONFIRMING)
    assert scenario.step(Call.REVOKE, 1) == Step(act=False, fault=Fault.CUT)
    assert scenario.step(Call.REVOKE, 2) == Step(act=False, code="SYSTEMERROR", again=True)
    assert scenario.step(Call.REVOKE, 9) == Step(act=False, again=True)
    assert scenario.moves == (Move(Standing.PAID, on=Call.QUERY, nth=4), Move(Standing.CLOSED, after="auto_close_s"))
    assert [scenario.step(Call.CHARGE, n).delay for n in (1, 2)] == [0.5, "late_s"]


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ({"defualt": "paid"}, "unknown key 'defualt'"),
        ({"default": "payed"}, "no case 'payed'"),
        ({"order": {"case": "paid"}}, r"write \[\[order\]\]"),
        ({"order": ["paid"]}, "order 1: expected a table"),
        ({"order": [{"case": "paid"}, {"start": "payed"}]}, "order 2, start: expected one of absent"),
        ({"order": [{"query": {"act": False}}]}, "order 1, query: expected a list"),
        ({"order": [{"query": [{"act": "no"}]}]}, "act: expected bool"),
        ({"order": [{"query": [{"code": 3}]}]}, "code: expected str"),
        ({"order": [{"query": [{"fault": "flood"}]}]}, "fault: expected one of none"),
        ({"order": [{"query": [{"delay": "soon"}]}]}, "delay: expected seconds or one of"),
        ({"order": [{"query": [{"delay": -1}]}]}, "delay: expected seconds"),
        ({"order": [{"moves": [{"to": "paid"}]}]}, "needs `to`, and `on` or `after`"),
        ({"order": [{"moves": [{"to": "paid", "on": "query", "nth": 0}]}]}, "nth: expected int"),
    ],
)
def test_a_wrong_script_is_told_where_and_what(script: dict[str, object], complaint: str) -> None:
    with pytest.raises(WrongScript, match=complaint):
        parse_script(script)


@pytest.mark.parametrize(
    ("timings", "complaint"),
    [({"late": 1}, "unknown key 'late'"), ({"late_s": "1"}, "expected seconds"), ({"late_s": -1}, "expected seconds")],
)
def test_wrong_timings_are_told(timings: dict[str, object], complaint: str) -> None:
    with pytest.raises(WrongScript, match=complaint):
        parse_timings({"timings": timings})


def test_a_script_that_is_no_toml_says_so(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_bytes(b"[[order]\xff")
    with pytest.raises(WrongScript, match="not TOML"):
        read_script(script)
