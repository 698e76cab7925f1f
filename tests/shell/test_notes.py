"""What the list of events says of each event."""

import pytest

from daemon.events import Cancelled, CodePresented, CodeRejected, Failed, Query, Refund, Replied, Restarted, Revoke, Submit, TimePassed
from daemon.notes import note_of, word
from daemon.payment import OutTradeNo
from daemon.reply import Reply, Verdict

T1, T2 = OutTradeNo("T1"), OutTradeNo("T2")


@pytest.mark.parametrize(
    ("thing", "says"), [(Submit(T1), "submit"), (CodePresented(T1, "g", "s"), "code_presented"), (TimePassed(), "time_passed")]
)
def test_names_are_words(thing, says):
    assert word(thing) == says


@pytest.mark.parametrize(
    ("event", "actions", "order", "name", "detail"),
    [
        (
            CodePresented(T1, "wx", "wechat", "t"),
            [Submit(T1)],
            "T1",
            "code_presented",
            {"scheme": "wechat", "gateway": "wx", "does": ["submit"]},
        ),
        (CodeRejected("product", "t"), [], None, "code_rejected", {"kind": "product"}),
        (Cancelled("button", at="t"), [], None, "cancelled", {"by": "button"}),
        (Cancelled("till", at="t"), [Query(T1)], "T1", "cancelled", {"by": "till", "does": ["query"]}),
        (
            Failed(Submit(T1), True, "no answer", "t"),
            [Query(T1)],
            "T1",
            "failed",
            {"call": "submit", "sent": True, "text": "no answer", "does": ["query"]},
        ),
        (Replied(Query(T1), Reply(Verdict.PAID), "t"), [], "T1", "replied", {"call": "query", "verdict": "paid"}),
        (
            Replied(Revoke(T2), Reply(Verdict.REVOKED, "OK", "done", "42"), "t"),
            [],
            "T2",
            "replied",
            {"call": "revoke", "verdict": "revoked", "code": "OK", "text": "done", "trade_no": "42"},
        ),
        (TimePassed("t"), [Query(T2), Refund(T1)], "T2", "time_passed", {"does": ["query", "refund"]}),
        (Restarted("t"), [], None, "restarted", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_entry_says_what_was_heard_and_what_is_done_about_it(event, actions, order, name, detail):
    note = note_of(event, actions)
    assert (note.at, note.out_trade_no, note.event, note.detail) == ("t", order, name, detail)
