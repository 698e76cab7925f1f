"""What people see and hear, and when: results, notices, countdowns, tails of old payments, and faults of none of them."""

import asyncio
import threading

import pytest
from shell_time import in_virtual_time, settle, timers
from shop import FIVE, Shop, a_payment, an_order, until

from daemon import presenter as presenter_module
from daemon.events import Cancelled
from daemon.health import Board, Link
from daemon.payment import Errand, Reason, Ref, State
from daemon.presenter import DRAW_LAST_S, Face, Heard, Presenter
from daemon.runner import Change
from daemon.screens import draw
from daemon.signals import NOTICE_S, RESULT_S
from daemon.texts import Language
from daemon.timing import Schedule
from daemon.view import NoticeKind, Phase
from hw.interfaces import Condition, Health, Pattern
from hw.simulated import NoDisplay, SimulatedBuzzer, SimulatedDisplay, SimulatedLights

A1 = Ref("A-1")
SCHEDULE = Schedule(give_up_s=30.0)


class Shown:
    """A presenter with simulated devices. `in_doubt` is what the journal counts."""

    def __init__(self, *, has_panel=True, schedules=None, unattended=frozenset()):
        self.board = Board()
        self.board.journal_is(None)
        self.display = SimulatedDisplay() if has_panel else NoDisplay()
        self.lights, self.buzzer = SimulatedLights(), SimulatedBuzzer()
        for device in (self.display, self.lights, self.buzzer):
            device.open(lambda health: None)
        self.presenter = Presenter(
            Face(self.display, self.lights, self.buzzer, has_panel=has_panel), self.board, schedules or {"trial": SCHEDULE},
            store_name="Corner Shop", language=Language.EN, ready=lambda: not self.board.outages(), in_doubt=lambda: self.board.doubts,
            at=lambda: "noon", unattended=unattended,
        )  # fmt: skip
        self.board.listeners.append(self.presenter.refresh)
        self.payment = None

    async def __aenter__(self):
        self.presenter.start()
        await settle()
        self.presenter.run()
        await settle()
        return self

    async def __aexit__(self, *_):
        await self.presenter.stop()

    def becomes(self, state, ref="A-1", *, new=False, event=None, **more):
        """The runner tells of a payment."""
        before = None if new else a_payment(ref, State.AWAITING_CODE) if self.payment is None or self.payment.ref != ref else self.payment
        self.payment = a_payment(ref, state, **more)
        self.presenter.on_change(Change(before, self.payment, None, event))

    def asks(self, ref="A-1", seconds=60.0):
        self.becomes(State.AWAITING_CODE, ref, new=True, expires_at=asyncio.get_running_loop().time() + seconds)

    @property
    def screen(self):
        return self.presenter.screen

    @property
    def left_s(self):
        return self.presenter.view.left_s

    @property
    def lit(self):
        return {name: pattern.value for name, pattern in self.lights.patterns.items() if pattern is not Pattern.OFF}

    @property
    def heard(self):
        return self.presenter.heard and self.presenter.heard.name


def charged(**more):
    return (an_order(sent_at=asyncio.get_running_loop().time(), **more),)


# -- starting and resting --


@in_virtual_time
async def test_a_box_says_that_it_starts_then_that_it_is_ready_and_rests():
    shown = Shown()
    assert (shown.screen, shown.presenter.patterns) == ("starting", {})
    shown.presenter.start()
    await settle()
    assert (shown.screen, shown.lit) == ("starting", {})
    async with shown:
        assert (shown.screen, shown.lit, shown.heard) == ("ready", {"green": "slow"}, None)
        assert shown.presenter.patterns == {"green": "slow", "amber": "off", "red": "off"}
        assert timers() == 0


@in_virtual_time
async def test_an_equal_view_costs_nothing():
    async with Shown() as shown:
        heard = []
        shown.presenter.listeners.append(lambda: heard.append(1))
        frames = shown.display.frames
        for _ in range(5):
            shown.presenter.refresh()
        await settle()
        assert (heard, shown.display.frames) == ([], frames)


@in_virtual_time
async def test_what_is_on_the_panel_is_what_the_screens_draw():
    async with Shown() as shown:
        pictures = []
        shown.presenter.picture_listeners.append(lambda: pictures.append(shown.presenter.image))
        shown.asks()
        await settle()
        wanted = draw(shown.presenter.view, 128, 64, Language.EN)
        assert shown.display.image.tobytes() == wanted.tobytes() == shown.presenter.image.tobytes()
        assert pictures == [shown.presenter.image]


# -- a payment --


@in_virtual_time
async def test_a_payment_is_shown_from_the_amount_to_the_result_and_then_no_more():
    async with Shown() as shown:
        shown.asks()
        assert (shown.screen, shown.lit, shown.heard) == ("awaiting_code", {"green": "on"}, "tick")
        assert shown.presenter.view.amount == FIVE
        shown.becomes(State.SUBMITTING, attempts=charged())
        assert (shown.screen, shown.lit) == ("submitting", {"amber": "slow"})
        shown.becomes(State.PENDING, attempts=charged(confirming=True))
        assert shown.presenter.view.confirming
        shown.becomes(State.PAID, attempts=charged())
        assert (shown.screen, shown.lit, shown.presenter.heard) == ("paid", {"green": "fast"}, Heard("paid", "noon"))
        await asyncio.sleep(RESULT_S[State.PAID] - 0.1)
        assert shown.screen == "paid"
        await asyncio.sleep(0.2)
        assert (shown.screen, shown.lit, timers()) == ("ready", {"green": "slow"}, 0)


@pytest.mark.parametrize("state", [s for s in RESULT_S if s is not State.PAID])
@in_virtual_time
async def test_every_other_end_is_shown_with_its_reason_for_five_seconds(state):
    async with Shown() as shown:
        shown.asks()
        shown.becomes(state, reason=Reason("why", "because"))
        assert (shown.screen, shown.lit, shown.heard) == (state.value, {"red": "on"}, "refused")
        assert shown.presenter.view.reason == Reason("why", "because")
        await asyncio.sleep(4.9)
        assert shown.screen == state.value
        await asyncio.sleep(0.2)
        assert shown.screen == "ready"


@in_virtual_time
async def test_the_next_payment_takes_the_place_of_a_result():
    async with Shown() as shown:
        shown.asks()
        shown.becomes(State.PAID)
        await asyncio.sleep(1)
        shown.asks("A-2")
        assert shown.screen == "awaiting_code"
        await asyncio.sleep(5)
        assert shown.screen == "awaiting_code"


@in_virtual_time
async def test_why_a_fresh_code_is_wanted_is_shown_while_it_is():
    async with Shown() as shown:
        shown.asks()
        too_old = Reason("AUTHCODEEXPIRE", "code too old")
        shown.becomes(State.AWAITING_CODE, attempts=(an_order(state=State.REFUSED, reason=too_old),))
        assert (shown.presenter.view.reason, shown.heard) == (too_old, "wrong_code")
        shown.becomes(State.AWAITING_CODE, attempts=(an_order(state=State.REFUSED, reason=too_old), an_order("T2", State.CANCELLED)))
        assert shown.presenter.view.reason is None


# -- tails of old payments --


@in_virtual_time
async def test_the_tail_of_a_payment_does_not_show_its_end_again():
    async with Shown() as shown:
        shown.asks()
        shown.becomes(State.REFUSED)
        await asyncio.sleep(2)
        shown.becomes(State.REFUSED, attempts=(an_order(state=State.REFUSED, errand=Errand.UNDO),))
        await asyncio.sleep(3.1)
        assert shown.screen == "ready"
        sounds = len(shown.buzzer.history)
        shown.becomes(State.REFUSED, attempts=(an_order(state=State.REFUSED, errand=Errand.NONE),))
        shown.becomes(State.REFUNDED)
        assert (shown.screen, len(shown.buzzer.history), timers()) == ("ready", sounds, 0)


@in_virtual_time
async def test_a_payer_who_got_nothing_is_told_when_the_money_went_back():
    async with Shown() as shown:
        shown.asks()
        shown.becomes(State.PAID)
        await asyncio.sleep(10)
        jammed = Reason("goods_failed", "jammed")
        shown.becomes(State.PAID, reason=jammed)
        assert shown.screen == "ready"
        shown.becomes(State.REFUNDED, reason=jammed)
        assert (shown.screen, shown.lit) == ("refunded", {"red": "on"})
        await asyncio.sleep(5.1)
        assert (shown.screen, timers()) == ("ready", 0)


@in_virtual_time
async def test_the_tail_of_a_payment_does_not_disturb_the_next_one():
    async with Shown() as shown:
        shown.asks("A-2")
        shown.becomes(State.REFUSED, "A-1")
        await settle()
        assert (shown.screen, timers()) == ("awaiting_code", 1)  # the countdown's
        shown.becomes(State.IN_DOUBT, "A-1")
        assert shown.screen == "awaiting_code"


@in_virtual_time
async def test_a_payment_taken_up_after_a_restart_is_shown_but_not_one_that_the_restart_ended():
    async with Shown() as shown:
        shown.becomes(State.CANCELLED)
        assert shown.screen == "ready"
        shown.becomes(State.PENDING, "A-2", attempts=charged())
        assert shown.screen == "pending"
        shown.becomes(State.PENDING, "A-3", attempts=charged())
        shown.becomes(State.PAID, "A-2")
        assert shown.screen == "paid"


@in_virtual_time
async def test_after_a_restart_a_sale_that_goes_on_is_shown_before_one_in_doubt():
    """Its payer is standing there; the one in doubt may stay so for days."""
    async with Shown() as shown:
        shown.becomes(State.IN_DOUBT)
        shown.becomes(State.PRESENTING_QR, "A-2", attempts=charged(qr="weixin://wxpay/bizpayurl?pr=made-up"))
        shown.becomes(State.IN_DOUBT)
        assert shown.screen == "presenting_qr"
        shown.becomes(State.PAID, "A-2")
        assert shown.screen == "paid"


@in_virtual_time
async def test_a_result_from_before_the_box_was_ready_is_shown_when_it_is():
    shown = Shown()
    shown.presenter.start()
    shown.asks()
    shown.becomes(State.PAID)
    assert (shown.screen, timers()) == ("starting", 1)  # the picture, no result
    async with shown:
        assert shown.screen == "paid"
        await asyncio.sleep(3.1)
        assert shown.screen == "ready"


# -- doubt --


@in_virtual_time
async def test_a_doubt_stays_until_it_is_seen_to():
    async with Shown() as shown:
        shown.asks()
        shown.becomes(State.IN_DOUBT)
        shown.board.doubts_are(1)
        assert (shown.screen, shown.lit, shown.heard) == ("in_doubt", {"red": "slow"}, "attention")
        await asyncio.sleep(3600)
        assert (shown.screen, timers()) == ("in_doubt", 0)
        shown.becomes(State.PAID)
        shown.board.doubts_are(0)
        assert (shown.screen, shown.lit) == ("paid", {"green": "fast"})
        await asyncio.sleep(3.1)
        assert shown.lit == {"green": "slow"}


@in_virtual_time
async def test_a_sale_beside_a_doubt_is_shown_and_the_red_comes_back():
    async with Shown() as shown:
        shown.asks()
        shown.becomes(State.IN_DOUBT)
        shown.board.doubts_are(1)
        shown.asks("A-2")
        assert (shown.screen, shown.lit) == ("awaiting_code", {"green": "on", "red": "slow"})
        shown.becomes(State.PAID, "A-2")
        await asyncio.sleep(3.1)
        assert (shown.screen, shown.lit) == ("ready", {"green": "slow", "red": "slow"})


# -- outages --


@in_virtual_time
async def test_what_is_missing_is_shown_while_it_is():
    async with Shown() as shown:
        shown.board.device("scanner", Health(Condition.MISSING, "unplugged"))
        assert (shown.screen, shown.lit, shown.heard) == ("not_ready", {"red": "slow"}, "attention")
        shown.board.device("scanner", Health(Condition.OK))
        assert (shown.screen, shown.lit) == ("ready", {"green": "slow"})


@in_virtual_time
async def test_a_part_that_breaks_while_it_is_told_something_is_shown_too():
    """The lights report a bus error from inside the very call that sets them."""
    async with Shown() as shown:

        class Failing(SimulatedLights):
            def set(self, patterns):
                super().set(patterns)
                shown.board.device("lights", Health(Condition.FAILING, "no permission"))

        shown.presenter._face = Face(shown.display, Failing(), shown.buzzer, has_panel=True)
        shown.asks()
        await settle()
        assert shown.presenter.view.outages[0].detail == "no permission"
        assert shown.display.image.tobytes() == draw(shown.presenter.view, 128, 64, Language.EN).tobytes()


# -- notices --


@in_virtual_time
async def test_a_notice_covers_the_screen_for_a_short_while():
    async with Shown() as shown:
        shown.asks()
        shown.presenter.notify(NoticeKind.WRONG_CODE, "product")
        assert (shown.screen, shown.lit, shown.heard) == ("wrong_code", {"green": "on", "red": "fast"}, "wrong_code")
        await asyncio.sleep(NOTICE_S - 0.1)
        assert shown.screen == "wrong_code"
        await asyncio.sleep(0.2)
        assert (shown.screen, shown.lit) == ("awaiting_code", {"green": "on"})


@in_virtual_time
async def test_the_same_mistake_made_twice_is_heard_twice_and_shown_anew():
    async with Shown(has_panel=False) as shown:
        shown.asks()
        for _ in range(3):
            shown.presenter.notify(NoticeKind.WRONG_CODE, "product")
            await asyncio.sleep(1.5)
        assert len(shown.buzzer.history) == 1 + 3
        assert shown.screen == "wrong_code"
        await asyncio.sleep(0.6)
        assert shown.screen == "awaiting_code"
        shown.presenter.notify(NoticeKind.WRONG_CODE, "product")
        assert len(shown.buzzer.history) == 1 + 4


@in_virtual_time
async def test_a_notice_never_covers_a_charge():
    async with Shown() as shown:
        shown.asks()
        shown.presenter.notify(NoticeKind.WRONG_CODE, "product")
        shown.becomes(State.SUBMITTING, attempts=charged())
        assert (shown.screen, shown.lit) == ("submitting", {"amber": "slow"})


@in_virtual_time
async def test_a_charge_that_never_left_the_box_is_said(tmp_path):
    """The payer must know that the code was not used, and may be shown again."""
    shown = Shown()
    async with shown, Shop(tmp_path) as shop:
        shop.runner.listeners.append(shown.presenter.on_change)
        await shop.sell()
        await shop.scan("99")
        await settle()
        assert (shown.screen, shown.lit, shown.heard) == ("not_sent", {"green": "on", "red": "fast"}, "wrong_code")
        await asyncio.sleep(NOTICE_S + 0.1)
        assert shown.screen == "awaiting_code"
        shop.provider.offline = True
        await shop.scan("00")
        await settle()
        assert shown.screen == "not_sent"
        shop.provider.offline = False
        await shop.runner.feed(A1, Cancelled("till", at=""))


@in_virtual_time
async def test_a_background_request_that_never_left_is_no_notice(tmp_path):
    shown = Shown()
    async with shown, Shop(tmp_path) as shop:
        shop.runner.listeners.append(shown.presenter.on_change)
        await shop.sell()
        await shop.scan("13")
        await until(lambda: shop.told[-1] == "awaiting_code" and len(shop.told) > 1, 10)
        shop.provider.offline = True
        await asyncio.sleep(20)
        assert shown.screen == "awaiting_code"
        assert [e.event for e in await shop.journal.entries(0, 99)].count("failed") >= 1
        await shop.runner.feed(A1, Cancelled("till", at=""))


# -- countdowns --


@in_virtual_time
async def test_a_countdown_changes_its_number_once_a_second():
    async with Shown() as shown:
        seen = []
        shown.presenter.listeners.append(lambda: seen.append((round(asyncio.get_running_loop().time() - began, 2), shown.left_s)))
        began = asyncio.get_running_loop().time()
        shown.asks(seconds=3.5)
        await asyncio.sleep(10)
        assert seen == [(0.0, 4), (0.5, 3), (1.5, 2), (2.5, 1), (3.5, 0)]
        assert timers() == 0


@in_virtual_time
async def test_without_a_panel_nothing_ticks():
    async with Shown(has_panel=False) as shown:
        shown.asks(seconds=30)
        await settle()
        assert (timers(), shown.left_s, shown.presenter.image) == (0, 30, None)


@in_virtual_time
async def test_while_the_payer_confirms_the_time_until_giving_up_is_counted():
    async with Shown(schedules={"trial": Schedule(give_up_s=12.0)}) as shown:
        shown.asks()
        shown.becomes(State.PENDING, attempts=charged())
        assert shown.left_s == 12
        await asyncio.sleep(5)
        assert shown.left_s == 7
        shown.becomes(State.REVOKING, attempts=charged())
        await settle()
        assert (shown.left_s, timers()) == (None, 0)


@in_virtual_time
async def test_a_gateway_that_is_no_longer_configured_has_the_usual_times():
    async with Shown(schedules={"another": SCHEDULE}) as shown:
        shown.becomes(State.PENDING, attempts=charged())
        assert shown.left_s == 30


# -- drawing --


class Gate:
    """Holds the drawing thread until it is opened."""

    def __init__(self, monkeypatch):
        self.open, self.drawn = threading.Event(), []
        monkeypatch.setattr(presenter_module, "draw", self.draw)

    def draw(self, view, *more):
        self.drawn.append(view)
        assert self.open.wait(5)
        return draw(view, *more)


async def test_lights_and_sound_do_not_wait_for_a_picture_and_the_newest_view_is_drawn_next(monkeypatch):
    """On the real loop, with the thread held: ten states go by while one picture is being drawn."""
    gate = Gate(monkeypatch)
    shown = Shown()
    shown.presenter.start()
    shown.presenter.run()
    for number in range(10):
        shown.asks(f"A-{number}")
        shown.becomes(State.PAID, f"A-{number}")
    assert (shown.lit, shown.heard) == ({"green": "fast"}, "paid")
    assert shown.display.image is None
    gate.open.set()
    async with asyncio.timeout(5):
        while shown.display.image is None or shown.presenter._drawing is not None:
            await asyncio.sleep(0.001)
    assert [view.phase for view in gate.drawn] == [Phase.STARTING, Phase.RUNNING]
    assert gate.drawn[-1] == shown.presenter.view
    await shown.presenter.stop()


@in_virtual_time
async def test_a_fault_in_a_screen_costs_that_picture_only(monkeypatch, caplog):
    async with Shown() as shown:
        monkeypatch.setattr(presenter_module, "draw", lambda view, *more: 1 / 0 if view.state is State.PAID else draw(view, *more))
        shown.asks()
        shown.becomes(State.PAID)
        assert shown.lit == {"green": "fast"}
        await settle()
        assert "draw_fault screen=paid" in caplog.text
        await asyncio.sleep(3.1)
        await settle()
        assert shown.display.image.tobytes() == draw(shown.presenter.view, 128, 64, Language.EN).tobytes()


@in_virtual_time
async def test_what_changed_while_a_faulty_picture_was_drawn_is_drawn_after_it(monkeypatch):
    async with Shown() as shown:
        monkeypatch.setattr(presenter_module, "draw", lambda view, *more: 1 / 0 if view.state is State.PAID else draw(view, *more))
        asyncio.get_running_loop().disk_s = 0.2  # a slow drawing thread
        shown.asks()
        shown.becomes(State.PAID)
        await asyncio.sleep(0.3)
        shown.asks("A-2")
        await asyncio.sleep(0.5)
        assert shown.display.image.tobytes() == draw(shown.presenter.view, 128, 64, Language.EN).tobytes()


@in_virtual_time
async def test_a_display_or_a_watcher_at_fault_stops_nothing(caplog):
    async with Shown() as shown:
        shown.presenter.picture_listeners.append(lambda: 1 / 0)
        shown.asks()
        await settle()
        shown.becomes(State.PAID)
        await settle()
        assert caplog.text.count("draw_fault") == 2
        assert shown.display.image.tobytes() == draw(shown.presenter.view, 128, 64, Language.EN).tobytes()


# -- stopping --


@in_virtual_time
async def test_the_last_picture_is_the_stopped_one_though_another_was_being_drawn():
    shown = Shown()
    asyncio.get_running_loop().disk_s = 0.2
    shown.presenter.start()
    shown.presenter.run()
    shown.asks()
    last = await shown.presenter.stop()
    assert shown.screen == "stopped"
    assert last.tobytes() == draw(shown.presenter.view, 128, 64, Language.EN).tobytes() == shown.display.image.tobytes()
    assert shown.lit == {}
    assert timers() == 0


@in_virtual_time
async def test_a_stop_does_not_wait_long_for_a_picture():
    shown = Shown()
    asyncio.get_running_loop().disk_s = 60.0
    shown.presenter.start()
    before = asyncio.get_running_loop().time()
    assert await shown.presenter.stop() is None
    assert asyncio.get_running_loop().time() - before == pytest.approx(DRAW_LAST_S)
    await asyncio.sleep(61)


@in_virtual_time
async def test_what_comes_after_the_stop_is_not_drawn():
    async with Shown() as shown:
        pass
    shown.board.doubts_are(3)
    shown.board.link("trial", Link())
    assert shown.screen == "stopped"
    await settle()


@in_virtual_time
async def test_a_drawing_that_is_broken_off_with_the_loop_is_no_fault(caplog):
    async with Shown() as shown:
        asyncio.get_running_loop().disk_s = 0.2
        shown.asks()
        shown.presenter._drawing.cancel()
        await asyncio.sleep(0.3)
        assert "draw_fault" not in caplog.text


# -- tills without staff --


def offers(ref="M-1", **more):
    return {"ref": ref, "till": "machine", **more}


@pytest.mark.parametrize(
    ("state", "event", "is_shown"),
    [
        (State.EXPIRED, None, False),
        (State.CANCELLED, Cancelled("machine"), False),
        (State.CANCELLED, Cancelled("button"), True),
    ],
)
@in_virtual_time
async def test_an_offer_that_nobody_came_to_ends_without_a_word(state, event, is_shown):
    async with Shown(unattended=frozenset({"machine"})) as box:
        box.becomes(State.AWAITING_CODE, "M-1", new=True, till="machine", ttl_s=3600.0, expires_at=5000.0)
        await settle()
        assert (box.screen, box.left_s, timers()) == ("awaiting_code", None, 0)
        box.becomes(state, "M-1", till="machine", event=event)
        assert box.screen == (str(state) if is_shown else "ready")
        assert ("red" in box.lit) is is_shown


@in_virtual_time
async def test_what_a_payer_came_to_is_shown_though_nobody_works_there():
    async with Shown(unattended=frozenset({"machine"})) as box:
        order = (an_order("T1", State.REFUSED, Errand.NONE),)
        box.becomes(State.EXPIRED, "M-1", till="machine", attempts=order)
        box.asks("C-1")
        box.becomes(State.EXPIRED, "C-1")
        assert box.screen == "expired"
