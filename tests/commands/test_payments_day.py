"""`tillbox payments export --day` (daemon.commands.payments): the same file as over HTTP."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import pytest
from journal_maker import REFUSED, make_journal, payment

from daemon import day_csv
from daemon.cli import main
from daemon.payment import State


@pytest.fixture(autouse=True)
def in_shanghai(monkeypatch: pytest.MonkeyPatch):
    """Eight hours before UTC, as POSIX writes it."""
    monkeypatch.setenv("TZ", "CST-8")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """What was made at 10:00 UTC is of the same day in Shanghai, and what at 16:00 of the next."""
    return make_journal(
        tmp_path / "journal.sqlite",
        payment("first", State.PAID, 1),
        payment("midnight", State.PAID, 1, created_at="2026-11-01T16:00:00.000Z"),
        payment("second", State.REFUSED, 2, reason=REFUSED),
        payment("third", State.IN_DOUBT, 3),
    )


def export(journal: Path, capsysbinary: pytest.CaptureFixture[bytes], day: str) -> list[dict[str, str]]:
    assert main(["payments", "export", "--day", day, "--journal", str(journal)]) == 0
    return list(csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode(), newline="")))


def test_a_day_is_the_boxs_own_oldest_first(journal: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    rows = export(journal, capsysbinary, "2026-11-02")
    assert tuple(rows[0]) == day_csv.COLUMNS
    assert [(row["ref"], row["made"]) for row in rows] == [
        ("midnight", "2026-11-02T00:00:00.000+08:00"),
        ("second", "2026-11-02T18:00:00.000+08:00"),
    ]
    assert [row["ref"] for row in export(journal, capsysbinary, "2026-11-01")] == ["first"]
    assert [(row["state"], row["in_doubt"], row["ended"]) for row in export(journal, capsysbinary, "2026-11-03")] == [
        ("in_doubt", "yes", "")
    ]


def test_a_day_without_payments_is_its_header(journal: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["payments", "export", "--day", "2026-11-09", "--journal", str(journal)]) == 0
    assert capsysbinary.readouterr().out == ",".join(day_csv.COLUMNS).encode() + b"\r\n"


def test_a_day_of_many_pages_is_whole(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    many = make_journal(tmp_path / "many.sqlite", *(payment(f"p{n}", State.PAID) for n in range(2 * day_csv.PAGE + 1)))
    assert len(export(many, capsysbinary, "2026-11-01")) == 2 * day_csv.PAGE + 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--day", "yesterday"], "--day: expected a day like 2026-11-21"),
        (["--day", "2026-02-30"], "--day: expected a day like 2026-11-21"),
        (["--day", "2026-11-01", "--since", "2026-11-01"], "expected without --since and --until"),
        (["--day", "2026-11-01", "--until", "2026-11-01"], "expected without --since and --until"),
    ],
)
def test_a_wrong_day_is_exit_2(journal: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(["payments", "export", *words, "--journal", str(journal)]) == 2
    assert said in capsys.readouterr().err
