"""What histories went through: states, rows of the cycle's table, faults in states. Tallies of many histories add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.cycle import TABLE
from daemon.goods import Stand
from daemon.news import News
from daemon.payment import State
from daemon.simulation.kinds import TillKind
from daemon.simulation.mishaps import OF_CALLS, OF_STORES, Mishap

IDLE = "idle"  # no payment is open

Cell = tuple[Mishap, str]


@dataclass(slots=True)
class Tally:
    """Counts; `add` another one's to it."""

    payments: int = 0
    steps: int = 0
    lives: int = 0
    states: Counter[State] = field(default_factory=Counter)
    rows: Counter[tuple[State, News]] = field(default_factory=Counter)
    faults: Counter[Cell] = field(default_factory=Counter)
    histories: Counter[TillKind] = field(default_factory=Counter)  # by the till that they have
    sales: Counter[TillKind] = field(default_factory=Counter)  # payments, by the till that asked for them
    goods: Counter[tuple[TillKind, Stand]] = field(default_factory=Counter)  # what became of what machines owed

    def add(self, other: Tally) -> None:
        self.payments += other.payments
        self.steps += other.steps
        self.lives += other.lives
        self.states.update(other.states)
        self.rows.update(other.rows)
        self.faults.update(other.faults)
        self.histories.update(other.histories)
        self.sales.update(other.sales)
        self.goods.update(other.goods)

    @property
    def rows_missed(self) -> list[tuple[State, News]]:
        return [row for row in all_rows() if not self.rows[row]]

    @property
    def cells_missed(self) -> list[Cell]:
        return [cell for cell in all_cells() if not self.faults[cell]]


def all_rows() -> list[tuple[State, News]]:
    """Every row of the cycle's table."""
    return [(state, news) for state, rows in TABLE.items() for news in rows]


def all_cells() -> list[Cell]:
    """Every fault in every state of a payment in which it can happen.

    A request is made, and something is decided and stored, in the states that have a row in the table; beside them nothing
    happens to a payment. What may come at any moment may come while no payment is open, too.
    """
    states = [state.value for state in TABLE]
    calls = [(mishap, state) for mishap in OF_CALLS for state in _asked_about(states)]
    stores = [(mishap, state.value) for mishap in OF_STORES for state in State]
    others = [m for m in Mishap if m not in OF_CALLS and m not in OF_STORES]
    return calls + stores + [(mishap, state) for mishap in others for state in (IDLE, *(s.value for s in State if not s.is_final))]


def _asked_about(states: Iterable[str]) -> list[str]:
    return list(states)
