"""`GET /v1/events` as a till's program or a browser reads it."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

from box_process import BoxProcess
from process_lines import PATIENCE_S


class EventStream:
    """An open stream; with `last_id` it resumes after that event. Each event is its `data`, whose `seq` is its `id`."""

    def __init__(self, box: BoxProcess, last_id: int | None = None) -> None:
        self._box = box
        self._connection = HTTPConnection("127.0.0.1", box.port, timeout=PATIENCE_S)
        self._connection.request("GET", "/v1/events", headers={} if last_id is None else {"Last-Event-ID": str(last_id)})
        self._answer = self._connection.getresponse()
        assert self._answer.headers["Content-Type"] == "text/event-stream"
        self._fields()  # the greeting: whoever reads it is being told of everything from now on

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._answer.close()
        self._connection.close()

    def next(self) -> dict[str, Any]:
        """The next event. TimeoutError where none comes, EOFError where the stream has ended."""
        fields = self._fields()
        while "data" not in fields:
            fields = self._fields()
        data: dict[str, Any] = json.loads(fields["data"])
        assert (fields["event"], fields["id"]) == ("payment", str(data["seq"]))
        return data

    def until(self, ref: str, state: str) -> list[dict[str, Any]]:
        """Events up to the first one that says so, that one included."""
        events = [self.next()]
        while (events[-1]["ref"], events[-1]["state"]) != (ref, state):
            events.append(self.next())
        return events

    def _fields(self) -> dict[str, str]:
        """The lines up to the next empty one."""
        fields: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields

    def _line(self) -> str:
        raw = self._answer.readline()
        if not raw:
            raise EOFError("the stream has ended")
        self._box.heard += raw
        return raw.decode().rstrip("\n")
