"""Telling systemd how the box is: `Type=notify` with a watchdog (sd_notify(3), sd_watchdog_enabled(3)).

The protocol is one datagram of `NAME=value` lines to a Unix socket, so it needs no library. Without `NOTIFY_SOCKET`, in a
terminal say, nothing is sent. Nothing here raises or waits: systemd is told, not relied on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

_LONGEST_STATUS = 200  # characters; `systemctl status` shows one line. Own


class Notifier:
    """The line to systemd, as the environment names it."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._interval_s = _interval_s(environ) if self._address else None
        self._status = ""

    @property
    def watchdog_interval_s(self) -> float | None:
        """The pause between two signs of life: half of what systemd waits for one. None: it waits for none."""
        return self._interval_s

    def ready(self) -> None:
        """Start-up is over: the journal is open and sales can come."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`; an unchanged one is not sent again."""
        line = " ".join(text.split())[:_LONGEST_STATUS]
        if line != self._status and self._send(f"STATUS={line}"):
            self._status = line

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def extend(self, seconds: float) -> None:
        """Starting or stopping takes longer: ask for that much time from now on."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    async def watch(self, is_well: Callable[[], bool]) -> None:
        """Give signs of life for as long as `is_well()` says True; systemd restarts a box that gives none. Ends when
        cancelled, or at once where systemd does not ask for signs."""
        if self._interval_s is None:
            return
        was_well = True
        while True:
            well = _ask(is_well)
            if well:
                self._send("WATCHDOG=1")
            if well != was_well:
                log.log(logging.INFO if well else logging.ERROR, "watchdog_%s", "resumed" if well else "withheld")
            was_well = well
            await asyncio.sleep(self._interval_s)

    def _send(self, message: str) -> bool:
        """Whether it went out. A full socket drops it: a sign of life is due again soon, and a payment cannot wait."""
        if not self._address:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as line:
                line.sendto(message.encode("utf-8", "replace"), self._address)
        except OSError as error:
            log.warning("notify_failed message=%s error=%s", message.partition("=")[0], error)
            return False
        return True


def _ask(is_well: Callable[[], bool]) -> bool:
    try:
        return is_well() is True
    except Exception:
        log.exception("watchdog_check_failed")
        return False


def _address(name: str) -> str:
    """The socket's address: a path, or with `@` a name in Linux's abstract space. "" where there is none to use."""
    if name.startswith("@"):
        return "\0" + name[1:]
    if name and not name.startswith("/"):
        log.warning("notify_socket_unusable reason=neither_path_nor_abstract")  # vsock, for instance: for virtual machines
        return ""
    return name


def _interval_s(environ: Mapping[str, str]) -> float | None:
    """Half of WATCHDOG_USEC, as sd_watchdog_enabled(3) recommends, where it is meant for this process."""
    usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not usec or (pid and pid != str(os.getpid())):
        return None
    if not (usec.isascii() and usec.isdigit() and int(usec) > 0):
        log.warning("watchdog_unusable reason=WATCHDOG_USEC_is_no_number")
        return None
    return int(usec) / 2e6
