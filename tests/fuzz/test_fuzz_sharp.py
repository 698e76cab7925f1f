"""The targets find what they are there for: with one rule of the program broken, the short form already breaks a promise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fuzz_log import listening
from fuzz_mutator import mutations
from fuzz_targets import TARGETS, Run

from daemon.codes import AuthCode, Code, Kind
from daemon.fleet.connection import Connection
from daemon.fleet.packets import Packets, PubAck
from daemon.money import Amount, Minor
from daemon.reply import Refusal, Reply, Verdict
from daemon.tills.keypad_line import Line
from daemon.tills.mdb_table import TABLE, News, Phase, Row
from daemon.tills.pole_amount import Shown
from hw.decode_hidpos import HidPosDecoder
from hw.hid_report import Part

forget = HidPosDecoder._forget


def always_paid(_attempt: Any, _claim: Any, *, code: str = "", trade_no: str | None = None) -> Reply:
    return Reply(Verdict.PAID, code, "", trade_no)


def anything_is_a_code(text: str) -> Code:
    return Code(Kind.PAYER, "wechat", AuthCode(text))


def nothing_is_masked(text: str, *_known: str) -> str:
    return text


def refused(*_args: Any, **_how: Any) -> Reply:
    return Reply(Verdict.REFUSED, "NO", refusal=Refusal.FINAL)


def believing_read(_layout: Any, report: bytes) -> Part | None:
    return Part(report[5 : 5 + report[1]], bool(report[63] & 1)) if len(report) >= 64 else None


def all_is_new(decoder: HidPosDecoder, *, more: bool = False) -> None:
    """A silence ends what was thrown away, whatever it said would follow."""
    del more
    forget(decoder)


def any_checksum_will_do(line: bytes) -> tuple[bytes, bool]:
    said, star, _ = line.rpartition(b"*")
    return (said, True) if star else (line, True)


def any_amount(line: Line) -> Amount:
    return Amount(Minor(line.total), line.currency)


def the_next_is_taken(connection: Connection, _packet: PubAck) -> None:
    """Whichever message the broker meant."""
    for taken, timer, _topic in [*connection._under_way.values()][:1]:
        timer.cancel()
        if not taken.done():
            taken.set_result(None)


def at_its_word(_packets: Packets, head: int, body: bytes) -> PubAck:
    return PubAck(int.from_bytes(body[:2], "big"), head & 0x0F)


def forgetful_table() -> dict[Phase, dict[News, Row]]:
    """A reader that is enabled again is taken for the end of what it dispensed."""
    return {**TABLE, Phase.DISPENSING: {**TABLE[Phase.DISPENSING], News.OPEN: Row(Phase.OPEN)}}  # type: ignore[dict-item]  # as good as one


FAULTS: dict[str, tuple[str, str, Any]] = {
    "WeChat's signature is not looked at": ("wechat", "daemon.gateways.wechat_answers.is_signed", lambda *_: True),
    "WeChat's unsigned no refuses": ("wechat", "daemon.gateways.wechat_answers._by_code", refused),
    "the backend's signature is not looked at": ("merchant", "daemon.gateways.merchant.verify_response", lambda *_: None),
    "the digest is not looked at": ("signatures", "daemon.gateways.signing._verify_digest", lambda *_: None),
    "any paid is believed of WeChat": ("wechat", "daemon.gateways.wechat_answers.judge_paid", always_paid),
    "any paid is believed of the backend": ("merchant", "daemon.gateways.merchant_reading.judge_paid", always_paid),
    "any paid is believed of Smart2Pay": ("smart2pay", "daemon.gateways.smart2pay_answers.judge_paid", always_paid),
    "any paid is believed of CBTIS": ("cbtis", "daemon.gateways.cbtis_answers.judge_paid", always_paid),
    "any paid is believed of Connect": ("connect", "daemon.gateways.connect_answers.judge_paid", always_paid),
    "a silence ends nothing": ("scanner-lines", "hw.decode._Draft._is_silent", lambda *_: False),
    "torn keys count": ("scanner-keys", "hw.keyboard.Keyboard._synchronised", lambda *_: None),
    "a late rest counts": ("scanner-reports", "hw.decode_hidpos.HidPosDecoder._hear", lambda *_: False),
    "a silence makes all new": ("scanner-reports", "hw.decode_hidpos.HidPosDecoder._forget", all_is_new),
    "a report's count is believed": ("scanner-reports", "hw.hid_report.ScanReport.read", believing_read),
    "bits are places of bytes": ("scanner-descriptor", "hw.hid_report._LONGEST", 10**9),
    "anything is a payer's code": ("codes", "target_scanner.classify", anything_is_a_code),
    "any notification is genuine": ("push-cbtis", "daemon.gateways.cbtis_push.hmac.compare_digest", lambda *_: True),
    "names of fields are quoted": ("till-body", "daemon.tills.http.masked", nothing_is_masked),
    "any checksum will do": ("serial-till", "daemon.tills.serial_wire.unframe", any_checksum_will_do),
    "a vend that was approved is forgotten": ("mdb", "daemon.tills.mdb_session.TABLE", forgetful_table()),
    "any acknowledgement will do": ("broker", "daemon.fleet.connection.Connection._acknowledged", the_next_is_taken),
    "a broker's packets have no bound": ("broker", "daemon.fleet.packets.LARGEST", 10**9),
    "a packet may break off": ("broker", "daemon.fleet.packets.Packets._read", at_its_word),
    "an amount for the bus has no bound": ("mdb", "target_mdb.MOST_MINOR", 100),
    "names are quoted on the line": ("serial-till", "daemon.tills.serial_wire.masked", nothing_is_masked),
    "any amount can be typed": ("keypad", "daemon.tills.keypad_line.Line.amount", any_amount),
    "a display is as wide as it likes": ("pole", "daemon.tills.pole_cells.COLUMNS", 30),
    "amounts are made up": ("pole", "daemon.tills.pole_total.numbers", lambda *_, **__: [Shown("7", 7123, has_point=True)]),
    "decimals have no end": ("keypad", "daemon.tills.keypad_line.exponent", lambda _: 9),
    "exponents have no end": ("cbtis", "daemon.gateways.cbtis_wire.InvalidOperation", KeyError),
    "clocks show anything": ("merchant", "daemon.gateways.merchant_wire._LATEST", 10**500),
    "members are named": ("structured-fields", "daemon.gateways.structured_fields.masked", nothing_is_masked),
}


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    with listening():
        yield


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_rule_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, place, broken = FAULTS[fault]
    target = TARGETS[name]
    run = target.load()
    assert not is_found(run, target.seeds()), "whole, it keeps its promises"
    monkeypatch.setattr(place, broken)
    assert is_found(run, [*target.seeds(), *mutations(target.seeds(), 5000, target.longest, seed=1)])


def is_found(run: Run, inputs: list[bytes]) -> bool:
    """Whether one of the inputs breaks a promise, or anything else."""
    try:
        for data in inputs:
            run(data)
    except Exception:  # noqa: BLE001  # a fuzzer takes every error that leaves a target for a finding
        return True
    return False
