"""The diagram says what the table says: each change of state is an arrow, and no arrow is made up."""

from __future__ import annotations

import re

from daemon.cycle import MOVED_BY, TABLE
from daemon.diagram import mermaid
from daemon.news import Do, News, Row
from daemon.payment import State

S = State


def arrows(text: str) -> dict[tuple[str, str], str]:
    return {(start, end): label for start, end, label in re.findall(r"^ +(\w+) --> (\w+): (.+)$", text, re.MULTILINE)}


def note(text: str, state: State) -> list[str]:
    found = re.search(rf"note right of {state}\n(.*?)\n +end note", text, re.DOTALL)
    assert found is not None
    return [line.strip() for line in found[1].splitlines()]


def test_it_starts_where_a_payment_starts_and_marks_every_end():
    lines = [line.strip() for line in mermaid().splitlines()]
    assert lines[:2] == ["stateDiagram-v2", "[*] --> awaiting_code"]
    ends = [line.removesuffix(" --> [*]") for line in lines if line.endswith("--> [*]")]
    assert ends == ["paid", "refused", "revoked", "cancelled", "expired", "refunded"]
    assert lines[-1] == f"class {','.join(ends)} final"


def test_every_change_of_state_is_an_arrow_with_its_news():
    drawn = arrows(mermaid())
    for state, rows in TABLE.items():
        for news, row in rows.items():
            end = row.payment_to or row.to
            if end is not state and not state.is_final:
                assert news.value in drawn[state.value, end.value].split("<br/>")


def test_no_arrow_is_made_up():
    told = {(a.value, b.value) for a, rows in TABLE.items() for row in rows.values() for b in (row.payment_to or row.to,)}
    moved = {(start.value, end.value) for end, starts in MOVED_BY.items() for start in starts}
    assert set(arrows(mermaid())) <= told | moved
    assert moved <= set(arrows(mermaid()))


def test_what_leads_the_same_way_shares_one_arrow_and_what_leads_nowhere_has_none():
    drawn = arrows(mermaid())
    assert drawn["revoking", "revoked"] == "ended by the provider<br/>revoke confirmed<br/>never known to the provider"
    assert not any(start == end for start, end in drawn)


def test_a_refusal_that_the_payer_can_mend_leads_back_to_a_fresh_code():
    drawn = arrows(mermaid())
    assert drawn["pending", "awaiting_code"] == "refused, payer can mend"
    assert drawn["submitting", "awaiting_code"] == "nothing left the box"


def test_an_order_that_was_let_go_moves_the_payment_from_where_it_stands():
    drawn = arrows(mermaid())
    assert drawn["awaiting_code", "paid"] == "earlier order paid"
    assert drawn["expired", "refunded"] == drawn["cancelled", "refunded"] == "refund accepted"
    assert ("refused", "paid") not in drawn, "the till was told"


def test_refunded_and_revoked_are_left_by_no_arrow_and_paid_only_where_no_goods_came():
    assert not {start for start, _ in arrows(mermaid())} & {"refunded", "revoked"}
    assert [end for start, end in arrows(mermaid()) if start == "paid"] == ["refunded"]
    assert "goods not handed over → give back" in note(mermaid(), S.PAID)


def test_the_notes_say_what_goes_on_after_the_till_was_told():
    text = mermaid()
    assert "still unclear when asked last → revoke" in note(text, S.IN_DOUBT)
    assert "paid after all → return money" in note(text, S.IN_DOUBT)
    assert "known to the provider after all → undo" in note(text, S.REFUSED)
    assert "paid, but not what was asked → report" in note(text, S.REVOKED)
    assert "paid after all → return money" not in note(text, S.REVOKED), "said once"


def test_it_is_plain_mermaid():
    """A label ends at a colon or semicolon, and a note at its end line; the words must hold neither."""
    text = mermaid()
    assert all(not set(label) & set(":;") for label in arrows(text).values())
    assert text.count("note right of") == text.count("end note") == 6
    assert not text.endswith("\n")


def test_another_table_gives_another_diagram():
    table = {
        S.AWAITING_CODE: {News.CODE: Row(S.SUBMITTING, Do.SUBMIT), News.WRONG_CODE: Row(S.AWAITING_CODE)},
        S.SUBMITTING: {News.PAID: Row(S.PAID, Do.REST)},
        S.CANCELLED: {News.PAID: Row(S.CLOSING), News.DUE: Row(S.CANCELLED, Do.GO_ON)},
    }
    assert mermaid(table).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> awaiting_code",
        "    awaiting_code --> submitting: code presented",
        "    submitting --> paid: paid",
        "    paid --> [*]",
        "    note right of cancelled",
        "        in the background, until the provider's own end",
        "    end note",
        "    classDef final font-weight:bold",
        "    class paid final",
    ]
