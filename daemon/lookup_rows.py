"""Looking payments up in the journal's tables. Blocking; used by `daemon.journal_file` alone.

A journal may hold a million payments, and one thread serves it all, charges first. So nothing here reads much at once. A search
(`plan_of`) asks the index of one filter after the other for the payments it leaves, up to some thousand numbers, which costs about
as much as a page of the list. The first that leaves few is used: those payments are looked at, newest first, in steps. Where every
filter leaves many, all payments are walked from the newest on, in steps too: what is common is soon found that way. Each step is a
call of its own, so that a payment's write waits for one at most.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from daemon import goods_rows
from daemon.lookup import Span, Wanted
from daemon.payment import State

FEW = 2_000  # numbers that a filter may leave to be gone through; read from its index alone, in two milliseconds on a PC
FEW_ORDERS = 500  # the same for beginnings of order numbers, where a row is read for each
FEW_MADE = 10_000  # the same for a day: more than a box can sell in one, so that an old one is never walked to from the newest
STEP = 500  # rows looked at in a step where they lie anywhere in the file
STRIDE = 2_000  # and where they lie side by side
WALKED = 200_000  # rows that one search walks over at most; it is told where to go on

# A person must look at them. The first part word for word as in its index, or SQLite does not use it.
IN_DOUBT = f"""
SELECT number FROM payments WHERE (state = 'in_doubt' OR reason_code IN ('paid_late', 'goods_failed', 'paid_twice'))
  AND (state = 'in_doubt' AND ifnull(reason_code, '') <> 'settled' OR reason_code = 'paid_twice'
    OR state NOT IN ('in_doubt', 'refunded') AND NOT is_open)
UNION SELECT payment FROM goods g WHERE {goods_rows.IN_DOUBT}
"""  # noqa: S608  # constants of ours, as in all of this module: what is looked for goes in as values
_UNPAID = (State.REFUSED, State.REVOKED, State.CANCELLED, State.EXPIRED, State.REFUNDED)
_IS_UNPAID = f"state IN ({', '.join(repr(state.value) for state in _UNPAID)})"  # word for word as in its index
# Two questions: both in one SELECT would have SQLite read the whole table.
_ENDS = "SELECT (SELECT ifnull(min(number), 0) FROM payments), (SELECT ifnull(max(number), -1) FROM payments)"
_ENDED_AT = """
SELECT * FROM events WHERE payment = ?1 AND seq > ifnull((SELECT max(seq) FROM events WHERE payment = ?1 AND state <> ?2), 0)
ORDER BY seq LIMIT 1
"""
_LAST = "\U0010ffff"  # after everything that goes on in another way

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing wanted: the condition on a row of `payments`, and what reads the numbers of those that meet it from an index (without
    any where there is none). They are read where each gives `few` at most."""

    where: str
    values: Values
    numbers: Sequence[tuple[str, Values]]
    few: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How to look: at these numbers, newest first, or (None) at all from `below` down to `lowest`; and what a row must meet."""

    where: str
    values: Values
    below: int
    lowest: int
    numbers: list[int] | None = field(default=None)

    def steps(self) -> Iterator[Sequence[int]]:
        """The numbers to look at together, newest first."""
        if self.numbers is not None:
            for start in range(0, len(self.numbers), STEP):
                yield self.numbers[start : start + STEP]
            return
        for top in range(self.below, self.stops_at, -STRIDE):
            yield range(max(top - STRIDE, self.stops_at), top)

    @property
    def stops_at(self) -> int:
        """The lowest number that is walked over."""
        return max(self.lowest, self.below - WALKED)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out at the end."""
        return self.numbers is not None or self.stops_at == self.lowest


def plan_of(db: sqlite3.Connection, wanted: Wanted, before: tuple[str, str | int] | None) -> Plan:
    """`before`: the payment of that number (`number`), or that moment (`created_at`), and the column's name before it."""
    lowest, highest = db.execute(_ENDS).fetchone()
    filters = list(_filters(db, wanted))
    conditions = [(f.where, f.values) for f in filters]
    below = highest + 1
    if before is not None:
        column, limit = before
        conditions.append((f"{column} < ?", (limit,)))
        below = limit if isinstance(limit, int) else _below(db, limit)
    where = " AND ".join(f"({condition})" for condition, _ in conditions) or "TRUE"
    values = tuple(value for _, given in conditions for value in given)
    return Plan(where, values, below, lowest, _fewest(db, filters))


def fitting(db: sqlite3.Connection, plan: Plan, numbers: Sequence[int], limit: int) -> list[sqlite3.Row]:
    """The rows of `payments` among these numbers that fit, newest first."""
    given: Values
    if isinstance(numbers, range):
        among, given = "number >= ? AND number < ?", (numbers.start, numbers.stop)
    else:
        among, given = "number IN (SELECT value FROM json_each(?))", (json.dumps(numbers),)
    sql = f"SELECT * FROM payments NOT INDEXED WHERE {among} AND {plan.where} ORDER BY number DESC LIMIT ?"  # noqa: S608
    return db.execute(sql, (*given, *plan.values, limit)).fetchall()


def rest_of(db: sqlite3.Connection, plan: Plan) -> str | None:
    """The ref of the payment before which to go on; None where nothing was left out."""
    if plan.is_whole:
        return None
    row = db.execute("SELECT ref FROM payments WHERE number >= ? ORDER BY number LIMIT 1", (plan.stops_at,)).fetchone()
    return None if row is None else row[0]


def made(db: sqlite3.Connection, span: Span, after: tuple[str, int] | None, limit: int) -> list[sqlite3.Row]:
    """The rows of `payments` made in that span, oldest first, after the one of that moment and number; each with `is_doubtful`."""
    since, until = span
    at, number = after or (since, -1)
    sql = f"""SELECT *, number IN ({IN_DOUBT}) AS is_doubtful FROM payments INDEXED BY payments_made
      WHERE created_at >= ? AND created_at < ? AND (created_at > ? OR number > ?) ORDER BY created_at, number LIMIT ?"""  # noqa: S608
    return db.execute(sql, (at, until, at, number, limit)).fetchall()


def ended_by(db: sqlite3.Connection, payment: sqlite3.Row) -> sqlite3.Row | None:
    """The event with which that row of `payments` came to the state that it has."""
    row: sqlite3.Row | None = db.execute(_ENDED_AT, (payment["number"], payment["state"])).fetchone()
    return row


def _below(db: sqlite3.Connection, at: str) -> int:
    """Where a walk begins that wants what was made before that moment: at the newest such payment, as far as the clock ran straight."""
    sql = "SELECT number FROM payments INDEXED BY payments_made WHERE created_at < ? ORDER BY created_at DESC, number DESC LIMIT 1"
    row = db.execute(sql, (at,)).fetchone()
    return 0 if row is None else row[0] + 1


def _fewest(db: sqlite3.Connection, filters: Sequence[Filter]) -> list[int] | None:
    """The numbers that the first filter leaves that leaves few, newest first; None where each leaves many."""
    for one in filters:
        if one.numbers and all(_is_few(db, sql, values, one.few) for sql, values in one.numbers):
            numbers = {row[0] for sql, values in one.numbers for row in db.execute(sql, values)}
            return sorted(numbers, reverse=True)
    return None


def _is_few(db: sqlite3.Connection, sql: str, values: Values, few: int) -> bool:
    """Counted by SQLite itself, which is ten times as quick as to fetch them, and lets other threads run meanwhile."""
    count: int = db.execute(f"SELECT count(*) FROM ({sql} LIMIT ?)", (*values, few + 1)).fetchone()[0]  # noqa: S608
    return count <= few


def _filters(db: sqlite3.Connection, wanted: Wanted) -> Iterator[Filter]:
    """Those that usually leave the fewest first."""
    if wanted.ref is not None:
        yield _by_ref(db, wanted.ref)
    if wanted.order is not None:
        yield _by_order(db, wanted.order)
    if wanted.states:
        yield _by_states(wanted.states)
    if wanted.made is not None:
        where = "created_at >= ? AND created_at < ?"
        yield _indexed(where, wanted.made, "payments_made", FEW_MADE)
    if wanted.amount_minor is not None:
        yield _indexed("amount_minor = ?", (wanted.amount_minor,), "payments_amount", FEW)


def _indexed(where: str, values: Values, index: str, few: int) -> Filter:
    return Filter(where, values, [(f"SELECT number FROM payments INDEXED BY {index} WHERE {where}", values)], few)  # noqa: S608


def _by_ref(db: sqlite3.Connection, text: str) -> Filter:
    is_whole = db.execute("SELECT 1 FROM payments WHERE ref = ?", (text,)).fetchone() is not None
    where, values = _text("ref", text, is_whole=is_whole)
    return Filter(where, values, [(f"SELECT number FROM payments WHERE {where}", values)], FEW)  # noqa: S608


def _by_order(db: sqlite3.Connection, text: str) -> Filter:
    is_whole = db.execute("SELECT 1 FROM attempts WHERE out_trade_no = ?1 OR trade_no = ?1", (text,)).fetchone() is not None
    ours, values = _text("out_trade_no", text, is_whole=is_whole)
    theirs, _ = _text("trade_no", text, is_whole=is_whole)
    of_row = f"EXISTS (SELECT 1 FROM attempts INDEXED BY attempts_payment WHERE payment = payments.number AND ({ours} OR {theirs}))"  # noqa: S608
    by_ours = f"SELECT payment FROM attempts WHERE {ours}"  # noqa: S608
    by_theirs = f"SELECT payment FROM attempts INDEXED BY attempts_trade_no WHERE {theirs}"  # noqa: S608
    return Filter(of_row, values + values, [(by_ours, values), (by_theirs, values)], FEW_ORDERS)


def _text(column: str, text: str, *, is_whole: bool) -> tuple[str, Values]:
    """Exactly that, or what begins with it."""
    return (f"{column} = ?", (text,)) if is_whole else (f"{column} >= ? AND {column} < ?", (text, text + _LAST))


def _by_states(states: frozenset[State]) -> Filter:
    """`paid` has no index: most payments are, and are soon found without. All that has not ended is open."""
    plain = (json.dumps(sorted(states)),)
    where = "state IN (SELECT value FROM json_each(?))"
    ended = f"SELECT number FROM payments INDEXED BY payments_unpaid WHERE {_IS_UNPAID} AND {where}"  # noqa: S608
    unended = f"SELECT number FROM payments INDEXED BY payments_open WHERE is_open AND {where}"  # noqa: S608
    numbers: list[tuple[str, Values]] = [(ended, plain)] if states.intersection(_UNPAID) else []
    if states.difference(_UNPAID):
        numbers.append((unended, plain))
    if State.IN_DOUBT in states:  # what a person has seen to is not looked for as such any more
        where = f"({where} AND state <> 'in_doubt') OR number IN ({IN_DOUBT})"
        numbers.append((f"SELECT number FROM ({IN_DOUBT})", ()))  # noqa: S608
    return Filter(where, plain, [] if State.PAID in states else numbers, FEW)
