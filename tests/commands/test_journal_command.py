"""`tillbox journal confirm` (daemon.commands.journal)."""

from __future__ import annotations

from pathlib import Path

import pytest
from journal_maker import make_journal, payment

from daemon.cli import main
from daemon.journal_file import JournalFile
from daemon.payment import State


def test_a_journal_in_order_needs_no_confirmation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = make_journal(tmp_path / "journal.sqlite", payment("first", State.PAID))
    assert main(["journal", "confirm", "--journal", str(journal)]) == 0
    assert "Nothing to confirm" in capsys.readouterr().out


def test_a_confirmation_names_the_file_that_is_kept_and_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = make_journal(tmp_path / "journal.sqlite")
    file = JournalFile.open(journal)
    file.set_meta("unconfirmed", "journal.sqlite.corrupt-20261121T100000Z")
    file.close()
    assert main(["journal", "confirm", "--journal", str(journal)]) == 0
    assert "journal.sqlite.corrupt-20261121T100000Z" in capsys.readouterr().out
    assert main(["journal", "confirm", "--journal", str(journal)]) == 0
    assert "Nothing to confirm" in capsys.readouterr().out


def test_what_is_no_journal_is_said_and_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert main(["journal", "confirm", "--journal", str(path)]) == 1
    assert "not a database" in capsys.readouterr().err
    assert path.read_bytes().startswith(b"no database")


def test_a_wrong_configuration_is_exit_2(tmp_path: Path) -> None:
    assert main(["journal", "confirm", "--config", str(tmp_path / "none.toml")]) == 2
