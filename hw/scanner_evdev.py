"""[scanner] kind = "evdev": a scanner that types like a keyboard (USB HID), read from the kernel's input devices.

The kernel keeps 64 events per reader, which is about ten digits, so this reads on the event loop as soon as there is something
and nothing may stall that loop. python-evdev's own asynchronous iterator is not used: it loses events when a wait is cancelled.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Callable
from pathlib import Path

from hw.decode import KeyDecoder, Outcome
from hw.errors import as_device_error, device_error
from hw.gate import ScanGate
from hw.health import OK, HealthNote
from hw.input_nodes import (
    GROUP,
    Event,
    InputNode,
    OpenNode,
    close_nodes,
    held_keys,
    open_node,
    path_of,
    stamps_monotonic,
    take_ids,
    take_path,
)
from hw.interfaces import Health, HealthListener, ScanListener
from hw.opener import PAUSE_S, Opener

_log = logging.getLogger(__name__)

_DRAIN_READS = 64  # of up to 64 events each; the kernel holds no more than one such read, so this only ends what never would
_OLDEST_S = 60.0  # a stamp that is older, or from the future, is of another clock


class _Source:
    """One open node and the decoder of its keys."""

    def __init__(self, node: InputNode) -> None:
        self.node = node
        self.decoder = KeyDecoder()
        self._stamped = stamps_monotonic(node)

    def read(self) -> list[Outcome]:
        """Decode what is there, at most 64 events. Raises OSError when the device is gone."""
        return self._decoded(self._events())

    def drain(self) -> None:
        """Throw away what lies in the kernel's buffer, and what is still to come of a code that has begun."""
        for _ in range(_DRAIN_READS):
            events = self._events()
            if not events:
                break
            self._decoded(events)
        self.decoder.reset_until_break(time.monotonic())

    def ask_held(self) -> None:
        """Learn which keys are down, at the start and when events were lost. The kernel then drops the key events it still holds."""
        held, caps = held_keys(self.node)
        self.decoder.held(held, caps=caps)

    def _events(self) -> list[Event]:
        try:
            events = list(self.node.read())
        except BlockingIOError:
            return []
        if not events:
            raise OSError(errno.ENODEV, "readable, but nothing comes")
        return events

    def _decoded(self, events: list[Event]) -> list[Outcome]:
        now = time.monotonic()
        outcomes = [self.decoder.feed(event.type, event.code, event.value, self._at(event, now)) for event in events]
        if self.decoder.lost_track:
            self.ask_held()
        return [outcome for outcome in outcomes if outcome is not None]

    def _at(self, event: Event, now: float) -> float:
        """When the key moved: by the kernel's stamp, so that a loop that was late neither cuts a code in two nor joins two."""
        at = event.sec + event.usec / 1e6
        return at if self._stamped and 0 <= now - at <= _OLDEST_S else now


def _taking(
    device: str | None, vendor: int | None, product: int | None, input_dir: Path, opener: OpenNode
) -> Callable[[], list[InputNode]]:
    if device is not None:
        path = path_of(device, input_dir / "by-id")
        return lambda: take_path(path, opener)
    if vendor is None and product is None:
        raise ValueError("an evdev scanner needs `device`, or `vendor` and `product`")
    return lambda: take_ids(vendor, product, input_dir, opener)


class EvdevScanner:
    """A keyboard-wedge scanner, by `device` (a path, or a name in /dev/input/by-id) or by its USB numbers.

    It is grabbed, so that codes are not typed on the console too. While it is away it is looked for every `pause_s`; a number
    that moved (event3, event5) does not matter, as names are looked up anew each time.
    """

    def __init__(
        self,
        device: str | None = None,
        vendor: int | None = None,
        product: int | None = None,
        *,
        input_dir: Path = Path("/dev/input"),
        opener: OpenNode = open_node,
        pause_s: float = PAUSE_S,
    ) -> None:
        take = _taking(device, vendor, product, input_dir, opener)
        self._opener: Opener[list[InputNode]] = Opener(take, self._opened, self._failed, close_nodes, pause_s)
        self._note = HealthNote("scanner")
        self._gate = ScanGate()
        self._sources: list[_Source] = []

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, listener: ScanListener, on_health: HealthListener) -> None:
        self._gate.open(listener)
        self._note.tell(on_health)
        self._opener.start()

    def arm(self) -> None:
        for source in list(self._sources):
            try:
                source.drain()
            except OSError as exc:
                self._lost(exc)
                break
        self._gate.arm()

    def disarm(self) -> None:
        self._gate.disarm()

    def close(self) -> None:
        self._gate.close()
        self._opener.stop()
        self._release()

    def _opened(self, nodes: list[InputNode]) -> None:
        self._sources = [_Source(node) for node in nodes]
        loop = asyncio.get_running_loop()
        for source in self._sources:
            source.ask_held()
            loop.add_reader(source.node.fd, self._ready, source)
        self._note.set(OK)

    def _failed(self, exc: Exception) -> None:
        self._note.set(as_device_error(exc, "scanner").health)

    def _ready(self, source: _Source) -> None:
        unterminated = source.decoder.unterminated
        try:
            outcomes = source.read()
        except OSError as exc:
            self._lost(exc)
            return
        if source.decoder.unterminated > unterminated:
            _log.warning("scan_without_end device=%s hint='set the scanner to send Enter or Tab after each code'", source.node.path)
        self._gate.deliver(outcomes)

    def _lost(self, exc: OSError) -> None:
        path = self._sources[0].node.path
        self._release()
        self._note.set(device_error(exc, path, GROUP).health)
        self._opener.start_later()

    def _release(self) -> None:
        """Stop reading first: a closed descriptor left in the loop's poll set keeps it spinning."""
        loop = asyncio.get_running_loop()
        sources, self._sources = self._sources, []
        for source in sources:
            loop.remove_reader(source.node.fd)
        close_nodes(source.node for source in sources)
