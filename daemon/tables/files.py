"""Files that the configuration names: beside it, or handed over by systemd (`credential:NAME`).

    key_file = "secrets/wechat.key"     # relative to the configuration's own folder
    key_file = "credential:wechat-key"  # LoadCredential= of the unit, $CREDENTIALS_DIRECTORY; without systemd, secrets/wechat-key

Problems never repeat what was written: it may be the secret itself, put where its file's name belongs.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.secret import Secret, read_secret
from daemon.tables.values import Reader, Wrong

SECRETS = "secrets"
"""The folder beside the configuration whose files the service is handed over: `LoadCredential=secrets:/etc/tillbox/secrets`. A command
that an administrator runs reads them there."""

_CREDENTIAL = "credential:"
_CREDENTIAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LARGEST_SECRET = 65_536  # bytes; a key or a token has a few dozen, a certificate chain some thousand

_PATH = f'a path, relative to the configuration, or "{_CREDENTIAL}NAME"'


@dataclass(frozen=True, slots=True)
class SecretFile:
    secret: Secret
    open_to_others: bool


@dataclass(frozen=True, slots=True)
class Files:
    """Finds files. `environ` is the process's environment."""

    base_dir: Path
    environ: Mapping[str, str]

    @property
    def named(self) -> Reader[Path]:
        """A file that may not be there yet."""
        return Reader(_PATH, self._resolve)

    @property
    def existing(self) -> Reader[Path]:
        """A file that is there and can be read."""
        return Reader(f"a file that can be read: {_PATH}", self._existing)

    @property
    def private(self) -> Reader[tuple[Path, bool]]:
        """A file that is there and can be read, and whether other users of the machine can read it as well."""
        return Reader(f"a file that can be read: {_PATH}", self._private)

    @property
    def secret(self) -> Reader[SecretFile]:
        """A file that holds one secret text."""
        return Reader(f"a file that holds the secret and nothing else: {_PATH}", self._secret)

    @property
    def state(self) -> Reader[Path]:
        """A file that the box writes: relative to systemd's StateDirectory=, else to the configuration."""
        return Reader("a path", self._state)

    def in_state_directory(self, name: str) -> Path:
        state = self.environ.get("STATE_DIRECTORY", "").split(":")[0]
        return (Path(state) if state else self.base_dir) / name

    def _state(self, value: object) -> Path:
        return self.in_state_directory(_name(value))

    def _resolve(self, value: object) -> Path:
        name = _name(value)
        if not name.startswith(_CREDENTIAL):
            return self.base_dir / name
        credential = name.removeprefix(_CREDENTIAL)
        if not _CREDENTIAL_NAME.fullmatch(credential):
            raise Wrong("is not a credential's name")
        directory = self.environ.get("CREDENTIALS_DIRECTORY")
        if directory:
            return _handed_over(Path(directory), credential)
        if (self.base_dir / SECRETS).is_dir():
            return self.base_dir / SECRETS / credential
        raise Wrong(
            f"names a credential, but systemd handed none over ($CREDENTIALS_DIRECTORY is not set) and there is no folder {SECRETS}"
        )

    def _existing(self, value: object) -> Path:
        path = self._resolve(value)
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # looked at first: opening a pipe waits for ever, opening a device may do something
                raise Wrong("is not a file")
            with path.open("rb") as file:
                file.read(1)
        except (OSError, ValueError) as error:
            raise Wrong(_why(error)) from None
        return path

    def _secret(self, value: object) -> SecretFile:
        path = self._resolve(value)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_SECRET:
                raise Wrong("is not a file with a short text")
            secret = read_secret(path)
        except (OSError, ValueError) as error:
            raise Wrong(_why(error)) from None
        return SecretFile(secret, self._is_open_to_others(value, status))

    def _private(self, value: object) -> tuple[Path, bool]:
        path = self._existing(value)
        return path, self._is_open_to_others(value, path.stat())

    def _is_open_to_others(self, value: object, status: os.stat_result) -> bool:
        # systemd keeps credentials from others by the folder and by ACLs, which the mode does not show
        handed_over = isinstance(value, str) and value.startswith(_CREDENTIAL) and "CREDENTIALS_DIRECTORY" in self.environ
        return not handed_over and bool(status.st_mode & 0o077)


def _handed_over(directory: Path, credential: str) -> Path:
    """By its own name, or as one of the files of a folder that was handed over whole, whose names begin with its id (systemd.exec(5))."""
    alone, of_folder = directory / credential, directory / f"{SECRETS}_{credential}"
    return of_folder if of_folder.exists() and not alone.exists() else alone


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Wrong("is not the name of a file")
    return value


def _why(error: OSError | ValueError) -> str:
    """What went wrong without the name of the file."""
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror or type(error).__name__})"
    return f"cannot be used: {error}"
