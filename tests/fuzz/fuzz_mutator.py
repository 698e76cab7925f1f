"""Changed inputs without a fuzzer's library: from a seed always the same ones, on every machine and every Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

_TELLING = (
    b"",
    b"\0",
    b"\xff",
    b"\n",
    b"\r\n",
    b"\n%%\n",
    b'"',
    b"{",
    b"}",
    b"[" * 40,
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"9" * 30,
    b"\\u0000",
)
_MOST_CHANGES = 6


def mutations(seeds: Sequence[bytes], count: int, longest: int, seed: int) -> Iterator[bytes]:
    """So many inputs, each one of the seeds with a few changes. Without seeds from nothing."""
    random = Random(seed)
    for _ in range(count):
        data = random.choice(seeds) if seeds else b""
        for _ in range(random.randint(1, _MOST_CHANGES)):
            data = _changed(data, random.choice(seeds) if seeds else b"", random)
        yield data[:longest]


def _changed(data: bytes, other: bytes, random: Random) -> bytes:
    at = random.randint(0, len(data))
    end = min(len(data), at + random.choice((1, 1, 2, 4, 16, 64)))
    match random.randrange(7):
        case 0:  # a byte is another
            return data[:at] + random.randbytes(1) + data[at + 1 :]
        case 1:  # a bit is flipped
            return data[:at] + bytes(byte ^ 1 << random.randrange(8) for byte in data[at : at + 1]) + data[at + 1 :]
        case 2:
            return data[:at] + data[end:]
        case 3:
            return data[:end] + data[at:end] * random.choice((1, 1, 1, 50)) + data[end:]
        case 4:
            return data[:at] + random.choice(_TELLING) + data[at:]
        case 5:  # the end is another input's
            return data[:at] + other[random.randint(0, len(other)) :]
        case _:  # a piece of another input comes in
            start = random.randint(0, len(other))
            return data[:at] + other[start : start + random.choice((4, 16, 64))] + data[at:]
