"""Input devices that type, grabbed and read on the event loop, and taken back when they return: scanners and number pads.

The kernel keeps 64 events per reader, which is about ten digits, so this reads as soon as there is something and nothing may stall
that loop. python-evdev's own asynchronous iterator is not used: it loses events when a wait is cancelled.
"""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from hw.errors import as_device_error, device_error
from hw.health import OK, HealthNote
from hw.input_nodes import GROUP, Event, Fits, InputNode, OpenNode, close_nodes, held_keys, path_of, stamps_monotonic, take_ids, take_path
from hw.opener import PAUSE_S, Opener

_DRAIN_READS = 64  # of up to 64 events each; the kernel holds no more than one such read, so this only ends what never would
_OLDEST_S = 60.0  # a stamp that is older, or from the future, is of another clock


class Decoder(Protocol):
    """Makes something of the events of one device."""

    @property
    def lost_track(self) -> bool: ...

    def held(self, held: Iterable[int], *, caps: bool = False) -> None: ...

    def feed(self, kind: int, code: int, value: int, now: float) -> Any: ...


Of = TypeVar("Of", bound=Decoder)


class Source(Generic[Of]):
    """One open node and the decoder of its keys."""

    def __init__(self, node: InputNode, decoder: Of) -> None:
        self.node = node
        self.decoder = decoder
        self._stamped = stamps_monotonic(node)

    def read(self) -> list[Any]:
        """What the decoder makes of what is there, at most 64 events. Raises OSError when the device is gone."""
        return self._decoded(self._events())

    def drain(self) -> None:
        """Throw away what lies in the kernel's buffer. Raises OSError when the device is gone."""
        for _ in range(_DRAIN_READS):
            events = self._events()
            if not events:
                break
            self._decoded(events)

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

    def _decoded(self, events: list[Event]) -> list[Any]:
        now = time.monotonic()
        outcomes = [self.decoder.feed(event.type, event.code, event.value, self._at(event, now)) for event in events]
        if self.decoder.lost_track:
            self.ask_held()
        return [outcome for outcome in outcomes if outcome is not None]

    def _at(self, event: Event, now: float) -> float:
        """When the key moved: by the kernel's stamp, so that a loop that was late neither cuts a code in two nor joins two."""
        at = event.sec + event.usec / 1e6
        return at if self._stamped and 0 <= now - at <= _OLDEST_S else now


def taking(
    device: str | None, vendor: int | None, product: int | None, input_dir: Path, opener: OpenNode, fits: Fits
) -> Callable[[], list[InputNode]]:
    """What opens and grabs the nodes of the one device that is named by a path, by a name in by-id, or by its USB numbers."""
    if device is not None:
        path = path_of(device, input_dir / "by-id")
        return lambda: take_path(path, opener, fits)
    if vendor is None and product is None:
        raise ValueError(f"an evdev {fits.what} needs `device`, or `vendor` and `product`")
    return lambda: take_ids(vendor, product, input_dir, opener, fits)


class InputReader(Generic[Of]):
    """The nodes that `take` opens (it raises DeviceError), each with a decoder of its own that `make` gives.

    `on_open` is called before the first events of each opening, `on_read` with what one read gives; `note` keeps how the device is.
    While it is away it is looked for every `pause_s`; a number that moved (event3, event5) does not matter, as names are looked up
    anew each time.
    """

    def __init__(
        self,
        name: str,
        take: Callable[[], list[InputNode]],
        make: Callable[[], Of],
        note: HealthNote,
        on_open: Callable[[], None],
        on_read: Callable[[Source[Of], list[Any]], None],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._name = name
        self._make = make
        self._note = note
        self._on_open = on_open
        self._on_read = on_read
        self._opener: Opener[list[InputNode]] = Opener(take, self._opened, self._failed, close_nodes, pause_s)
        self.sources: list[Source[Of]] = []

    def open(self) -> None:
        self._opener.start()

    def drain(self) -> None:
        """Throw away what has come and was not read yet."""
        for source in list(self.sources):
            try:
                source.drain()
            except OSError as exc:
                self._lost(exc)
                break

    def close(self) -> None:
        self._opener.stop()
        self._release()

    def _opened(self, nodes: list[InputNode]) -> None:
        self.sources = [Source(node, self._make()) for node in nodes]
        self._on_open()
        loop = asyncio.get_running_loop()
        for source in self.sources:
            source.ask_held()
            loop.add_reader(source.node.fd, self._ready, source)
        self._note.set(OK)

    def _failed(self, exc: Exception) -> None:
        self._note.set(as_device_error(exc, self._name).health)

    def _ready(self, source: Source[Of]) -> None:
        try:
            outcomes = source.read()
        except OSError as exc:
            self._lost(exc)
            return
        self._on_read(source, outcomes)

    def _lost(self, exc: OSError) -> None:
        path = self.sources[0].node.path
        self._release()
        self._note.set(device_error(exc, path, GROUP).health)
        self._opener.start_later()

    def _release(self) -> None:
        """Stop reading first: a closed descriptor left in the loop's poll set keeps it spinning."""
        loop = asyncio.get_running_loop()
        sources, self.sources = self.sources, []
        for source in sources:
            loop.remove_reader(source.node.fd)
        close_nodes(source.node for source in sources)
