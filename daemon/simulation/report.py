"""What a campaign prints: progress, a closing table of what was covered, a failure that one can work with."""

from __future__ import annotations

from collections.abc import Iterator

from daemon.goods import Stand
from daemon.payment import State
from daemon.simulation.kinds import TillKind
from daemon.simulation.mishaps import Mishap
from daemon.simulation.tally import IDLE, Tally, all_cells, all_rows

BAR = 30  # characters


def progress(told: int, wanted: int, payments: int, seconds: float) -> str:
    """One line, to be written over the last one."""
    filled = BAR * told // max(1, wanted)
    rate = payments / seconds if seconds else 0.0
    return f"[{'█' * filled}{'·' * (BAR - filled)}] {told}/{wanted} histories, {payments} payments, {rate:.0f} a second"


def coverage(tally: Tally) -> Iterator[str]:
    """The closing table: each state, each row of the table by state, each fault in each state; zeros are what was missed."""
    yield "how often each state was entered, and how each row of its table was gone through:"
    for state in State:
        rows = [row for row in all_rows() if row[0] is state]
        missed = [news.name for _, news in rows if not tally.rows[state, news]]
        least = min((tally.rows[row] for row in rows), default=0)
        said = f"missed: {', '.join(missed)}" if missed else f"each at least {least} times"
        yield f"  {state.value:<14}{tally.states[state]:>10}   {len(rows) - len(missed):>2} of {len(rows):>2} rows" + (
            f", {said}" if rows else ""
        )
    yield ""
    yield "how often each fault came while the payment was"
    columns = [IDLE, *(state.value for state in State)]
    yield f"  {'':<56}" + "".join(f"{column[:8]:>9}" for column in columns)
    cells = set(all_cells())
    for mishap in Mishap:
        counts = [f"{tally.faults[mishap, column]:>9}" if (mishap, column) in cells else f"{'–':>9}" for column in columns]
        yield f"  {mishap.value[:55]:<56}" + "".join(counts)
    yield ""
    if tally.histories:
        yield from _tills(tally)
        yield ""
    yield summary(tally)


def _tills(tally: Tally) -> Iterator[str]:
    """Each kind of till; where its machine gives goods, what became of them."""
    yield "tills, how many histories each had, and how many payments:"
    for kind in TillKind:
        goods = [f"{tally.goods[kind, stand]} {stand}" for stand in Stand if tally.goods[kind, stand]]
        yield f"  {kind.value:<14}{tally.histories[kind]:>10}{tally.sales[kind]:>10}" + (f"   goods: {', '.join(goods)}" if goods else "")


def summary(tally: Tally) -> str:
    rows, cells = all_rows(), all_cells()
    return (
        f"{tally.payments} payments, {tally.steps} steps, {tally.lives} starts of the box; "
        f"{len(rows) - len(tally.rows_missed)} of {len(rows)} rows of the table, "
        f"{len(cells) - len(tally.cells_missed)} of {len(cells)} faults in states"
    )
