"""One shop for a while: a till that asks again as tills do, payers, a provider, and a box that is killed again and again.

Random in the seed: what is sold, how provider and payer behave, when the box dies. Not in the seed: how fast the machine is,
which decides what the box was doing at that instant. So a failure tells its seed and also what happened.
"""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from box_config import Tables
from crash_box import Zygote
from provider_thread import Provider, fresh_code
from secrets_told import Discretion
from soak_box import ENTRY, Killer, SoakBox
from soak_draw import ASKED, ASKING, ENDED, LAUNCH, SHOWN, USUAL, Death, Sale, draw
from soak_truth import Sold, faults, strangers

from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Scenario, Timings
from daemon.sandbox.script import Deck

SALE_S = 60.0  # for one sale with all its deaths, however loaded the machine is; most take two
LOOK_S = 0.05
SHOW_AGAIN_S = 1.5  # a payer whose code was not taken, because the box was just starting, holds it there again

TIMING = {
    "scan_s": 6,
    "answer_s": 0.8,
    "reply_s": 0.6,
    "query_every_s": 0.15,
    "give_up_s": 1.2,
    "revoke_not_before_s": 0.6,
    "revoke_retry_s": 0.05,
    "in_doubt_s": 6,
    "chase_s": 0.1,
    "qr_s": 1.2,
    "qr_query_every_s": 0.15,
}
"""`[timing]`, as short as leaves each state long enough to die in it."""

PROVIDER = Timings(auto_close_s=8, revoke_not_before_s=0.4, confirm_s=0.3, late_s=1.0, silence_s=1.5, slow_s=1.5)


@dataclass
class Tally:
    """What a shop went through."""

    seed: str
    sales: int = 0
    kills: Counter[str] = field(default_factory=Counter)  # by what the journal had of the payment at death
    moments: Counter[str] = field(default_factory=Counter)  # by what the death was counted from
    ends: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    starts: int = 0
    seconds: float = 0.0

    @property
    def deaths(self) -> int:
        return sum(self.kills.values())


class Broken(AssertionError):
    """A promise was broken. The text has the seed, the journal's time line and the ledger."""


class _Payers(Deck):
    """Each code asks for its own case, as ever; who pays by a QR is drawn. The provider keeps its word: what it has confirmed as
    closed or revoked nobody can pay. (One that breaks it takes money that no box can know of.)"""

    def __init__(self, seed: str) -> None:
        super().__init__()
        self._rng = random.Random(f"{seed}/payers")

    def choose(self, code: str | None) -> Scenario:
        chosen = CASES[self._rng.choice(USUAL)] if code is None else super().choose(code)
        return replace(chosen, moves=tuple(replace(move, unless_ended=True) for move in chosen.moves))


class Shop:
    """`run` sells until the box has died that often. Even shops show QRs by `wechat`, odd ones by `merchant`."""

    def __init__(self, directory: Path, seed: str, serial: int) -> None:
        self._directory = directory
        self._show_via = ("wechat", "merchant")[serial % 2]
        self._provider = Provider(directory / "provider", PROVIDER, tls=False, script=_Payers(seed))
        self._killer = Killer()
        self._sold: list[Sold] = []
        self._tally = Tally(seed)

    def run(self, kills: int) -> Tally:
        """AssertionError where something comes to no end, Broken where a promise was broken."""
        began = time.monotonic()
        with self._provider, closing(Zygote(ENTRY)) as zygote:
            self._box = SoakBox(self._directory / "box", self._provider, _changes(self._show_via), zygote)
            try:
                self._sell_until(kills)
                self._judge()
            finally:
                self._killer.rest()
                self._box.finish()
        self._tally.seconds = time.monotonic() - began
        return self._tally

    def _sell_until(self, kills: int) -> None:
        self._live([])
        while self._tally.deaths < kills:
            self._sell(draw(self._tally.seed, len(self._sold) + 1, self._show_via))
        self._settle()

    # -- one sale, over as many lives as it takes --

    def _sell(self, sale: Sale) -> None:
        sold = Sold(sale)
        self._sold.append(sold)
        deaths = list(sale.deaths)
        till = _Till(self._box, sold, lambda moment: self._come(moment, deaths))
        while True:
            try:
                till.sell()
                if not deaths and not self._killer.is_armed:
                    return
                del deaths[1:]  # one more as it rests is enough
                self._come(ENDED, deaths, at_last=True)
                self._until_dead()
            except (OSError, http.client.HTTPException):
                self._bury(sold)
                self._live(deaths)

    def _come(self, moment: str, deaths: Any, *, at_last: bool = False) -> None:
        """That moment has come; maybe it is the one that the next death waits for. `at_last`: no other will come."""
        if deaths and not self._killer.is_armed and (at_last or deaths[0].after == moment):
            death: Death = deaths.pop(0)
            self._tally.moments[moment] += 1
            self._killer.arm(self._box.pid, death.delay_s)

    def _live(self, deaths: Any) -> None:
        self._tally.starts += 1
        self._box.live(lambda pid: self._come(LAUNCH, deaths))

    def _until_dead(self) -> None:
        end = time.monotonic() + SALE_S
        while not self._box.is_dead:
            assert time.monotonic() < end, "nobody killed it"
            time.sleep(LOOK_S)
        raise ConnectionError("it died")

    def _bury(self, sold: Sold) -> None:
        """It is gone, and nobody but the killer has done it."""
        code = self._box.wait_exit(5)
        if code != -9 or not self._killer.is_armed:
            raise Broken(self._report([f"the box ended by itself with {code}: {self._box.stderr.text[-5000:]}"], [sold]))
        self._killer.rest()
        self._tally.kills[_standing(self._box.rows().get(sold.sale.ref))] += 1

    # -- the end --

    def _settle(self) -> None:
        """Until the box has nothing left to do, but for what a person must look at. Each start that asked about a doubt doubled the pause
        to the next question, which may be longer than anybody waits here by now; one more start asks at once."""
        end, again = time.monotonic() + SALE_S, time.monotonic() + SALE_S / 3
        while time.monotonic() < end:
            rows = self._box.rows().values()
            if not any(row["is_open"] and row["state"] != "in_doubt" for row in rows) and not self._doubts():
                return
            if time.monotonic() > again and self._doubts():
                again = end
                self._start_once_more()
            time.sleep(LOOK_S * 4)

    def _start_once_more(self) -> None:
        self._killer.arm(self._box.pid, 0.0)
        with suppress(ConnectionError):
            self._until_dead()
        self._box.wait_exit(5)
        self._killer.rest()
        self._live([])

    def _doubts(self) -> bool:
        """Whether something is in doubt that will still be told."""
        return any(row["state"] == "in_doubt" and row["reason_code"] != "mismatch" for row in self._box.rows().values())

    def _judge(self) -> None:
        rows, ledger = self._box.rows(), self._provider.call(self._provider.sandbox.ledger.summary)
        for sold in self._sold:
            sold.payment = self._box.payment(sold.sale.ref)
            sold.hear(sold.payment["state"])
            sold.is_open = bool(rows[sold.sale.ref]["is_open"])
            numbers = [attempt["out_trade_no"] for attempt in sold.payment["attempts"]]
            sold.orders = {number: ledger["orders"][number] for number in numbers if number in ledger["orders"]}
            self._tally.ends[sold.payment["state"]] += 1
        broken = [sold for sold in self._sold if faults(sold)]
        known = {number for sold in self._sold for number in sold.orders}
        found = [fault for sold in broken for fault in faults(sold)] + strangers(known, ledger) + Discretion(self._box).check_all()
        if found:
            raise Broken(self._report(found, broken))
        self._tally.sales, self._tally.orders = len(self._sold), len(known)

    def _report(self, found: list[str], broken: list[Sold]) -> str:
        lines = [f"seed {self._tally.seed}, after {self._tally.deaths} kills:", *found]
        for sold in broken:
            lines += ["", f"{sold.sale}", f"the till heard {' '.join(sold.heard)}", "journal:"]
            lines += self._time_line(sold)
            lines += ["ledger:", *self._ledger_of(sold)]
        return "\n".join(lines)

    def _time_line(self, sold: Sold) -> list[str]:
        try:
            return [json.dumps(entry, ensure_ascii=False) for entry in self._box.journal(sold.sale.ref)]
        except sqlite3.Error as error:  # the report must come all the same
            return [f"the journal cannot be read: {error}"]

    def _ledger_of(self, sold: Sold) -> list[str]:
        entries = self._provider.call(lambda: list(self._provider.sandbox.ledger.entries))
        return [f"{entry}" for entry in entries if entry.number in sold.orders] + [f"{number} {o}" for number, o in sold.orders.items()]


class _Till:
    """Asks, follows, asks again after the box was away, and shows the payer's codes; each life of the box is one `sell`."""

    def __init__(self, box: SoakBox, sold: Sold, come: Any) -> None:
        self._box = box
        self._sold = sold
        self._sale = sold.sale
        self._come = come
        self._codes = 0  # that the payer has taken out
        self._shown_at = 0.0
        self._cancels = self._sale.cancelled_in
        self._end = time.monotonic() + SALE_S

    def sell(self) -> None:
        """Until the till may stop asking."""
        payment = self._ask()
        while True:
            state = payment["state"]
            self._in_time(payment)
            self._sold.hear(state)
            self._come(state)
            if payment["final"] or state == "in_doubt":
                self._come(ENDED)
                return
            self._act(payment)
            payment = self._box.wait(self._sale.ref, state, 0.5)

    def _ask(self) -> dict[str, Any]:
        self._come(ASKING)
        mode = {} if self._sale.scans else {"mode": "show"}
        while (answer := self._box.put(self._sale.ref, self._sale.amount, **mode)).status == 503:  # its scanner is not open yet, say
            self._in_time(answer)
            time.sleep(LOOK_S)
        assert answer.status in (200, 201), answer
        self._come(ASKED)
        payment: dict[str, Any] = answer.body
        return payment

    def _act(self, payment: dict[str, Any]) -> None:
        state = payment["state"]
        if state == self._cancels:
            answer = self._box.delete(self._sale.ref)
            assert answer.status in (202, 409), answer
            self._cancels = None
        elif state == "awaiting_code" and self._sale.scans:
            self._show(len(payment["attempts"]))

    def _show(self, attempts: int) -> None:
        """A fresh code for each attempt; after a refusal that can be mended the next one pays."""
        assert self._box.scanner is not None
        if attempts == self._codes:
            self._codes += 1
            self._scan(fresh_code("paid" if attempts else self._sale.case, self._sale.via))
        elif time.monotonic() - self._shown_at > SHOW_AGAIN_S:
            self._scan(self._box.scanner.codes[-1])

    def _scan(self, code: str) -> None:
        self._shown_at = time.monotonic()
        self._box.scan(code)
        self._come(SHOWN)

    def _in_time(self, what: object) -> None:
        assert time.monotonic() < self._end, f"comes to no end: {what}"


def _standing(row: dict[str, Any] | None) -> str:
    """How a payment lies on the disk, for the table of deaths."""
    if row is None:
        return "not there yet"
    waits = row["state"] in ("paid", "refused", "revoked", "cancelled", "expired", "refunded") and row["is_open"]
    return f"{row['state']}, its order still being undone or asked about" if waits else str(row["state"])


def _changes(show_via: str) -> Tables:
    """It sells on, whatever became of the sale before."""
    return {
        "timing": TIMING,
        "policy": {"sell_while_in_doubt": True},
        "routes": {"show": show_via},
    }
