"""What a fuzzed input means to a target: some words that choose the scene, and what the other side says in it.

    call=query state=pending sign=yes
    200 application/json | Date: Sun, 01 Mar 2026 12:00:00 GMT
    {"state": "paid"}
    %%
    404 text/plain

The form is a text that a person can read and write, because inputs are kept as regressions; and it takes any bytes whatever, because
a fuzzer gives any: an unknown word chooses something all the same, and what is missing is what is usual.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from multidict import CIMultiDict, CIMultiDictProxy

from daemon.gateways.client import MAX_BODY, Answer

T = TypeVar("T")

PARTS_MOST = 8  # answers of one scene; no call of a gateway asks for more
_BETWEEN = b"\n%%\n"


@dataclass(frozen=True)
class Scene:
    """The words of the first line, and everything after it."""

    words: dict[str, str]
    rest: bytes

    def one_of(self, name: str, options: Sequence[T]) -> T:
        """The option whose `str` the word is; the first where there is no such word, any (always the same) where it is another."""
        word = self.words.get(name)
        if word is None:
            return options[0]
        named = {str(option): option for option in options}
        return named.get(word, options[zlib.crc32(word.encode("utf-8", "surrogateescape")) % len(options)])

    def says(self, name: str) -> bool:
        return self.words.get(name) == "yes"

    @property
    def parts(self) -> list[bytes]:
        """The rest, cut where a line is `%%`."""
        return self.rest.split(_BETWEEN)[:PARTS_MOST]

    @property
    def answers(self) -> list[Answer]:
        return [answer(part) for part in self.parts]


def read_scene(data: bytes) -> Scene:
    """Takes any bytes."""
    line, _, rest = data.partition(b"\n")
    pairs = (word.partition("=") for word in _text(line).split())
    return Scene({name: value for name, _, value in pairs}, rest)


def head_of(part: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    """The first word (a status, a method), the headers and the body of one part."""
    line, _, body = part.partition(b"\n")
    first, *fields = _text(line).split(" | ")
    word, _, kind = first.partition(" ")
    pairs = [(name.strip(), value.strip()) for name, colon, value in (field.partition(":") for field in fields) if colon]
    return word, ([("Content-Type", kind.strip())] if kind.strip() else []) + pairs, body


def answer(part: bytes) -> Answer:
    """An HTTP answer as the client hands it on: bounded, its headers decoded as aiohttp does."""
    word, headers, body = head_of(part)
    status = int(word) if word.isascii() and word.isdigit() and len(word) == 3 else 200
    return Answer(status, CIMultiDictProxy(CIMultiDict(headers)), body[:MAX_BODY])


def _text(line: bytes) -> str:
    """As headers come out of aiohttp: UTF-8, the bytes that are none as lone surrogates; a NUL or CR never gets that far."""
    return line.decode("utf-8", "surrogateescape").replace("\0", "").replace("\r", "")
