"""The box's own panel, light and sound, as tills without a screen of their own use them (`daemon.tills.base.Front`)."""

from __future__ import annotations

import logging

from daemon.presenter import Presenter
from daemon.view import NoticeKind, Prompt

log = logging.getLogger(__name__)


class BoxFront:
    """The one `Front`. Used on the event loop's thread only."""

    def __init__(self, presenter: Presenter) -> None:
        self._presenter = presenter

    def show(self, till: str, prompt: Prompt | None) -> None:
        self._presenter.show_prompt(till, prompt)

    def refuse(self, till: str, why: str) -> None:
        log.info("till_not_taken till=%s why=%s", till, why)
        self._presenter.notify(NoticeKind.NOT_TAKEN, why)
