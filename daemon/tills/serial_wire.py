"""`kind = "serial"`, what is said on the line: a till's line becomes a message, a payment becomes the till's message.

    [tills.NAME]
    kind = "serial"
    port = "/dev/ttyUSB0"
    baudrate = 115200
    crc = "required"   # or "optional" (docs/serial-till.md)

Pure: no I/O, no clock. Names and rules are docs/serial-till.md's; what a request may ask for is the same as over HTTP
(`daemon.tills.http`), under the shorter names of this line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.masking import masked
from daemon.money import Amount, Minor, parse_amount
from daemon.payment import Ref
from daemon.tills.base import Busy, Conflict, Ended, NotReady, Rejected, Request
from daemon.tills.http import Invalid, Terms, is_ref, parse_request
from daemon.tills.serial_frames import MAX_LINE, BadCrc, Overlong, unframe
from daemon.tills.strict_json import NotJson, parse_object

VERSION = 1

PLAIN = "plain-"
"""Begins the refs that the box makes up for the plain form; no till may choose such a one."""

_NAMES = {"amt": "amount", "cur": "currency", "ttl": "ttl_s", "mode": "mode", "scheme": "scheme", "description": "description"}
_SHORT = {long: short for short, long in _NAMES.items()}
_ALWAYS = ("v", "t")
_OURS = frozenset({"ack", "state", "end", "error", "box"})  # messages of the box: such a line is its own echo
_OUR_WORDS = frozenset({"OK", "BUSY", "PAID", "NOT"})
_PLAIN_LINE = re.compile(rb"([A-Z]{2,8})(?:[ \t]+([ -~]*))?")
_MOST_NAMED = 3  # unknown fields that are told; one is enough to see what is wrong
_NAME_SHOWN = 24  # characters of such a name
_REASONS = 4  # why no sale is possible: that many, each that long, so that a message always fits on the line
_REASON_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Pay:
    request: Request


@dataclass(frozen=True, slots=True)
class Got:
    """The till has the end of that number."""

    seq: int


@dataclass(frozen=True, slots=True)
class Status:
    ref: Ref


@dataclass(frozen=True, slots=True)
class Cancel:
    ref: Ref


@dataclass(frozen=True, slots=True)
class Last:
    """How does the payment stand that was asked for last?"""

    plain: bool = False


@dataclass(frozen=True, slots=True)
class Hello:
    """Who is there, and could it sell?"""


@dataclass(frozen=True, slots=True)
class PlainPay:
    """`PAY 12.50`"""

    amount: Amount


@dataclass(frozen=True, slots=True)
class PlainCancel:
    """`CANCEL`"""


@dataclass(frozen=True, slots=True)
class Echo:
    """The box's own words came back: the line echoes. An answer to them would echo too, and so on for ever."""


Message = Pay | Got | Status | Cancel | Last | Hello | PlainPay | PlainCancel | Echo


class Refused(Exception):
    """What the till sent has no effect. `code` is for the program, the text for people; it quotes nothing but field names.

    code            when
    too_long        the line has more than `MAX_LINE` bytes
    bad_crc         the checksum is wrong, or only half there
    no_crc          it bears none, and `crc = "required"`
    not_json        it is neither a JSON object nor the plain form
    invalid         `fields` says of each wrong field what is wrong
    conflict        this ref was asked before with something else
    busy            another payment is open: `busy_ref`
    not_ready       no sale could be carried out now: `reasons`
    not_storable    the journal cannot be written or read
    unknown_ref     this till asked for no payment of that ref
    ended           a cancel came for a payment that has ended
    internal        a mistake of this program
    overrun         more lines came than could be answered
    """

    def __init__(self, code: str, text: str, ref: str | None = None, *, is_plain: bool = False, **more: Any) -> None:
        super().__init__(text)
        self.code = code
        self.ref = ref
        self.is_plain = is_plain  # the till spoke the plain form, and is answered in it
        self.more = more

    @property
    def message(self) -> dict[str, Any]:
        about = {} if self.ref is None else {"ref": self.ref}
        return {"t": "error", "code": self.code, "text": str(self), **about, **self.more}

    @property
    def plain(self) -> str:
        """The same for a till that speaks the plain form."""
        return "BUSY" if self.code == "busy" else f"NOT PAID {self.code}: {self}"


def refused(rejected: Rejected, ref: str | None) -> Refused:
    """What the desk did not take, as the till is told it."""
    text = str(rejected)
    if isinstance(rejected, Busy):
        return Refused("busy", f"{text}; ask again when it has ended", ref, busy_ref=rejected.ref)
    if isinstance(rejected, NotReady):
        told = shortened(rejected.reasons)
        return Refused("not_ready", told[0] if told else "no sale is possible now", ref, reasons=told)
    codes = {Conflict: "conflict", Ended: "ended"}
    return Refused(codes.get(type(rejected), "not_storable"), text, ref)


def shortened(reasons: Sequence[str]) -> list[str]:
    """Why no sale is possible, as much of it as a line has room for."""
    return [reason[:_REASON_SHOWN] for reason in reasons[:_REASONS]]


def unknown_ref(ref: str | None) -> Refused:
    return Refused("unknown_ref", "this till has asked for no such payment", ref)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the lines of one till, whose name is `till`."""

    till: str
    terms: Terms
    crc_required: bool = True

    def read(self, line: bytes | Overlong) -> Message:
        """What one line asks. Raises Refused."""
        if isinstance(line, Overlong):
            raise Refused("too_long", f"a line has at most {MAX_LINE} bytes")
        try:
            said, has_crc = unframe(line)
        except BadCrc:
            raise Refused("bad_crc", "the four digits after * are not the CRC-16 of the line; nothing was done, send it again") from None
        if self.crc_required and not has_crc:
            raise Refused("no_crc", 'the line does not end with * and the four hexadecimal digits of its CRC-16 (crc = "required")')
        plain = _PLAIN_LINE.fullmatch(said)
        return self._plain(plain[1].decode(), plain[2] or b"") if plain else self._json(said)

    def _json(self, said: bytes) -> Message:
        try:
            body = parse_object(said)
        except NotJson as error:
            raise Refused("not_json", f"the line is no JSON object (UTF-8, RFC 8259): {error}") from error
        kind = body.get("t")
        if isinstance(kind, str) and kind in _OURS:
            return Echo()
        take = _KINDS.get(kind) if isinstance(kind, str) else None
        if take is None:
            raise _invalid({"t": f"expected one of {', '.join(_KINDS)}"}, _ref_in(body))
        return take(self, body)

    def _plain(self, word: str, rest: bytes) -> Message:
        if word in _OUR_WORDS:
            return Echo()
        if word == "PAY":
            return PlainPay(self._amount(rest))
        if word in _PLAIN_WORDS and not rest:
            return _PLAIN_WORDS[word]()
        raise Refused("not_json", "the line is neither a JSON object nor PAY with an amount, CANCEL or LAST")

    def _amount(self, text: bytes) -> Amount:
        rule = f"an amount like 12.50, in {self.terms.currency}"
        try:
            amount = parse_amount(text.decode("ascii").strip(), self.terms.currency)
        except ValueError:
            raise Refused("invalid", f"expected {rule}", is_plain=True) from None
        if not 1 <= amount.minor <= self.terms.max_amount:
            most = Amount(Minor(self.terms.max_amount), self.terms.currency).decimal
            raise Refused("invalid", f"expected {rule}, above zero and at most {most}", is_plain=True)
        return amount

    # -- each kind of message --

    def pay(self, body: Mapping[str, Any]) -> Message:
        wrong = _always_wrong(body, ("ref", *_NAMES))
        ref = body.get("ref")
        if isinstance(ref, str) and ref.startswith(PLAIN):
            wrong["ref"] = f"{PLAIN}… belongs to the box; expected another"
        asked = {_NAMES[name]: value for name, value in body.items() if name in _NAMES}
        try:
            request = parse_request(ref if isinstance(ref, str) else "", asked, self.till, self.terms)
        except Invalid as error:
            wrong = {_SHORT.get(name, name): why for name, why in error.fields.items()} | wrong
        if wrong:
            raise _invalid(wrong, _ref_in(body))
        return Pay(request)

    def got(self, body: Mapping[str, Any]) -> Message:
        wrong = _always_wrong(body, ("seq", "ref"))
        seq = body.get("seq")
        if type(seq) is not int or not 0 <= seq < 2**63:  # what SQLite can number
            wrong["seq"] = "expected the whole number that the end bore"
        if wrong:
            raise _invalid(wrong, _ref_in(body))
        return Got(int(body["seq"]))

    def about(self, body: Mapping[str, Any]) -> Message:
        wrong = _always_wrong(body, ("ref",))
        ref = body.get("ref")
        if not isinstance(ref, str) or not is_ref(ref):
            wrong["ref"] = "expected 1 to 64 of A-Z a-z 0-9 . _ -"
        if wrong:
            raise _invalid(wrong, _ref_in(body))
        return Status(Ref(str(ref))) if body["t"] == "status" else Cancel(Ref(str(ref)))

    def bare(self, body: Mapping[str, Any]) -> Message:
        if wrong := _always_wrong(body, ()):
            raise _invalid(wrong, _ref_in(body))
        return Last() if body["t"] == "last" else Hello()


_KINDS: dict[str, Callable[[Reader, Mapping[str, Any]], Message]] = {
    "pay": Reader.pay,
    "got": Reader.got,
    "status": Reader.about,
    "cancel": Reader.about,
    "last": Reader.bare,
    "hello": Reader.bare,
}
_PLAIN_WORDS: dict[str, Callable[[], Message]] = {"CANCEL": PlainCancel, "LAST": lambda: Last(plain=True)}


def _always_wrong(body: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, str]:
    """What is wrong with `v`, and with fields that nobody knows: a mistyped `ttl` must not pass for none."""
    expected = ", ".join((*_ALWAYS, *known))
    strangers = [name for name in body if name not in known and name not in _ALWAYS][:_MOST_NAMED]
    wrong = {_shown(name): f"unknown; expected only {expected}" for name in strangers}
    if "v" in body and not (type(body["v"]) is int and body["v"] == VERSION):
        wrong["v"] = f"this box speaks version {VERSION}; the field may be left out"
    return wrong


def _shown(name: str) -> str:
    """A name of the till's own making: short, without codes, in ASCII."""
    return masked(name[:_NAME_SHOWN]).encode("ascii", "replace").decode()


def _invalid(fields: dict[str, str], ref: str | None) -> Refused:
    return Refused("invalid", f"wrong: {', '.join(fields)}", ref, fields=fields)


def _ref_in(body: Mapping[str, Any]) -> str | None:
    """The ref that a wrong message is about, where it has one that can be repeated."""
    ref = body.get("ref")
    return ref if isinstance(ref, str) and is_ref(ref) else None
