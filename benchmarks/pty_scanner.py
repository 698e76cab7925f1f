"""A serial scanner's line: a pseudo-terminal, whose one end a contestant opens as its port."""

from __future__ import annotations

import os
import time
import tty

_ACROSS_S = 0.005  # between code and terminator: below every gap after which a reader takes a code for broken off


class PtyScanner:
    """`path` is the port to open. Codes end with CR LF, which every reader takes."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()  # the other end stays open here too, or the line would hang up between readers
        tty.setraw(self._theirs)
        self.path = os.ttyname(self._theirs)

    def send(self, code: str) -> float:
        """Scan the code. The moment before its last bytes, which is when the wait of the payer begins."""
        os.write(self._ours, code.encode())
        time.sleep(_ACROSS_S)
        moment = time.monotonic()
        os.write(self._ours, b"\r\n")
        return moment

    def close(self) -> None:
        os.close(self._theirs)
        os.close(self._ours)
