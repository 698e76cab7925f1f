"""Secrets show themselves to nobody who does not ask by name (`daemon.secret`)."""

import copy
import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon.secret import Secret, read_secret

TEXT = "correct-horse"


@dataclass
class Holder:
    key: Secret


def test_a_secret_shows_stars_however_it_is_printed() -> None:
    """P10"""
    secret = Secret(TEXT)
    for text in (str(secret), repr(secret), f"{secret}", f"{secret!r:>20}", str([secret]), str(Holder(secret)), "%s" % secret):  # noqa: UP031 - one way of printing among others
        assert TEXT not in text
        assert "***" in text
    assert secret.reveal() == TEXT


def test_secrets_compare_by_their_text() -> None:
    assert Secret(TEXT) == Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert len({Secret(TEXT), Secret(TEXT)}) == 1


def test_a_secret_is_never_copied_or_stored() -> None:
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never copied or stored"):
            way(Secret(TEXT))


def test_a_secret_is_what_its_file_holds_without_the_blanks_around_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"  {TEXT}\n\n")
    assert read_secret(file) == Secret(TEXT)


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_text_holds_no_secret(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="the file"):
        read_secret(file)


def test_a_file_that_is_not_there_is_the_caller_s_to_report(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_secret(tmp_path / "missing")
