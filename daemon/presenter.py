"""What people see and hear: follows payments, health and the clock, and keeps screen, lights and buzzer to them.

Lights and sound come first and at once; the picture is drawn in a thread of its own and goes out after them. Nothing here can
hold up or fail a payment (P12). An idle box has no timer here: one runs only while a result, a notice or a countdown is shown.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from PIL import Image

from daemon.errands import GOODS_FAILED, give_up_at
from daemon.events import Cancelled, Failed
from daemon.health import Board
from daemon.payment import Payment, Reason, State
from daemon.runner import Change
from daemon.screens import draw
from daemon.signals import NOTICE_S, RESULT_S, lights, sound
from daemon.texts import Language
from daemon.tills.offering import ARMED_S, BY_MACHINE
from daemon.timing import Schedule
from daemon.view import Notice, NoticeKind, Phase, Prompt, PromptKind, View, screen_name
from hw.interfaces import Buzzer, Display, Lights

log = logging.getLogger(__name__)

DRAW_LAST_S = 1.0  # how long a stop waits for its picture; drawing one takes some 10 ms on a Pi


@dataclass(frozen=True, slots=True)
class Face:
    """The devices that people look at and listen to."""

    display: Display
    lights: Lights
    buzzer: Buzzer
    has_panel: bool  # without one nothing is drawn, and no countdown needs to tick


@dataclass(frozen=True, slots=True)
class Heard:
    """The last sound: its name, and when (RFC 3339 UTC)."""

    name: str
    at: str


class Presenter:
    """`ready` and `in_doubt` are asked whenever the view is made; `at` stamps sounds; `unattended` are tills that ask by themselves."""

    def __init__(
        self,
        face: Face,
        board: Board,
        schedules: Mapping[str, Schedule],
        *,
        store_name: str,
        language: Language,
        ready: Callable[[], bool],
        in_doubt: Callable[[], int],
        at: Callable[[], str],
        unattended: frozenset[str] = frozenset(),
    ) -> None:
        self._face = face
        self._board = board
        self._schedules = schedules
        self._store_name = store_name
        self._language = language
        self._ready = ready
        self._in_doubt = in_doubt
        self._at = at
        self._unattended = unattended
        self._phase = Phase.STARTING
        self._payment: Payment | None = None
        self._result_until: float | None = None
        self._prompts: dict[str, Prompt] = {}  # what tills have to say between payments, the newest last
        self._notice: Notice | None = None
        self._notice_until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="draw")
        self._drawing: asyncio.Future[Image.Image] | None = None
        self._drawn: View | None = None  # what is drawn, or being drawn
        self._pictured: View | None = None
        self.view: View | None = None
        self.heard: Heard | None = None
        self.image: Image.Image | None = None
        self.listeners: list[Callable[[], None]] = []  # told of every new view
        self.picture_listeners: list[Callable[[], None]] = []  # told of every new picture

    @property
    def pictured(self) -> View | None:
        """What `image` shows; `view` may be newer, its picture still being drawn."""
        return self._pictured

    @property
    def screen(self) -> str:
        return screen_name(self.view) if self.view else Phase.STARTING.value

    @property
    def patterns(self) -> dict[str, str]:
        return {name: pattern.value for name, pattern in (lights(self.view) if self.view else {}).items()}

    def start(self) -> None:
        """The panel says that the box is starting."""
        self.refresh()

    def run(self) -> None:
        """Started."""
        self._phase = Phase.RUNNING
        self.refresh()

    async def stop(self) -> Image.Image | None:
        """The last picture, for the display to keep; lights off."""
        self._phase = Phase.STOPPED
        self._payment = self._notice = None
        self.refresh()
        end = self._now() + DRAW_LAST_S
        while self._drawing is not None and self._now() < end:  # one of an older view may be under way, with this one after it
            await asyncio.wait([self._drawing], timeout=end - self._now())
        self._stopped = True
        self._thread.shutdown(wait=False)
        return self.image

    def on_change(self, change: Change) -> None:
        """A payment changed: the newest one is shown, and what was shown before only where its end is news."""
        payment = change.payment
        shown = self._payment
        if payment.is_seen_to:
            self._take_away(payment)
            return
        if shown is None and change.before is not None and payment.state.is_final and not _came_back(payment):
            return  # the tail of a payment whose end was shown long ago
        if shown is not None and shown.ref != payment.ref and change.before is not None and not _goes_before(payment, shown):
            return
        ended = payment.state in RESULT_S and (shown is None or shown.ref != payment.ref or shown.state is not payment.state)
        self._payment = payment
        if self._was_only_offered(change):
            self._payment = self._result_until = None
        elif ended:
            self._result_until = self._now() + RESULT_S[payment.state]
        elif not payment.state.is_final:
            self._result_until = None
        if _left_nothing(change):
            self._note(NoticeKind.NOT_SENT, "")
        self.refresh()

    def _take_away(self, payment: Payment) -> None:
        """A person has seen to it: nobody else needs to look."""
        if self._payment is not None and self._payment.ref == payment.ref:
            self._payment = self._result_until = None
        self.refresh()

    def show_prompt(self, till: str, prompt: Prompt | None) -> None:
        """What a till without a screen of its own has to say while no payment is shown; None: nothing any more."""
        if self._prompts.get(till) == prompt:
            return
        self._prompts.pop(till, None)
        if prompt is not None:
            self._prompts[till] = prompt  # the one that was said last is shown
        if self._notice is not None and self._notice.kind is NoticeKind.NOT_TAKEN:
            self._notice = self._notice_until = None  # whoever types on has seen it
        if prompt is not None and prompt.kind is not PromptKind.OFFERED:
            self._make_way()
        self.refresh()

    def _was_only_offered(self, change: Change) -> bool:
        """A till without staff offers by itself, and has taken back what nobody came to: that is no news to anybody."""
        payment, event = change.payment, change.event
        is_taken_back = payment.state is State.CANCELLED and isinstance(event, Cancelled) and event.by == BY_MACHINE
        return self._is_offer(payment) and (payment.state is State.EXPIRED or is_taken_back)

    def _is_offer(self, payment: Payment) -> bool:
        return payment.till in self._unattended and not payment.attempts

    def notify(self, kind: NoticeKind, detail: str) -> None:
        """Say something that changed no payment, for a short while."""
        self._note(kind, detail)
        if kind is NoticeKind.NOT_TAKEN:
            self._make_way()
        self.refresh()

    def _make_way(self) -> None:
        """Whoever types at the box has seen how the last payment ended; only that it was paid, its payer sees as long as ever."""
        if self._payment is not None and self._payment.state.is_final and self._payment.state is not State.PAID:
            self._payment = self._result_until = None

    def _note(self, kind: NoticeKind, detail: str) -> None:
        number = self._notice.number + 1 if self._notice else 0
        self._notice = Notice(kind, detail, number)
        self._notice_until = self._now() + NOTICE_S

    def refresh(self) -> None:
        """Make the view anew, and bring to lights, buzzer and panel what changed in it."""
        now = self._now()
        self._expire(now)
        view = self._make(now)
        before, self.view = self.view, view
        self._arm(now, view)
        if view != before:
            self._face.lights.set(lights(view))
            self._play(before, view)
            self._draw_soon()
            for listener in self.listeners:
                listener()

    # -- the view --

    def _make(self, now: float) -> View:
        view = View(
            ready=self._phase is Phase.RUNNING and self._ready(),
            store_name=self._store_name,
            phase=self._phase,
            notice=self._notice,
            outages=self._board.outages() if self._phase is Phase.RUNNING else (),
            in_doubt=self._in_doubt(),
            prompt=next(reversed(self._prompts.values()), None),
        )
        payment = self._payment
        if payment is None:
            return view
        attempt = payment.attempts[-1] if payment.attempts else None
        return replace(
            view,
            state=payment.state,
            amount=payment.amount,
            reason=_reason(payment),
            confirming=attempt is not None and attempt.confirming,
            qr=attempt.qr if attempt is not None and payment.state is State.PRESENTING_QR else None,
            left_s=self._left_s(payment, now),
        )

    def _left_s(self, payment: Payment, now: float) -> int | None:
        end = self._end_of_wait(payment)
        return None if end is None else max(0, math.ceil(end - now - 0.001))

    def _end_of_wait(self, payment: Payment) -> float | None:
        if payment.state is State.AWAITING_CODE and self._is_offer(payment) and payment.ttl_s == ARMED_S:
            return None  # it stands until somebody comes, and a countdown would keep an idle box awake
        if payment.state in (State.AWAITING_CODE, State.PRESENTING_QR):
            return payment.expires_at
        if payment.state in (State.SUBMITTING, State.PENDING, State.CREATING_QR) and payment.attempts:
            attempt = payment.attempts[-1]
            return give_up_at(attempt, self._schedules.get(attempt.gateway, Schedule()))
        return None

    def _expire(self, now: float) -> None:
        if self._result_until is not None and self._result_until <= now:
            self._payment = self._result_until = None
        if self._notice_until is not None and self._notice_until <= now:
            self._notice_until = None
            self._notice = None

    def _arm(self, now: float, view: View) -> None:
        """Come back when something that is shown ends, or a countdown changes its number."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        moments = [m for m in (self._result_until, self._notice_until) if m is not None]
        if self._face.has_panel and view.left_s and self._payment is not None:
            end = self._end_of_wait(self._payment)
            moments += [] if end is None else [end - view.left_s + 1]
        if moments and self._phase is Phase.RUNNING:
            self._timer = asyncio.get_running_loop().call_at(max(min(moments), now + 0.01), self.refresh)

    def _play(self, before: View | None, view: View) -> None:
        heard = sound(before, view)
        if heard is not None:
            self.heard = Heard(heard.name, self._at())
            self._face.buzzer.play(heard.tones)

    # -- the panel --

    def _draw_soon(self) -> None:
        """Draw the view, or, where another is being drawn, the newest one after that; nobody misses one in between."""
        if self.view is None or self._drawing is not None or self._stopped or not self._face.has_panel:
            return
        self._drawn = self.view
        self._drawing = asyncio.get_running_loop().run_in_executor(self._thread, self._draw, self.view)
        self._drawing.add_done_callback(self._drawn_one)

    def _draw(self, view: View) -> Image.Image:
        return draw(view, self._face.display.width, self._face.display.height, self._language)

    def _drawn_one(self, done: asyncio.Future[Image.Image]) -> None:
        self._drawing = None
        if done.cancelled():
            return
        try:
            self._show(done.result())
        except Exception:
            log.exception("draw_fault screen=%s", self.screen)
        if self.view != self._drawn:
            self._draw_soon()

    def _show(self, image: Image.Image) -> None:
        self.image, self._pictured = image, self._drawn
        self._face.display.show(image, for_cameras=self._drawn is not None and self._drawn.qr is not None)
        for listener in self.picture_listeners:
            listener()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _reason(payment: Payment) -> Reason | None:
    """Why it ended; while a fresh code is awaited, why the last one did not do."""
    if payment.state is State.AWAITING_CODE and payment.attempts and payment.attempts[-1].state is State.REFUSED:
        return payment.attempts[-1].reason
    return payment.reason


def _goes_before(payment: Payment, shown: Payment) -> bool:
    """After a restart a sale that goes on is shown before one in doubt, which may stay so for days: its payer is standing there."""
    return shown.state is State.IN_DOUBT and payment.state is not State.IN_DOUBT and not payment.state.is_final


def _came_back(payment: Payment) -> bool:
    """Its payer stands before a machine that gave nothing, and is told where the money is."""
    return payment.state is State.REFUNDED and payment.reason is not None and payment.reason.code == GOODS_FAILED


def _left_nothing(change: Change) -> bool:
    """A charge could not leave the box, and the code is wanted again."""
    event = change.event
    return (
        isinstance(event, Failed)
        and not event.sent
        and change.payment.state is State.AWAITING_CODE
        and change.before is not None
        and change.before.state is State.SUBMITTING
    )
