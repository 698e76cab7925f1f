"""`[box]`, `[policy]`, `[journal]`: the box itself, and what its operator chose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.gateways.settings import Place
from daemon.tables.table import Table
from daemon.tables.values import CURRENCY, FLAG, LARGEST_AMOUNT, identifier, one_of, text, whole

_DEFAULT_MAX_AMOUNT = 100_000  # 1000.00: above that the wallet always asks for a password (WeChat, mainland rules)
_DEFAULT_KEEP_DAYS = 400  # a year, in which WeChat refunds and bills can be asked for, and a month to look at it


@dataclass(frozen=True, slots=True)
class Box:
    """Which box this is, and the most that it sells."""

    terminal_id: str
    store_id: str
    store_name: str
    currency: str  # ISO 4217
    language: str  # "en" | "zh"
    max_amount: int  # minor units

    @property
    def place(self) -> Place:
        return Place(self.terminal_id, self.store_id, self.store_name)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decided where the box has a choice."""

    late_payment: str  # "refund" | "report": money that comes after the till was told "not paid"
    sell_while_in_doubt: bool


@dataclass(frozen=True, slots=True)
class JournalSettings:
    path: Path
    keep_days: int


def read_box(table: Table) -> Box:
    terminal_id = table.take("terminal_id", identifier(32), "", needed=True)  # 32: what `device_info` takes
    store_id = table.take("store_id", identifier(32), terminal_id)
    box = Box(
        terminal_id,
        store_id,
        store_name=table.take("store_name", text(64), store_id),
        currency=table.take("currency", CURRENCY, "CNY"),
        language=table.take("language", one_of(("en", "zh")), "en"),
        max_amount=table.take("max_amount", whole(1, LARGEST_AMOUNT, "minor units, a whole number"), _DEFAULT_MAX_AMOUNT),
    )
    table.close()
    return box


def read_policy(table: Table) -> Policy:
    policy = Policy(
        late_payment=table.take("late_payment", one_of(("refund", "report")), "refund"),
        sell_while_in_doubt=table.take("sell_while_in_doubt", FLAG, False),
    )
    table.close()
    return policy


def read_journal(table: Table) -> JournalSettings:
    journal = JournalSettings(
        path=table.take("path", table.files.state, table.files.in_state_directory("journal.sqlite")),
        keep_days=table.take("keep_days", whole(1, 36_500, "days, a whole number"), _DEFAULT_KEEP_DAYS),
    )
    table.close()
    return journal
