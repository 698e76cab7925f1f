"""Looking payments up in the journal: `daemon.lookup`, `daemon.lookup_rows`, and what the journal makes of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import steps_back
from shop import AT, NOON, NOTE, a_payment, an_order

from daemon import lookup_rows
from daemon.goods import Ware
from daemon.journal import Journal
from daemon.journal_file import CorruptError, JournalError, JournalFile, Note
from daemon.lookup import Wanted
from daemon.money import Amount, Minor
from daemon.payment import Errand, Payment, Reason, Ref, State

RESTED = {"errand": Errand.NONE}
LATE = Reason("paid_late", "late")
PAID_TWICE = Reason("paid_twice", "twice")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def file(path: Path) -> Iterator[JournalFile]:
    file = JournalFile.open(path)
    yield file
    file.close()


def fen(minor: int) -> Amount:
    return Amount(Minor(minor), "CNY")


def at(minute: int) -> str:
    return f"2026-11-21T12:{minute:02d}:00.000Z"


def sold(file: JournalFile, ref: str, state: State = State.PAID, *, minute: int = 0, **more: Any) -> Payment:
    order = an_order(f"TB-{ref}", state, trade_no=f"4200-{ref}", **RESTED)
    payment = a_payment(ref, state, attempts=(order,), **more).but(created_at=at(minute), updated_at=at(minute))
    file.store(payment, "boot", NOTE)
    return payment


def search(file: JournalFile, limit: int = 99, before: str | None = None, **wanted: Any) -> list[str]:
    """The refs, as the journal goes about it."""
    plan = file.plan(Wanted(**wanted), before)
    return [payment.ref for numbers in plan.steps() for payment in file.fitting(plan, numbers, limit)][:limit]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every filter leaves many, and steps are short: all payments are walked."""
    monkeypatch.setattr(lookup_rows, "STEP", 2)
    monkeypatch.setattr(lookup_rows, "STRIDE", 2)
    monkeypatch.setattr(lookup_rows, "_fewest", lambda _db, _filters: None)


@pytest.fixture(params=["few", "many"])
def either(request: pytest.FixtureRequest) -> None:
    """Both ways of looking must find the same."""
    if request.param == "many":
        request.getfixturevalue("many")


# -- what is found --


@pytest.mark.usefixtures("either")
def test_a_whole_ref_finds_that_payment_alone_and_another_text_what_begins_with_it(file: JournalFile) -> None:
    for ref in ("A-1", "A-10", "A-11", "B-1"):
        sold(file, ref)
    assert search(file, ref="A-1") == ["A-1"]
    assert search(file, ref="A-") == ["A-11", "A-10", "A-1"]
    assert search(file, ref="a-") == search(file, ref="-1") == []


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("text", ["TB-A-1", "4200-A-1"])
def test_an_order_is_found_by_either_number_whole_or_its_beginning(file: JournalFile, text: str) -> None:
    for ref in ("A-1", "A-10", "B-1"):
        sold(file, ref)
    assert search(file, order=text) == ["A-1"]
    assert search(file, order=text[:-2]) == ["A-10", "A-1"]
    assert search(file, order=text[:3]) == ["B-1", "A-10", "A-1"]
    assert search(file, order="9999") == []


@pytest.mark.usefixtures("either")
def test_a_payment_is_found_by_any_of_its_orders_once(file: JournalFile) -> None:
    file.store(a_payment(attempts=(an_order("TB-1", State.REFUSED), an_order("TB-2", trade_no="TB-3"))), "boot", NOTE)
    assert search(file, order="TB-1") == search(file, order="TB-2") == search(file, order="TB-3") == search(file, order="TB-") == ["A-1"]


@pytest.mark.usefixtures("either")
def test_an_amount_is_that_amount(file: JournalFile) -> None:
    for ref, minor in (("A-1", 500), ("A-2", 1250), ("A-3", 500)):
        sold(file, ref, amount=fen(minor))
    assert search(file, amount_minor=500) == ["A-3", "A-1"]
    assert search(file, amount_minor=50) == []


@pytest.mark.usefixtures("either")
def test_a_span_has_its_first_moment_and_not_its_last(file: JournalFile) -> None:
    for minute in range(5):
        sold(file, f"A-{minute}", minute=minute)
    assert search(file, made=(at(1), at(3))) == ["A-2", "A-1"]
    assert search(file, made=("", "~")) == ["A-4", "A-3", "A-2", "A-1", "A-0"]


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("state", State)
def test_every_state_is_found_by_its_name(file: JournalFile, state: State) -> None:
    for one in State:
        sold(file, one.value, one)
    assert search(file, states=frozenset({state})) == [state.value]
    assert set(search(file, states=frozenset({state, State.EXPIRED, State.PENDING}))) == {state.value, "expired", "pending"}


@pytest.mark.usefixtures("either")
def test_in_doubt_is_what_a_person_must_look_at(file: JournalFile) -> None:
    """The same payments that `/v1/box` counts: DESIGN, section 3, lists late money as in doubt, whose payment keeps its state."""
    sold(file, "doubt", State.IN_DOUBT)
    sold(file, "late", State.REFUSED, reason=LATE)
    sold(file, "given-back", State.REFUNDED, reason=LATE)
    sold(file, "refused", State.REFUSED, reason=Reason("NOTENOUGH", ""))
    sold(file, "twice", State.PAID, reason=PAID_TWICE)
    sold(file, "one-back", State.REFUNDED, reason=PAID_TWICE)
    file.store(a_payment("goods", State.PAID), "boot", NOTE, ware=Ware("pulse", 500))
    owing = file.owing(Ref("goods"))
    assert owing is not None
    file.put_owing(owing.begin().doubt("the power went"))
    assert search(file, states=frozenset({State.IN_DOUBT})) == ["goods", "one-back", "twice", "late", "doubt"]
    assert file.in_doubt() == 5
    assert search(file, states=frozenset({State.IN_DOUBT, State.REFUNDED})) == [
        *("goods", "one-back", "twice", "given-back", "late", "doubt")
    ]


@pytest.mark.usefixtures("either")
def test_filters_combine(file: JournalFile) -> None:
    for minute in range(6):
        sold(file, f"A-{minute}", State.REFUSED if minute % 2 else State.PAID, minute=minute, amount=fen(500 + minute // 3))
    refused = frozenset({State.REFUSED})
    assert search(file, states=refused, amount_minor=501) == ["A-5", "A-3"]
    assert search(file, states=refused, amount_minor=501, made=(at(0), at(5))) == ["A-3"]
    assert search(file, ref="A-", order="TB-A", states=refused, amount_minor=501, made=(at(0), at(5))) == ["A-3"]
    assert search(file, ref="A-2", states=refused) == []


@pytest.mark.usefixtures("either")
def test_pages_go_on_where_the_last_ended(file: JournalFile) -> None:
    for minute in range(7):
        sold(file, f"A-{minute}", minute=minute, amount=fen(501 if minute == 3 else 500))
    assert search(file, 2, amount_minor=500) == ["A-6", "A-5"]
    assert search(file, 2, "A-5", amount_minor=500) == ["A-4", "A-2"]
    assert search(file, 9, at(2), amount_minor=500) == ["A-1", "A-0"]
    assert search(file, 9, at(0), amount_minor=500) == []
    with pytest.raises(ValueError, match="no payment has the ref"):
        search(file, before="nobody", amount_minor=500)


def test_an_empty_journal_has_nothing(file: JournalFile) -> None:
    assert search(file, ref="A") == search(file, states=frozenset({State.PAID})) == file.made(("", "~"), None, 9) == []


def test_what_is_found_is_looked_at_for_damage(file: JournalFile) -> None:
    sold(file, "A-1")
    file._db.execute("UPDATE payments SET amount_minor = 501")
    with pytest.raises(CorruptError, match="'A-1' is damaged"):
        search(file, amount_minor=501)


# -- what it costs --


def test_a_filter_that_leaves_many_is_not_gone_through(file: JournalFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_rows, "FEW", 3)
    for minute in range(8):
        sold(file, f"A-{minute}", amount=fen(500 + (minute == 2)))
    assert file.plan(Wanted(ref="A-"), None).numbers is None
    assert file.plan(Wanted(ref="A-", amount_minor=500), None).numbers is None
    assert file.plan(Wanted(ref="A-", amount_minor=501), None).numbers == [3]
    assert search(file, ref="A-", amount_minor=501) == ["A-2"]


def test_a_busy_day_long_ago_is_gone_through_all_the_same(file: JournalFile) -> None:
    """Found by a million payments: 3,334 of one day were many, and the walk from the newest ended before it came to them."""
    (day,) = lookup_rows._filters(file._db, Wanted(made=(at(0), at(9))))
    (amount,) = lookup_rows._filters(file._db, Wanted(amount_minor=500))
    assert day.few == lookup_rows.FEW_MADE > 24 * 3600 / 10, "a payment each ten seconds, all day"
    assert amount.few == lookup_rows.FEW


@pytest.mark.usefixtures("many")
def test_a_walk_has_an_end_and_says_where_to_go_on(file: JournalFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_rows, "WALKED", 4)
    for minute in range(10):
        sold(file, f"A-{minute}", amount=fen(500 + (minute == 1)))
    plan = file.plan(Wanted(amount_minor=501), None)
    assert [list(numbers) for numbers in plan.steps()] == [[9, 10], [7, 8]]
    assert (search(file, amount_minor=501), file.rest_of(plan)) == ([], "A-6")
    last = file.plan(Wanted(amount_minor=501), "A-3")
    assert (search(file, before="A-3", amount_minor=501), file.rest_of(last)) == (["A-1"], None)


@pytest.mark.parametrize(
    ("wanted", "plans"),
    [
        (Wanted(ref="A-"), ["SEARCH payments USING COVERING INDEX sqlite_autoindex_payments_1 (ref>? AND ref<?)"]),
        (Wanted(amount_minor=5), ["SEARCH payments USING COVERING INDEX payments_amount (amount_minor=?)"]),
        (Wanted(made=("a", "b")), ["SEARCH payments USING COVERING INDEX payments_made (created_at>? AND created_at<?)"]),
        (
            Wanted(order="TB-A"),
            [
                "SEARCH attempts USING INDEX sqlite_autoindex_attempts_1 (out_trade_no>? AND out_trade_no<?)",
                "SEARCH attempts USING INDEX attempts_trade_no (trade_no>? AND trade_no<?)",
            ],
        ),
        (
            Wanted(states=frozenset({State.REFUSED, State.PENDING, State.IN_DOUBT})),
            [
                "SEARCH payments USING COVERING INDEX payments_unpaid (state=?)",
                "SCAN payments USING INDEX payments_open",
                "payments USING INDEX payments_in_doubt",
                "SCAN g USING INDEX goods_in_doubt",
            ],
        ),
    ],
)
def test_no_search_reads_all_of_a_journal_at_once(file: JournalFile, wanted: Wanted, plans: list[str]) -> None:
    """By SQLite's own account: of each question by an index, and of each step by the numbers it is given."""
    sold(file, "A-1")
    asked: list[str] = []
    file._db.set_trace_callback(asked.append)
    plan = file.plan(wanted, None)
    for numbers in ([1], range(1, 2)):
        file.fitting(plan, numbers, 5)
    file.rest_of(plan)
    file.made((at(0), at(9)), None, 5)
    file._db.set_trace_callback(None)
    steps = [str(row["detail"]) for sql in asked if sql not in ("BEGIN", "COMMIT") for row in file._db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    for wished in plans:
        assert any(wished in step for step in steps), steps
    whole = [step for step in steps if step.startswith("SCAN") and "INDEX" not in step and step not in ALLOWED_SCANS]
    assert whole == [], "a table is read from end to end"


ALLOWED_SCANS = {
    "SCAN json_each VIRTUAL TABLE INDEX 0:",
    "SCAN CONSTANT ROW",
    "SCAN (subquery-1)",
    "SCAN (subquery-2)",
    "SCAN (subquery-3)",
}


def test_the_ends_of_the_table_are_found_without_reading_it(file: JournalFile) -> None:
    details = [row["detail"] for row in file._db.execute(f"EXPLAIN QUERY PLAN {lookup_rows._ENDS}")]
    assert [detail for detail in details if "payments" in detail] == ["SEARCH payments", "SEARCH payments"]


# -- through the journal's own thread --


async def test_the_journal_searches_in_steps(path: Path, file: JournalFile, many: None) -> None:
    for minute in range(5):
        sold(file, f"A-{minute}", minute=minute)
    journal = Journal(path, boot="boot", wall=lambda: NOON)
    found = await journal.search(Wanted(ref="A-"), 3, None)
    assert ([p.ref for p in found.payments], found.older) == (["A-4", "A-3", "A-2"], "A-2")
    found = await journal.search(Wanted(ref="A-"), 3, found.older)
    assert ([p.ref for p in found.payments], found.older) == (["A-1", "A-0"], None)
    page = await journal.made((at(1), at(4)), None, 2)
    assert [made.payment.ref for made in page] == ["A-1", "A-2"]
    assert [made.payment.ref for made in await journal.made((at(1), at(4)), page[-1], 2)] == ["A-3"]
    assert [entry.seq for entry in await journal.entries_of(Ref("A-3"), 0, 9)] == [4]
    await journal.close()


# -- a day, page by page --


def test_a_day_is_read_oldest_first_each_payment_once(file: JournalFile) -> None:
    """Also where several were made in one moment, and where the clock was put back in between."""
    for ref, minute in (("c", 5), ("d", 5), ("e", 5), ("a", 1), ("b", 3), ("outside", 9)):
        sold(file, ref, minute=minute)
    refs: list[str] = []
    page = file.made((at(0), at(9)), None, 2)
    while page:
        refs += [made.payment.ref for made in page]
        page = file.made((at(0), at(9)), page[-1], 2)
    assert refs == ["a", "b", "c", "d", "e"]


def test_the_end_is_when_it_came_to_the_state_that_it_has(file: JournalFile) -> None:
    for minute, state in enumerate((State.AWAITING_CODE, State.PENDING, State.REFUSED, State.REFUSED, State.REFUNDED, State.REFUNDED)):
        file.store(a_payment("A-1", state), "boot", Note(at(minute), None, "heard", {}))
    file.store(a_payment("A-2", State.IN_DOUBT), "boot", NOTE)
    ended, doubtful = file.made(("", "~"), None, 9)
    assert (ended.ended_at, ended.is_doubtful) == (at(4), False)
    assert (doubtful.ended_at, doubtful.is_doubtful) == (None, True)


def test_a_damaged_end_is_damage(file: JournalFile) -> None:
    sold(file, "A-1")
    file._db.execute("DROP TRIGGER events_are_not_changed")
    file._db.execute("UPDATE events SET at = '2026-11-22T00:00:00.000Z'")
    with pytest.raises(CorruptError, match="event 1 is damaged"):
        file.made(("", "~"), None, 9)
    file.close()


def test_a_page_is_of_one_moment_though_the_box_writes_beside(path: Path, file: JournalFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a payment's row from before a write, and its order's from after it, would look damaged."""
    sold(file, "A-1", State.PENDING)
    reader = JournalFile.open(path)
    read = reader._payment

    def read_late(row: sqlite3.Row) -> Payment:
        sold(file, "A-1", State.PAID)
        return read(row)

    monkeypatch.setattr(reader, "_payment", read_late)
    assert [made.payment.state for made in reader.made(("", "~"), None, 9)] == [State.PENDING]
    monkeypatch.undo()
    assert [made.payment.state for made in reader.made(("", "~"), None, 9)] == [State.PAID]
    reader.close()


# -- journals from before --


def test_a_journal_from_before_there_were_these_indices_gets_them(path: Path, file: JournalFile) -> None:
    sold(file, "A-1", State.REFUSED)
    file.close()
    steps_back.before(path, "0007_lookup.sql")
    with pytest.raises(JournalError, match="older version"):
        JournalFile.open(path, create=False)
    again = JournalFile.open(path)
    assert search(again, amount_minor=500) == search(again, order="4200-A-1") == search(again, states=frozenset({State.REFUSED})) == ["A-1"]
    assert [made.ended_at for made in again.made((at(0), at(1)), None, 9)] == [AT]
    again.close()
