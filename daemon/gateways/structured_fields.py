"""Structured HTTP fields (RFC 9651), as far as signatures and digests need them, and not a step further.

Three shapes occur: a dictionary of inner lists of strings (`Signature-Input`), a dictionary of byte sequences (`Signature`,
`Content-Digest`), and strings and integers as parameters. Everything else is refused: a signature that is read in two ways
by two programs is no signature. Only the canonical spelling is taken (one space between items, none after a semicolon), so
that the text of a member is also its serialisation.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from daemon.masking import masked

_NAMED = 32  # characters of a key that an error names; those of honest messages have a dozen
_KEY = r"[a-z*][a-z0-9_.*-]*"
_STRING = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
_INTEGER = r"-?[0-9]{1,15}"
_PARAMETER = rf";{_KEY}(?:={_STRING}|={_INTEGER})?"
_ITEM = rf"{_STRING}(?:{_PARAMETER})*"
_INNER_LIST = re.compile(rf"\((?P<items>(?:{_ITEM}(?: {_ITEM})*)?)\)(?P<parameters>(?:{_PARAMETER})*)")
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_MEMBER_KEY = re.compile(rf"({_KEY})=")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_ONE_ITEM = re.compile(_ITEM)
_ONE_PARAMETER = re.compile(rf";({_KEY})(?:=({_STRING}|{_INTEGER}))?")
_PLAIN = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True)
class InnerList:
    """An inner list of strings: each item as it is spelled, its parameters included (``"@method";req``), and the
    list's own parameters. `text` is the whole member, for the last line of a signature base."""

    items: tuple[str, ...]
    parameters: dict[str, str | int | bool]
    text: str


def parse_inner_lists(text: str) -> dict[str, InnerList]:
    """A dictionary of inner lists of strings. Raises ValueError on anything else; the error does not repeat the text."""
    return {key: _inner_list(match) for key, match in _members(text, _INNER_LIST)}


def parse_byte_sequences(text: str) -> dict[str, bytes]:
    """A dictionary of byte sequences. Raises ValueError on anything else; the error does not repeat the text."""
    return {key: _decoded(match[1]) for key, match in _members(text, _BYTES)}


def string(text: str) -> str:
    """The text as a structured string, quoted. Raises ValueError where it is not printable ASCII."""
    if not _PLAIN.fullmatch(text):
        raise ValueError("a structured string is printable ASCII")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def byte_sequence(data: bytes) -> str:
    """The bytes as a structured byte sequence: base64 between colons."""
    return f":{base64.b64encode(data).decode('ascii')}:"


def named(key: str) -> str:
    """A key as errors name it. Whoever sends the field chooses it: it may be long, and hold what no text may (P10)."""
    return masked(key)[:_NAMED]


def _members(text: str, value: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """The members of a dictionary whose values all have that shape, in order."""
    text, at, seen = text.strip(" \t"), 0, set()
    while True:
        key, found = _member(text, at, value)
        if key in seen:
            raise ValueError(f"{named(key)} occurs twice")
        seen.add(key)
        yield key, found
        if found.end() == len(text):
            return
        comma = _COMMA.match(text, found.end())
        if comma is None:
            raise ValueError(f"unexpected text after the member {named(key)}")
        at = comma.end()


def _member(text: str, at: int, value: re.Pattern[str]) -> tuple[str, re.Match[str]]:
    key = _MEMBER_KEY.match(text, at)
    if key is None:
        raise ValueError(f"expected a key and = at character {at}")
    found = value.match(text, key.end())
    if found is None:
        raise ValueError(f"the member {named(key[1])} has not the expected form")
    return key[1], found


def _inner_list(match: re.Match[str]) -> InnerList:
    items = tuple(item[0] for item in _ONE_ITEM.finditer(match["items"]))
    return InnerList(items, _parameters(match["parameters"]), match[0])


def _parameters(text: str) -> dict[str, str | int | bool]:
    found: dict[str, str | int | bool] = {}
    for match in _ONE_PARAMETER.finditer(text):
        if match[1] in found:
            raise ValueError(f"the parameter {named(match[1])} occurs twice")
        found[match[1]] = _value(match[2])
    return found


def _value(text: str | None) -> str | int | bool:
    if text is None:
        return True  # a parameter without a value is a flag (RFC 9651, 3.1.2)
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return int(text)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("a byte sequence is not base64") from error
