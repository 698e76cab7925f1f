"""Tills before a cashier, in the simulation: number pads (daemon.simulation.pad, daemon.simulation.wishes) and customer displays
(daemon.simulation.pole_counter). What befalls them, and that tills which are made wrong are found out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from till_histories import breaks, found, play_some

from daemon.desk import BoxDesk
from daemon.money import Amount, Minor
from daemon.payment import Payment, State
from daemon.simulation.choices import Choices
from daemon.simulation.kinds import TillKind
from daemon.simulation.pole_counter import PoleShop
from daemon.simulation.till_line import TERMS
from daemon.simulation.wishes import draw_meant
from daemon.tills.base import end_of
from daemon.tills.keypad import KeypadTill
from daemon.tills.keypad_line import Line
from daemon.tills.keypad_typing import Ask, Typing
from daemon.tills.pole_sale import Sale, Wish
from daemon.tills.pole_total import Finder, Total
from hw.interfaces import PadKey

KEYPAD, POLE = TillKind.KEYPAD, TillKind.POLE


@pytest.mark.parametrize("kind", [KEYPAD, POLE])
def test_payments_come_to_every_end(kind: TillKind) -> None:
    tally = play_some(kind, 60)
    assert set(tally.histories) == {kind}
    assert tally.sales[kind] > 150
    assert tally.sales[TillKind.HTTP] > 20
    assert min(tally.states[state] for state in (State.PAID, State.EXPIRED, State.CANCELLED, State.REVOKED, State.IN_DOUBT)) > 0


def test_what_is_meant_is_what_the_till_would_reckon() -> None:
    """The till's own line, key by key, and the cashier's reckoning."""
    kinds = set()
    for seed in range(300):
        meant = draw_meant(Choices(seed), 1234)
        typing = Typing(TERMS)
        if meant.keys == (PadKey.TIMES,):
            typing.put(Amount(Minor(1234), "CNY"))
        for key in meant.keys if meant.keys != (PadKey.TIMES,) else ():
            typing.press(key, 0.0)
        assert (typing.line.context, typing.line.figure) == meant.panel
        if meant.minor is not None:
            assert typing.press(PadKey.ENTER, 0.0) == Ask(Amount(Minor(meant.minor), "CNY"))
        kinds.add((bool(meant.panel[0]), PadKey.BACKSPACE in meant.keys, meant.minor is None))
    assert len(kinds) == 6


def test_displays_are_of_every_language_and_taken_in_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[PoleShop] = []
    begin = PoleShop.__init__

    def watched(shop: PoleShop, *arguments: Any) -> None:
        begin(shop, *arguments)
        made.append(shop)

    monkeypatch.setattr(PoleShop, "__init__", watched)
    play_some(POLE, 40)
    assert {shop._till.dialect for shop in made} == {"cd5220", "escpos", "dsp800", "led8"}
    assert {(shop._confirm, shop._has_button) for shop in made} == {(a, b) for a in (True, False) for b in (True, False)}
    assert all(not shop._till.heard for shop in made), "nothing is written on a display's line"
    assert sum(bool(sale.refs) for shop in made for sale in shop._sales) > 60


# -- number pads that are made wrong --


def test_a_backspace_without_effect_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "daemon.tills.keypad_typing._CHANGES", {PadKey.POINT: Line.point, PadKey.PLUS: Line.add, PadKey.BACKSPACE: lambda line: line}
    )
    found(KEYPAD, "was typed, and the panel says")


def test_a_product_that_is_asked_for_as_its_price_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    amount = Line.amount
    monkeypatch.setattr(Line, "amount", lambda line: amount(replace(line, times="")))
    found(KEYPAD, "was meant and shown")


def test_an_amount_that_is_asked_for_without_enter_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    type_ = Typing._type
    monkeypatch.setattr(Typing, "_type", lambda typing, key: Ask(typing.line.amount()) if key is PadKey.PLUS else type_(typing, key))
    found(KEYPAD, "nobody pressed Enter")


def test_an_amount_that_is_asked_for_twice_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    do = KeypadTill._do

    async def twice(till: KeypadTill, wish: Any) -> str | None:
        if isinstance(wish, Ask):
            await do(till, wish)
        return await do(till, wish)

    monkeypatch.setattr(KeypadTill, "_do", twice)
    monkeypatch.setattr(BoxDesk, "_busy", lambda _desk: None)
    found(KEYPAD, "P3: a sale begins while another is awaiting_code")


# -- listeners to displays that are made wrong --


def test_another_total_than_is_shown_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    find = Finder.find

    def wrong(finder: Finder, screen: Any) -> Any:
        finding = find(finder, screen)
        return Total(finding.minor // 10 + 1) if isinstance(finding, Total) else finding

    monkeypatch.setattr(Finder, "find", wrong)
    found(POLE, "and the display shows")


def test_a_total_that_nobody_took_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = Sale.__init__
    monkeypatch.setattr(Sale, "__init__", lambda sale, **more: begin(sale, **{**more, "confirm": False}))
    found(POLE, "and nobody took it")


def test_a_total_that_is_drawn_again_and_charged_again_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    end = Sale._end

    def forgetful(sale: Sale, payment: Any) -> None:
        end(sale, payment)
        sale._paid.clear()
        sale._spent = None

    monkeypatch.setattr(Sale, "_end", forgetful)
    found(POLE, "one sale was charged as")


# -- what the simulation has found once: with the mistake, that history breaks its promise; without, it does not --


def test_news_of_an_earlier_sale_does_not_offer_a_paid_one_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order of an earlier sale was still being undone; each answer was taken for the end of the payment that was open, so that its
    own end was none."""
    as_it_is = Sale.changed

    def changed(sale: Sale, payment: Payment, now: float) -> list[Wish]:
        if end_of(payment) is not None and sale._open is not None:
            sale._last, sale._spent = payment.ref, payment.amount.minor
            sale._asked = {payment.ref}
        return as_it_is(sale, payment, now)

    with monkeypatch.context() as wrong:
        wrong.setattr(Sale, "changed", changed)
        assert breaks("23/3841") == "amount: one sale was charged as pole-T18 and as pole-T21"
    assert breaks("23/3841") == ""


def test_an_article_that_is_added_while_the_payer_pays_does_not_charge_the_others_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The article's own line was taken for the end of the sale, though its payment was open still."""
    with monkeypatch.context() as wrong:
        wrong.setattr(Sale, "_stand_anew", lambda *_: None)
        assert breaks("23/13033") == "amount: one sale was charged as pole-T11 and as pole-T13"
    assert breaks("23/13033") == ""
