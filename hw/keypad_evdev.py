"""A USB number pad, read from the kernel's input devices as a till of its own (`[tills.NAME] kind = "keypad"`)."""

from __future__ import annotations

from pathlib import Path

from hw.decode_pad import PadDecoder
from hw.health import HealthNote
from hw.input_nodes import NUMBER_PAD, OpenNode, open_node
from hw.input_reader import InputReader, Source, taking
from hw.interfaces import Health, HealthListener, KeypadListener, PadKey
from hw.keyboard import Torn
from hw.opener import PAUSE_S


class EvdevKeypad:
    """The pad of the till called `name`, by `device` (a path, or a name in /dev/input/by-id) or by its USB numbers.

    It is grabbed, so that nothing of it is typed on the console. Keys that were pressed before it was opened are thrown away.
    """

    def __init__(
        self,
        name: str,
        device: str | None = None,
        vendor: int | None = None,
        product: int | None = None,
        *,
        input_dir: Path = Path("/dev/input"),
        opener: OpenNode = open_node,
        pause_s: float = PAUSE_S,
    ) -> None:
        take = taking(device, vendor, product, input_dir, opener, NUMBER_PAD)
        self._note = HealthNote(name)
        self._reader = InputReader("number pad", take, PadDecoder, self._note, self._opened, self._read, pause_s)
        self._listener: KeypadListener | None = None

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, listener: KeypadListener, on_health: HealthListener) -> None:
        self._listener = listener
        self._note.tell(on_health)
        self._reader.open()

    def close(self) -> None:
        self._listener = None
        self._reader.close()

    def _opened(self) -> None:
        if self._listener is not None:
            self._listener.began()

    def _read(self, _source: Source[PadDecoder], outcomes: list[PadKey | Torn]) -> None:
        for outcome in outcomes:
            if self._listener is not None:
                self._tell(self._listener, outcome)

    def _tell(self, listener: KeypadListener, outcome: PadKey | Torn) -> None:
        if isinstance(outcome, Torn):
            listener.lost_keys()
        else:
            listener.pressed(outcome)
