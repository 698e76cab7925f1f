"""`daemon.front`: what a till without a screen of its own says on the box's, through the real presenter."""

import asyncio
from contextlib import asynccontextmanager
from unittest.mock import Mock

from shell_time import in_virtual_time, settle, timers
from test_presenter import Shown, charged

from daemon.front import BoxFront
from daemon.payment import State
from daemon.signals import NOTICE_S
from daemon.view import Prompt, PromptKind
from hw.interfaces import Condition, Health

TYPED = Prompt(PromptKind.TYPED, "12.5")
LAST = Prompt(PromptKind.LAST, "¥12.50", state=State.PAID)
NOBODY = Mock()  # who takes offers: test_offers.py
OFFERED = Prompt(PromptKind.OFFERED, "¥12.50", scan=True)


@asynccontextmanager
async def a_front():
    async with Shown() as shown:
        shown.front = BoxFront(shown.presenter, NOBODY, NOBODY, has_button=False)
        yield shown


@in_virtual_time
async def test_what_is_typed_is_on_the_panel_and_gone_with_it():
    async with a_front() as shown:
        shown.front.show("pad", TYPED)
        await settle()
        assert (shown.screen, shown.lit, shown.heard) == ("typed", {"green": "slow"}, None)
        assert shown.presenter.pictured.prompt == TYPED
        shown.front.show("pad", None)
        await settle()
        assert shown.screen == "ready"
        assert timers() == 0


@in_virtual_time
async def test_the_same_again_costs_nothing():
    async with a_front() as shown:
        shown.front.show("pad", TYPED)
        views = []
        shown.presenter.listeners.append(lambda: views.append(1))
        shown.front.show("pad", TYPED)
        shown.front.show("pole", None)
        assert views == []


@in_virtual_time
async def test_of_two_tills_the_one_that_spoke_last_is_shown_until_it_falls_silent():
    async with a_front() as shown:
        shown.front.show("pad", TYPED)
        shown.front.show("other", LAST)
        assert shown.screen == "last"
        shown.front.show("pad", Prompt(PromptKind.TYPED, "12.50"))
        assert shown.screen == "typed"
        shown.front.show("pad", None)
        assert shown.screen == "last"


@in_virtual_time
async def test_a_payment_stands_above_it_and_one_in_doubt_below():
    async with a_front() as shown:
        shown.front.show("pad", TYPED)
        for state in (State.AWAITING_CODE, State.PENDING, State.PAID, State.REFUSED):
            shown.becomes(state, new=True)
            assert shown.screen == state.value
            shown.front.show("other", OFFERED)
            assert shown.screen == state.value
            shown.front.show("other", None)
        shown.becomes(State.IN_DOUBT, new=True)
        assert (shown.screen, shown.lit) == ("typed", {"red": "slow"})
        shown.front.show("pad", None)
        assert shown.screen == "in_doubt"


@in_virtual_time
async def test_what_is_not_taken_is_said_for_a_while_with_a_tone():
    async with a_front() as shown:
        shown.front.show("pad", TYPED)
        shown.front.refuse("pad", "decimals")
        assert (shown.screen, shown.lit, shown.heard) == ("not_taken", {"red": "fast"}, "wrong_code")
        await asyncio.sleep(NOTICE_S + 0.01)
        assert (shown.screen, shown.lit) == ("typed", {"green": "slow"})


@in_virtual_time
async def test_each_refusal_sounds():
    async with a_front() as shown:
        for times in (1, 2, 3):
            shown.front.refuse("pad", "decimals")
            assert len(shown.buzzer.history) == times


@in_virtual_time
async def test_the_next_key_ends_it():
    async with a_front() as shown:
        shown.front.show("pad", TYPED)
        shown.front.refuse("pad", "decimals")
        shown.front.show("pad", Prompt(PromptKind.TYPED, "12."))
        await settle()
        assert shown.screen == "typed"
        assert timers() == 0


@in_virtual_time
async def test_over_an_open_payment_green_stays_and_over_a_charge_nothing_is_said():
    async with a_front() as shown:
        shown.asks()
        shown.front.refuse("pad", "busy")
        assert (shown.screen, shown.lit) == ("not_taken", {"green": "on", "red": "fast"})
        shown.becomes(State.SUBMITTING, attempts=charged())
        assert shown.screen == "submitting"


@in_virtual_time
async def test_over_a_charge_it_is_heard_all_the_same():
    async with a_front() as shown:
        shown.becomes(State.PENDING, new=True)
        shown.front.refuse("pad", "busy")
        assert (shown.screen, shown.heard) == ("pending", "wrong_code")
        await asyncio.sleep(NOTICE_S + 0.01)
        assert len(shown.buzzer.history) == 2, "the tick of the payment, and that"


@in_virtual_time
async def test_whoever_types_on_has_seen_that_nothing_was_paid_but_the_payer_sees_paid_as_long_as_ever():
    for state, screen in ((State.CANCELLED, "typed"), (State.REFUSED, "typed"), (State.PAID, "paid")):
        async with a_front() as shown:
            shown.asks()
            shown.becomes(state)
            shown.front.show("pad", TYPED)
            assert shown.screen == screen
            shown.front.refuse("pad", "decimals")
            assert (shown.screen, shown.heard) == ("not_taken" if screen == "typed" else screen, "wrong_code")


@in_virtual_time
async def test_over_a_doubt_whoever_types_sees_why_it_is_not_taken():
    async with a_front() as shown:
        shown.becomes(State.IN_DOUBT, new=True)
        shown.front.refuse("pad", "doubt")
        assert (shown.screen, shown.heard) == ("not_taken", "wrong_code")


@in_virtual_time
async def test_an_offer_asks_for_a_code_with_light_and_sound_only_where_one_could_be_taken():
    async with a_front() as shown:
        shown.front.show("pole", OFFERED)
        assert (shown.screen, shown.lit, shown.heard) == ("offered", {"green": "on"}, "tick")
        shown.board.device("scanner", Health(Condition.MISSING, "unplugged"))
        assert shown.lit == {"red": "slow"}
        shown.front.show("pole", Prompt(PromptKind.OFFERED, "¥12.50", button=True))
        assert shown.screen == "offered"


@in_virtual_time
async def test_the_log_says_what_was_not_taken(caplog):
    caplog.set_level("INFO", "daemon.front")
    async with a_front() as shown:
        shown.front.refuse("pad", "too_much")
    assert "till_not_taken till=pad why=too_much" in caplog.text
