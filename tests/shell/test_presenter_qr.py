"""A QR on the panel, as the presenter keeps it: there while it may be scanned, with the time left, and driven for cameras only then."""

import asyncio

from shell_time import in_virtual_time, settle, timers
from shop import an_order
from test_presenter import Shown

from daemon.payment import Attempt, Errand, Mode, Reason, State
from daemon.qr import Panel, picture
from daemon.screens import draw
from daemon.signals import RESULT_S
from daemon.texts import Language
from daemon.view import NoticeKind

LINK = "weixin://wxpay/bizpayurl?pr=Example"
OTHER_LINK = "weixin://wxpay/bizpayurl?pr=Another"
SYMBOL = picture(LINK, Panel(128, 64))


def ordered(state: State = State.PRESENTING_QR, **more: object) -> tuple[Attempt, ...]:
    return (an_order(state=state, errand=Errand.ASK, sent_at=asyncio.get_running_loop().time(), **more),)


class ShownQr(Shown):
    def asks_for_qr(self, ref: str = "A-1", link: str = LINK, seconds: float = 120.0) -> None:
        """A request, the provider's answer, and the QR is there."""
        until = asyncio.get_running_loop().time() + seconds
        self.becomes(State.CREATING_QR, ref, new=True, mode=Mode.SHOW, attempts=ordered(State.CREATING_QR))
        self.becomes(State.PRESENTING_QR, ref, mode=Mode.SHOW, expires_at=until, attempts=ordered(qr=link))

    def goes_on(self, state: State, **more: object) -> None:
        self.becomes(state, mode=Mode.SHOW, attempts=self.payment.attempts, **more)

    @property
    def has_symbol(self) -> bool:
        """Whether the QR is to be seen on the panel, pixel for pixel."""
        return self.display.image.crop((0, 0, *SYMBOL.size)).tobytes() == SYMBOL.tobytes()


@in_virtual_time
async def test_the_qr_is_shown_with_the_time_left_as_soon_as_the_provider_gave_it():
    async with ShownQr() as shown:
        shown.becomes(State.CREATING_QR, new=True, mode=Mode.SHOW, attempts=ordered(State.CREATING_QR))
        await settle()
        assert (shown.screen, shown.presenter.view.qr, shown.has_symbol) == ("creating_qr", None, False)
        shown.asks_for_qr()
        await settle()
        assert (shown.screen, shown.left_s, shown.lit, shown.heard) == ("presenting_qr", 120, {"green": "on"}, "tick")
        assert shown.presenter.view.qr == LINK
        assert shown.has_symbol
        assert shown.display.image.tobytes() == draw(shown.presenter.view, 128, 64, Language.EN).tobytes()


@in_virtual_time
async def test_its_countdown_changes_the_number_and_never_the_symbol():
    async with ShownQr() as shown:
        seen = []
        shown.presenter.picture_listeners.append(lambda: seen.append((shown.left_s, shown.has_symbol, shown.display.for_cameras)))
        shown.asks_for_qr(seconds=3.5)
        await asyncio.sleep(3.6)
        assert seen[1:] == [(4, True, True), (3, True, True), (2, True, True), (1, True, True), (0, True, True)]  # first: while created


@in_virtual_time
async def test_the_panel_is_driven_for_cameras_while_the_qr_is_there_and_only_then():
    async with ShownQr() as shown:
        assert not shown.display.for_cameras
        shown.becomes(State.CREATING_QR, new=True, mode=Mode.SHOW, attempts=ordered(State.CREATING_QR))
        await settle()
        assert not shown.display.for_cameras
        shown.asks_for_qr()
        await settle()
        assert shown.display.for_cameras
        shown.goes_on(State.PAID)
        await settle()
        assert not shown.display.for_cameras
        await asyncio.sleep(RESULT_S[State.PAID] + 0.1)
        await settle()
        assert (shown.screen, shown.display.for_cameras) == ("ready", False)


@in_virtual_time
async def test_it_is_gone_at_once_when_it_may_no_longer_be_scanned():
    """Closing, expired, cancelled, refused: the attempt still has the QR, the panel has not."""
    for state in (State.CLOSING, State.EXPIRED, State.CANCELLED, State.REFUSED, State.IN_DOUBT, State.REFUNDED):
        async with ShownQr() as shown:
            shown.asks_for_qr()
            await settle()
            shown.goes_on(state, reason=Reason("qr_timeout", ""))
            assert shown.presenter.view.qr is None
            await settle()
            assert (shown.screen, shown.has_symbol, shown.display.for_cameras) == (str(state), False, False)


@in_virtual_time
async def test_while_the_payer_confirms_the_qr_stays_and_the_words_change():
    async with ShownQr() as shown:
        shown.asks_for_qr()
        await settle()
        before = shown.display.image
        until = shown.payment.expires_at
        shown.becomes(State.PRESENTING_QR, mode=Mode.SHOW, expires_at=until, attempts=ordered(qr=LINK, confirming=True))
        await settle()
        assert shown.presenter.view.confirming
        assert shown.has_symbol
        assert shown.display.for_cameras
        assert shown.display.image.tobytes() != before.tobytes()


@in_virtual_time
async def test_the_next_sales_qr_takes_the_place_of_the_last_ones_result():
    async with ShownQr() as shown:
        shown.asks_for_qr()
        shown.goes_on(State.EXPIRED, reason=Reason("qr_timeout", ""))
        shown.asks_for_qr("A-2", OTHER_LINK)
        await settle()
        other = picture(OTHER_LINK, Panel(128, 64))
        assert shown.display.image.crop((0, 0, *other.size)).tobytes() == other.tobytes()


@in_virtual_time
async def test_no_notice_covers_a_qr_that_may_be_scanned():
    async with ShownQr() as shown:
        shown.asks_for_qr()
        shown.presenter.notify(NoticeKind.WRONG_CODE, "product")
        await settle()
        assert shown.screen == "presenting_qr"
        assert shown.has_symbol


@in_virtual_time
async def test_a_box_that_stops_leaves_no_qr_behind():
    """A panel keeps its last picture; who scanned that would pay a box that is gone."""
    shown = ShownQr()
    async with shown:
        shown.asks_for_qr()
        await settle()
        assert shown.has_symbol
    assert (shown.screen, shown.has_symbol, shown.display.for_cameras) == ("stopped", False, False)


@in_virtual_time
async def test_without_a_panel_a_qr_is_in_the_view_and_nothing_ticks():
    """The till shows it then: it has the text from the payment."""
    async with ShownQr(has_panel=False) as shown:
        shown.asks_for_qr()
        await settle()
        assert (shown.presenter.view.qr, shown.presenter.image, timers()) == (LINK, None, 0)
