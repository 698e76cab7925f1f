"""`tillbox payments` (daemon.commands.payments): what the journal knows, for people and for reconciliation."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from journal_maker import REFUSED, make_journal, payment

from daemon.cli import main
from daemon.commands.payments import CSV_COLUMNS
from daemon.goods import Ware
from daemon.journal_file import JournalFile, Note
from daemon.payment import Reason, Ref, State


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return make_journal(
        tmp_path / "journal.sqlite",
        payment("first", State.PAID, 1, paid_at="2026-11-01T10:00:02.000Z"),
        payment("second", State.REFUSED, 2, reason=REFUSED),
        payment("third", State.IN_DOUBT, 3),
    )


def run(journal: Path, *words: str) -> int:
    return main(["payments", *words, "--journal", str(journal)])


def test_the_newest_payments_come_first(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(journal, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["third", "second", "first"]
    assert lines[2].endswith("¥12.50  paid")


def test_what_somebody_has_seen_to_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settled = Reason("settled", "Ann: paid back in cash")
    journal = make_journal(
        tmp_path / "journal.sqlite", payment("odd", State.IN_DOUBT, 1, reason=settled), payment("new", State.IN_DOUBT, 2)
    )
    assert run(journal, "list") == 0
    assert [line.split("  ")[-1] for line in capsys.readouterr().out.splitlines()] == ["in_doubt", "in_doubt, seen to"]
    assert run(journal, "show", "odd") == 0
    assert "reason: settled: Ann: paid back in cash" in capsys.readouterr().out


def test_a_list_can_be_cut_and_continued(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(journal, "list", "--limit", "1", "--before", "third") == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["second"]


def test_one_payment_is_shown_with_its_time_line(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(journal, "show", "second") == 0
    shown = capsys.readouterr().out
    assert "reason: NOTENOUGH: balance too low" in shown
    assert "order Tsecond at wechat (wechat): refused" in shown
    assert shown.index("asked") < shown.index("replied")


def test_an_order_whose_code_nobody_stored_has_no_scheme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The box died when its charge had left: whose code it was went with it."""
    asked = payment("asked", State.PAID, 1)
    journal = make_journal(tmp_path / "journal.sqlite", asked.but(attempts=(asked.attempts[0].but(scheme=""),)))
    assert run(journal, "show", "asked") == 0
    assert "order Tasked at wechat: paid" in capsys.readouterr().out


def test_an_order_that_waits_for_its_code_is_none_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = payment("asked", State.AWAITING_CODE, 1)
    waits = asked.attempts[0].but(state=State.AWAITING_CODE)
    journal = make_journal(tmp_path / "journal.sqlite", asked.but(attempts=(), reserved=waits))
    assert run(journal, "show", "asked") == 0
    assert "order" not in capsys.readouterr().out
    assert run(journal, "export") == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_an_unknown_ref_is_said_and_fails(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(journal, "show", "nobody") == 1
    assert "no payment has the ref 'nobody'" in capsys.readouterr().err


def test_the_export_has_a_row_an_attempt_for_the_provider_s_bill(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(journal, "export") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert [(r["ref"], r["payment_state"], r["amount_minor"], r["trade_no"]) for r in rows] == [
        ("third", "in_doubt", "1250", "42third"),
        ("second", "refused", "1250", "42second"),
        ("first", "paid", "1250", "42first"),
    ]


def test_the_export_can_be_one_day(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(journal, "export", "--since", "2026-11-02", "--until", "2026-11-03") == 0
    assert [r["ref"] for r in csv.DictReader(io.StringIO(capsys.readouterr().out))] == ["second"]


def test_the_export_reads_more_payments_than_fit_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = make_journal(tmp_path / "many.sqlite", *(payment(f"p{n}", State.PAID) for n in range(205)))
    assert run(many, "export") == 0
    assert len(capsys.readouterr().out.splitlines()) == 206


def test_a_text_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = payment("evil", State.PAID)
    evil = evil.with_attempt(evil.attempts[0].but(trade_no="=1+1"))
    assert run(make_journal(tmp_path / "journal.sqlite", evil), "export") == 0
    assert ",'=1+1," in capsys.readouterr().out


def test_without_a_journal_it_says_so_and_makes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "none.sqlite", "list") == 1
    assert "there is no journal at" in capsys.readouterr().err
    assert not (tmp_path / "none.sqlite").exists()


def test_the_journal_is_found_through_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_journal(tmp_path / "journal.sqlite", payment("first", State.PAID))
    config = tmp_path / "config.toml"
    config.write_text('[box]\nterminal_id = "T"\n[gateways.sim]\nkind = "simulated"\n[journal]\npath = "journal.sqlite"\n')
    assert main(["payments", "list", "--config", str(config)]) == 0
    assert "first" in capsys.readouterr().out


def test_a_wrong_configuration_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["payments", "list", "--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err


def test_a_before_that_is_neither_ref_nor_time_is_said(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(journal, "list", "--before", "??") == 1
    assert "no RFC 3339 time" in capsys.readouterr().err


def test_goods_that_are_in_doubt_stand_in_the_list_and_all_of_them_in_what_is_shown(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = JournalFile.open(journal)
    for ref in ("vended", "doubted"):
        file.store(payment(ref, State.PAID, 4), "boot", Note("2026-11-04T10:00:00.000Z", None, "replied", {}), ware=Ware("pulse", 250))
    doubted = file.owing(Ref("doubted"))
    assert doubted is not None
    file.put_owing(doubted.begin().certain().begin().certain().begin().doubt("the power went"))
    file.close()
    assert run(journal, "list", "--limit", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines[1:3]] == ["pulse 3 of 5 is in doubt", "why: the power went"]
    assert len(lines) == 4, "nothing is said of goods that are as they should be"
    assert run(journal, "show", "doubted") == 0
    assert "  goods: giving, 2 of 5 pulses given\n  pulse 3 of 5 is in doubt\n" in capsys.readouterr().out
