"""daemon.metrics.observer: what becomes of payments is counted, and how long each stage took."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sales import Clock, a_change, a_payment, an_order, code_presented

from daemon.metrics import families as f
from daemon.metrics.families import Family
from daemon.metrics.observer import Ears, Observer
from daemon.metrics.tally import Labels, Times
from daemon.payment import Mode, Payment, Reason, State
from hw.interfaces import Scan, ScanFault

TILLS = {"counter": "http", "kiosk": "mdb"}


class Seen:
    """An observer of a box with two gateways and two tills, and its clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.observer = Observer(["wechat", "merchant"], TILLS, self.clock)

    def follow(self, *payments: Payment) -> None:
        """One payment through these states, a second between each."""
        for before, after in zip([None, *payments], payments, strict=False):
            self.observer.on_change(a_change(before, after))
            self.clock.now += 1

    def of(self, family: Family) -> dict[Labels, float | Times]:
        (reading,) = (reading for reading in self.observer.readings() if reading.family is family)
        return dict(reading.values)

    def counted(self, family: Family) -> dict[Labels, float | Times]:
        return {labels: value for labels, value in self.of(family).items() if value}

    def times(self, family: Family, *labels: str) -> tuple[int, float]:
        """How many, and their sum."""
        value = self.of(family)[labels]
        assert isinstance(value, Times)
        return value.counts[-1], pytest.approx(value.sum_s)


@pytest.fixture
def seen() -> Seen:
    return Seen()


WAITING = a_payment()
SENT = WAITING.but(state=State.SUBMITTING, attempts=(an_order(sent_at=101.0),))
CONFIRMING = SENT.but(state=State.PENDING, attempts=(an_order(confirming=True),))


def test_a_payment_counts_when_it_is_asked_for_and_when_it_ends(seen: Seen) -> None:
    seen.follow(WAITING, SENT, SENT.but(state=State.PAID))
    assert seen.counted(f.ASKED) == {("http",): 1}
    assert seen.counted(f.ENDED) == {("paid", "wechat", "http"): 1}


def test_what_changes_without_a_new_end_counts_once(seen: Seen) -> None:
    paid = SENT.but(state=State.PAID)
    seen.follow(WAITING, SENT, paid, paid.but(reason=Reason("goods_failed", "stuck")))
    assert seen.counted(f.ENDED) == {("paid", "wechat", "http"): 1}


def test_a_doubt_and_the_end_that_it_came_to_count_both(seen: Seen) -> None:
    seen.follow(WAITING, SENT, SENT.but(state=State.IN_DOUBT), SENT.but(state=State.PAID))
    assert seen.counted(f.ENDED) == {("in_doubt", "wechat", "http"): 1, ("paid", "wechat", "http"): 1}
    assert seen.times(f.WHOLE, "scan") == (1, 2.0), "until its first end: that is how long the till waited"


def test_a_payment_that_nobody_presented_a_code_for_has_no_gateway(seen: Seen) -> None:
    seen.follow(a_payment(till="kiosk"), a_payment(State.EXPIRED, till="kiosk"))
    assert seen.counted(f.ENDED) == {("expired", "none", "mdb"): 1}


def test_several_orders_are_one_payment_of_the_last_ones_gateway(seen: Seen) -> None:
    orders = (an_order(number="T1"), an_order("merchant", number="T2"))
    seen.follow(WAITING, SENT, WAITING.but(attempts=orders[:1]), WAITING.but(state=State.PAID, attempts=orders))
    assert seen.counted(f.ENDED) == {("paid", "merchant", "http"): 1}


def test_every_end_is_there_from_the_start(seen: Seen) -> None:
    assert set(seen.of(f.ENDED)) == {
        (end.value, gateway, kind) for end in f.ENDS for gateway in ("wechat", "merchant", "none") for kind in ("http", "mdb")
    }


def test_from_the_scan_to_the_charge_leaving(seen: Seen) -> None:
    seen.observer.on_change(a_change(None, WAITING))
    seen.observer.scanned(Scan("130000000000000000", 100.98))
    seen.clock.now = 101.5  # when it is told does not matter
    seen.observer.on_change(a_change(WAITING, SENT, code_presented()))
    assert seen.times(f.SCAN_TO_REQUEST) == (1, 0.02)


def test_a_code_that_no_scanner_gave_has_no_such_time(seen: Seen) -> None:
    seen.observer.on_change(a_change(WAITING, SENT, code_presented()))
    assert seen.times(f.SCAN_TO_REQUEST) == (0, 0.0)


def test_how_long_a_payer_took_to_confirm(seen: Seen) -> None:
    seen.follow(WAITING, SENT, CONFIRMING, CONFIRMING, CONFIRMING.but(state=State.PAID))
    assert seen.times(f.CONFIRM, "scan") == (1, 2.0)


def test_an_outcome_that_is_unknown_is_not_the_payers_time(seen: Seen) -> None:
    pending = SENT.but(state=State.PENDING)
    seen.follow(WAITING, SENT, pending, pending, pending.but(state=State.PAID))
    assert seen.times(f.CONFIRM, "scan") == (0, 0.0)


def test_how_long_a_qr_was_looked_at(seen: Seen) -> None:
    made = a_payment(State.CREATING_QR, mode=Mode.SHOW)
    seen.follow(made, made.but(state=State.PRESENTING_QR), made.but(state=State.CLOSING), made.but(state=State.EXPIRED))
    assert seen.times(f.CONFIRM, "show") == (1, 1.0)
    assert seen.times(f.WHOLE, "show") == (1, 3.0)


def test_a_payment_of_before_the_restart_has_an_end_and_no_times(seen: Seen) -> None:
    seen.observer.on_change(a_change(CONFIRMING, CONFIRMING.but(state=State.PAID)))
    assert seen.counted(f.ENDED) == {("paid", "wechat", "http"): 1}
    assert seen.times(f.WHOLE, "scan") == (0, 0.0)


def test_nothing_is_remembered_of_a_payment_that_has_ended(seen: Seen) -> None:
    for number in range(100):
        asked = a_payment(ref=f"A-{number}")
        seen.follow(asked, asked.but(state=State.CANCELLED))
    assert seen.observer._courses == {}


names = st.text(max_size=20)


@given(st.lists(st.tuples(names, names, names, st.sampled_from(State), st.sampled_from(Mode)), max_size=30))
def test_whatever_happens_there_are_no_more_series_than_the_configuration_gives(told: list[tuple[str, str, str, State, Mode]]) -> None:
    seen = Seen()
    for ref, till, gateway, state, mode in told:
        after = a_payment(state, ref=ref, till=till, mode=mode).but(attempts=(an_order(gateway),), reason=Reason(gateway, till))
        seen.observer.on_change(a_change(None, after))
    assert {labels[1:] for labels in seen.of(f.ENDED)} <= {
        (gateway, kind) for gateway in ("wechat", "merchant", "none", "other") for kind in ("http", "mdb", "other")
    }
    assert set(seen.of(f.ASKED)) <= {("http",), ("mdb",), ("other",)}
    assert sum(len(reading.values) for reading in seen.observer.readings()) <= 7 * 4 * 3 + 3 + 1 + 2 + 2


def test_what_cannot_be_measured_disturbs_nobody(seen: Seen, caplog: pytest.LogCaptureFixture) -> None:
    seen.observer.on_change(a_change(WAITING, SENT, code_presented(number="T9")))  # no scan: not even looked for
    seen.observer.scanned(Scan("x", 1.0))
    seen.observer.on_change(a_change(WAITING, SENT, code_presented(number="T9")))  # no such order
    assert [record.getMessage() for record in caplog.records] == ["metrics_fault where=on_change"]


class Listener:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def scanned(self, scan: Scan) -> None:
        self.heard.append(scan)

    def scan_failed(self, fault: ScanFault) -> None:
        self.heard.append(fault)


def test_ears_hand_on_all_that_they_hear(seen: Seen) -> None:
    listener, scan = Listener(), Scan("x", 1.0)
    ears = Ears(listener, seen.observer)
    ears.scanned(scan)
    ears.scan_failed(ScanFault.TOO_LONG)
    assert listener.heard == [scan, ScanFault.TOO_LONG]
    assert seen.observer._scanned_at == 1.0
