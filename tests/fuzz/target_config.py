"""`config.toml`: any text is a whole configuration or a list of problems, each on one line; and no secret is in either."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from fuzz_provider import SECRET

from daemon.config import Config, ConfigProblems, load
from daemon.tables.addresses import is_loopback

_LINE_MOST = 2000  # characters; the longest has the names of all panels in it
_LONGEST_TEXT = 200  # of what a person may write as a name


def toml(data: bytes) -> None:
    """The text as a file, in a folder with secrets, a folder and a pipe that it may name."""
    folder = _folder()
    path = folder / "config.toml"
    path.write_bytes(data)
    try:
        config = load(path, {"CREDENTIALS_DIRECTORY": str(folder / "credentials"), "STATE_DIRECTORY": str(folder / "state")})
    except ConfigProblems as error:
        _check_problems(error)
    else:
        _check_config(config)


def _check_problems(error: ConfigProblems) -> None:
    assert error.problems, "refused, and nobody knows why"
    for line in (*map(str, error.problems), *error.warnings):
        _check_line(line)


def _check_line(line: str) -> None:
    assert line.isprintable(), "a problem on several lines"
    assert len(line) <= _LINE_MOST
    assert SECRET not in line, "a problem with a secret"


def _check_config(config: Config) -> None:
    """What must hold whoever wrote it."""
    assert SECRET not in repr(config), "a configuration that shows a secret"
    assert config.gateways
    assert 0 < len(config.box.terminal_id) <= 32
    assert len(config.box.store_name) <= _LONGEST_TEXT
    assert config.box.max_amount >= 1
    assert config.web.token is not None or is_loopback(config.web.host.lower()), "open to the network without a token"
    for settings in config.gateways.values():
        url = getattr(settings, "base_url", "https://")
        assert url.startswith(("https://", "http://")), "another scheme than HTTP's"
    for line in config.warnings:
        _check_line(line)


@cache
def _folder() -> Path:
    """One for all inputs of a process, removed when that ends."""
    folder = Path(tempfile.mkdtemp(prefix="tillbox-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("secrets/key", "credentials/key", "secrets/cert.pem"):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(SECRET)
        file.chmod(0o600)
    os.mkfifo(folder / "pipe")
    return folder
