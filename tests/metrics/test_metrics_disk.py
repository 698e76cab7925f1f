"""daemon.metrics.disk: sizes, and when certificates end; what cannot be read is left out."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
import trustme

from daemon.gateways.settings import MerchantSettings, SimulatedSettings, WechatSettings
from daemon.journal_file import JournalFile, Note
from daemon.metrics import disk as module
from daemon.metrics import families as f
from daemon.metrics.disk import Disk, certificates
from daemon.metrics.families import Family
from daemon.metrics.tally import Labels, Times
from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Ref, State

NOON, AT = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC), "2026-11-21T12:00:00.000Z"
END = dt.datetime(2037, 3, 1, tzinfo=dt.UTC)


def read(disk: Disk, family: Family) -> dict[Labels, float | Times]:
    (reading,) = (reading for reading in disk.readings() if reading.family is family)
    return dict(reading.values)


def a_pair(folder: Path) -> tuple[Path, Path]:
    leaf = trustme.CA().issue_cert("box.example", not_after=END, key_type=trustme.KeyType.ECDSA)
    cert, key = folder / "cert.pem", folder / "key.pem"
    leaf.cert_chain_pems[0].write_to_path(cert)
    leaf.private_key_pem.write_to_path(key)
    return cert, key


def test_the_journals_size_has_its_log_in_it(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"x" * 100)
    (tmp_path / "journal.sqlite-wal").write_bytes(b"x" * 20)
    (tmp_path / "journal.sqlite.corrupt-20261127").write_bytes(b"x" * 7)
    assert read(Disk(tmp_path / "journal.sqlite", {}), f.JOURNAL_BYTES) == {(): 120.0}


def test_what_is_free_where_the_journal_lies(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "journal.sqlite", {})
    there = os.statvfs(tmp_path)
    assert read(disk, f.DISK) == {(): float(there.f_blocks * there.f_frsize)}
    free = read(disk, f.DISK_FREE)[()]
    assert isinstance(free, float)
    assert 0 < free < there.f_blocks * there.f_frsize


def test_where_there_is_no_journal_there_is_no_number(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "away" / "journal.sqlite", {})
    assert all(reading.values == () for reading in disk.readings())


def test_the_end_of_a_certificate(tmp_path: Path) -> None:
    assert read(Disk(tmp_path / "j", {"wechat": a_pair(tmp_path)}), f.CERTIFICATE) == {("wechat",): END.timestamp()}


def test_it_is_read_again_only_when_its_files_have_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []

    def expires_at(cert: Path, _key: Path) -> float:
        looked.append(cert)
        return 7.0

    monkeypatch.setattr(module, "expires_at", expires_at)
    pair = a_pair(tmp_path)
    disk = Disk(tmp_path / "j", {"wechat": pair})
    assert [read(disk, f.CERTIFICATE) for _ in range(3)] == [{("wechat",): 7.0}] * 3
    assert len(looked) == 1
    pair[0].write_text("another", encoding="utf-8")
    disk.readings()
    assert len(looked) == 2


def test_one_that_cannot_be_used_has_no_end_until_it_can(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "j", {"wechat": (tmp_path / "cert.pem", tmp_path / "key.pem")})
    assert read(disk, f.CERTIFICATE) == {}
    a_pair(tmp_path)
    assert len(read(disk, f.CERTIFICATE)) == 1


def test_which_gateways_show_a_certificate(tmp_path: Path) -> None:
    pair = {"client_cert_file": tmp_path / "c", "client_key_file": tmp_path / "k"}
    wechat = object.__new__(WechatSettings)
    mtls, signing = object.__new__(MerchantSettings), object.__new__(MerchantSettings)
    for settings, given in ((wechat, pair), (mtls, pair), (signing, dict.fromkeys(pair))):
        for name, value in given.items():
            object.__setattr__(settings, name, value)
    found = certificates({"a": wechat, "b": mtls, "c": signing, "d": object.__new__(SimulatedSettings)})
    assert found == {"a": (tmp_path / "c", tmp_path / "k"), "b": (tmp_path / "c", tmp_path / "k")}


# -- what waits for the fleet's broker


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A journal with one event, of noon."""
    path = tmp_path / "journal.sqlite"
    journal = JournalFile.open(path)
    payment = Payment(Ref("A-1"), "counter", Amount(Minor(500), "CNY"), Mode.SCAN, State.AWAITING_CODE, AT, AT)
    journal.store(payment, "boot-1", Note(AT, None, "asked", {}))
    journal.close()
    return path


def waiting(disk: Disk) -> tuple[dict[Labels, float | Times], dict[Labels, float | Times]]:
    return read(disk, f.FLEET_WAITING), read(disk, f.FLEET_OLDEST)


def test_what_waits_for_the_fleets_broker_and_since_when(asked: Path) -> None:
    now = NOON + dt.timedelta(seconds=90)
    assert waiting(Disk(asked, {}, has_fleet=True, wall=lambda: now)) == ({(): 1.0}, {(): 90.0})
    assert waiting(Disk(asked, {}, wall=lambda: now)) == ({}, {}), "a box of no fleet"


def test_a_clock_that_was_set_back_makes_no_age_below_zero(asked: Path) -> None:
    early = NOON - dt.timedelta(days=900)
    assert waiting(Disk(asked, {}, has_fleet=True, wall=lambda: early)) == ({(): 1.0}, {(): 0.0})


def test_nothing_waits_of_an_empty_journal_and_one_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "journal.sqlite", {}, has_fleet=True)
    assert waiting(disk) == ({}, {})
    JournalFile.open(tmp_path / "journal.sqlite").close()
    assert waiting(disk) == ({(): 0.0}, {(): 0.0})
