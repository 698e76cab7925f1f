"""What is said under which topic, as docs/fleet.md promises it. Pure: what is secret is not known here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from daemon.fleet.packets import Message
from daemon.fleet.place import Place
from daemon.tills.base import Entry

_TAKEN = re.compile("[/+#%]")  # what has a meaning of its own in a topic, and what stands for it here


def level(name: str) -> str:
    """One level of a topic that says that name."""
    return _TAKEN.sub(lambda found: f"%{ord(found.group()):02X}", name)


@dataclass(frozen=True, slots=True)
class Topics:
    """The messages of one box. `prefix` is `[mqtt] topic`."""

    prefix: str
    terminal_id: str
    version: str

    def online(self, place: Place | None, at: str) -> Message:
        """The birth. `place` is None while the journal cannot be used: then it has no number yet."""
        journal = None if place is None else place.journal
        return self._status("online", place, version=self.version, journal=journal, at=at)

    def offline(self, place: Place | None, at: str) -> Message:
        """For an end in good order."""
        return self._status("offline", place, reason="stopped", at=at)

    def will(self, place: Place | None) -> Message:
        """What the broker says for a box that is lost; it cannot say when."""
        return self._status("offline", place, reason="lost")

    def state(self, status: Mapping[str, Any]) -> Message:
        """`GET /v1/box`, less how the connection to the broker is: who reads this knows."""
        return self._message("state", {key: value for key, value in status.items() if key != "fleet"}, retain=True)

    def event(self, place: Place, entry: Entry) -> Message:
        """An entry as `GET /v1/events` has it, and whose it is."""
        return self._message("events", {**asdict(entry), "terminal_id": self.terminal_id, "journal": place.journal})

    def _status(self, state: str, place: Place | None, **more: Any) -> Message:
        boot = None if place is None else place.starts
        return self._message("status", {"state": state, "terminal_id": self.terminal_id, "boot": boot, **more}, retain=True)

    def _message(self, name: str, said: Mapping[str, Any], *, retain: bool = False) -> Message:
        payload = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        return Message(f"{self.prefix}/{level(self.terminal_id)}/{name}", payload, retain)
