"""The box's own panel, light, sound, button and scanner, as tills that have none use them (`daemon.tills.base.Front`)."""

from __future__ import annotations

import asyncio
import logging

from daemon.giving_up import GivingUp
from daemon.payment import Payment
from daemon.presenter import Presenter
from daemon.scanning import Scanning, Taking
from daemon.tills.base import Offer
from daemon.view import NoticeKind, Prompt, PromptKind

log = logging.getLogger(__name__)


class BoxFront:
    """The one `Front`. Used on the event loop's thread only. Of several tills that offer something, the last one does."""

    def __init__(self, presenter: Presenter, scanning: Scanning, button: GivingUp, *, has_button: bool) -> None:
        self._presenter = presenter
        self._scanning = scanning
        self._button = button
        self._has_button = has_button
        self._offers: dict[str, Offer] = {}  # the newest last
        self._pressed: set[asyncio.Task[Payment | None]] = set()

    @property
    def has_button(self) -> bool:
        return self._has_button

    def show(self, till: str, prompt: Prompt | None) -> None:
        self._presenter.show_prompt(till, prompt)

    def refuse(self, till: str, why: str) -> None:
        log.info("till_not_taken till=%s why=%s", till, why)
        self._presenter.notify(NoticeKind.NOT_TAKEN, why)

    def offer(self, till: str, offer: Offer | None) -> None:
        self._offers.pop(till, None)
        if offer is not None:
            self._offers[till] = offer
            shown = Prompt(PromptKind.OFFERED, offer.amount.text, button=self._has_button, scan=offer.by_scan)
        self._presenter.show_prompt(till, None if offer is None else shown)
        self._hand_on(next(reversed(self._offers.values()), None))

    def _hand_on(self, offer: Offer | None) -> None:
        """To whoever takes it."""
        self._scanning.offer(Taking(offer.ref, offer.take) if offer is not None and offer.by_scan else None)
        self._button.offer(None if offer is None else lambda: self._press(offer))

    def _press(self, offer: Offer) -> None:
        task = asyncio.ensure_future(offer.take())
        self._pressed.add(task)
        task.add_done_callback(self._pressed.discard)
