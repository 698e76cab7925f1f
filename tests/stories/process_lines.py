"""What a process says, line by line, while it runs."""

from __future__ import annotations

import re
import threading
from typing import Any

PATIENCE_S = 40.0  # for anything to happen; far longer than it takes


class Lines:
    """What a process writes to one pipe, kept, and waited for."""

    def __init__(self, pipe: Any) -> None:
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        with self._news:
            return "".join(self._lines)

    def until(self, pattern: str | re.Pattern[str], seconds: float = PATIENCE_S) -> re.Match[str]:
        """The first place that fits. AssertionError where none comes, or the process ends without."""
        with self._news:
            self._news.wait_for(lambda: self._ended or re.search(pattern, "".join(self._lines)), seconds)
        found = re.search(pattern, self.text)
        assert found, f"{pattern!r} was not written:\n{self.text}"
        return found

    def finish(self) -> None:
        self._thread.join(5)

    def _read(self, pipe: Any) -> None:
        with pipe:
            for line in pipe:
                with self._news:
                    self._lines.append(line.decode("utf-8", "replace"))
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()
