"""What an MDB adapter says: one line, one message (facts, tills 3.2). Bytes in, meanings out; resumable, and deaf to everything else.

Source: Qibixx, "API Cashless Slave" (docs.qibixx.com). Upper case is said by the box, lower case by the adapter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE = 128  # bytes; the longest that an adapter says has some forty


@dataclass(frozen=True, slots=True)
class Status:
    """``c,STATUS,ENABLED``: how the machine's controller has the reader. `credit` stands beside IDLE."""

    word: str
    credit: str = ""


@dataclass(frozen=True, slots=True)
class VendRequest:
    """``c,STATUS,VEND,1.50,12``: the machine asks for that, as it wrote it."""

    amount: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class VendSuccess:
    """``c,VEND,SUCCESS``: the goods are out."""


@dataclass(frozen=True, slots=True)
class VendFailure:
    """``c,ERR,VEND 3``: the machine could not give them."""


@dataclass(frozen=True, slots=True)
class Settled:
    """``c,SET,OK``: a setting was taken."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """``c,ERR,…``: something that was said did not fit."""

    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """``v,4.0.3.1,…``: asked for, or the adapter has just begun."""

    text: str


@dataclass(frozen=True, slots=True)
class Noise:
    """Anything else."""


Heard = Status | VendRequest | VendSuccess | VendFailure | Settled | Complaint | Version | Noise

STATUS_WORDS = frozenset({"OFFLINE", "ONLINE", "INACTIVE", "DISABLED", "ENABLED", "IDLE"})
_FAILED = "VEND 3"
_BEGINNING = re.compile(rb"c,(?:STATUS|VEND|ERR|SET),|v,[0-9]")  # of a message


class Lines:
    """Splits what arrives into lines. One that is too long is dropped whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._too_long = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are whole now, without their ends."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        whole = []
        for line in lines:
            if not self._too_long and len(line) <= MAX_LINE:
                whole.append(line.rstrip(b"\r"))
            self._too_long = False
        if len(self._rest) > MAX_LINE:
            self._rest, self._too_long = b"", True
        return whole


def understood(line: bytes) -> Heard:
    """What a line means. Never raises: bytes of a line that is no text are noise.

    Where the end of a line was lost, the next one stands behind it: the last beginning of a message in it counts, so that one lost
    piece never takes two messages with it, such as that a request is over, and the next request."""
    begins = [found.start() for found in _BEGINNING.finditer(line)]
    try:
        words = line[begins[-1] if begins else 0 :].decode("ascii").strip().split(",")
    except UnicodeDecodeError:
        return Noise()
    match words:
        case ["c", "STATUS", "VEND", amount, *rest]:
            return VendRequest(amount.strip(), rest[0].strip() if rest else "")
        case ["c", "STATUS", word, *rest] if word in STATUS_WORDS:
            return Status(word, rest[0].strip() if rest else "")
        case ["c", "VEND", "SUCCESS"]:
            return VendSuccess()
        case ["c", "ERR", *text]:
            said = ",".join(text).strip().strip('"')
            return VendFailure() if said == _FAILED else Complaint(said)
        case ["c", "SET", "OK"]:
            return Settled()
        case ["v", *text]:
            return Version(",".join(text))
    return Noise()
