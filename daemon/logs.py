"""Logs: one line per event on standard error, never in the way of a payment, never with a secret in it.

Three things happen to every record, on the thread that logs it: it is formatted whole (arguments, traceback and all), what
must not be told is masked in that text, and the text is queued. A thread of its own writes the queue out, so that a
standard error that nobody reads (a stuck pipe, a stuck journald) costs lines, which are counted, but no time.

Masking is the last line of defence: nothing that holds a code or a key is meant to be logged at all (P10).
"""

from __future__ import annotations

import atexit
import copy
import json
import logging
import os
import queue
import re
import stat
import sys
import threading
import time
from collections.abc import Mapping
from logging.handlers import QueueHandler, QueueListener
from types import TracebackType

from daemon.secret import Secret

# What a payer's code looks like: WeChat, Alipay and UnionPay codes have 16 digits and more, EMVCo consumer-presented codes
# are Base64 (or, once decoded, often printed as hex) of a template that begins 85 05 "CPV01". An order number of ours holds
# letters, so it survives; a provider's number of digits only is masked too, which is the safe side.
_PAYER_CODE = re.compile(r"\d{16,}|hQVDUFYwM[A-Za-z0-9+/_=-]*|8505435056[0-9A-Fa-f]*")

_SHORTEST_SECRET = 6  # shorter ones would be found everywhere; keys and tokens of use are far longer
_LONGEST_LINE = 8000  # characters; journald splits lines at 48 KiB (LineMax=)
_CAPACITY = 1024  # lines waiting to be written: a burst of a second; at most 8 MB, usually 100 kB
_FLUSH_S = 1.0  # for what is queued to be written at the end

# sd-daemon(3): "<6>" and so on before a line is its priority
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}

# Chatter of libraries that tells nothing about the box, even when the box is asked to tell everything.
_CHATTY = ("PIL", "asyncio", "aiohttp")


class _Secrets:
    """The texts that are masked wherever they turn up, and how they look when quoted."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, secret: Secret) -> None:
        text = secret.reveal()
        if len(text) < _SHORTEST_SECRET:
            return
        looks = {text, repr(text)[1:-1], json.dumps(text)[1:-1]}
        self._texts = sorted(looks.union(self._texts), key=len, reverse=True)  # a secret that contains another goes first

    def mask(self, text: str) -> str:
        for secret in self._texts:
            text = text.replace(secret, "***")
        return text


_secrets = _Secrets()


def redact(secret: Secret) -> None:
    """From now on that secret is `***` in every log line."""
    _secrets.add(secret)


def mask(text: str) -> str:
    """The text without registered secrets, and with everything that looks like a payer's code cut to its first and last
    two characters."""
    return _PAYER_CODE.sub(_ends, _secrets.mask(text))


def _ends(match: re.Match[str]) -> str:
    return f"{match[0][:2]}…{match[0][-2:]}"


def is_under_systemd(environ: Mapping[str, str], fd: int = 2) -> bool:
    """Whether that descriptor goes straight to the journal: `JOURNAL_STREAM` names its device and inode (systemd.exec(5))."""
    try:
        status = os.fstat(fd)
    except OSError:
        return False
    return stat.S_ISSOCK(status.st_mode) and environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class Logs:
    """The logging of this process between `setup` and `stop`."""

    def __init__(self, handler: _Handler, listener: _Listener) -> None:
        self._handler = handler
        self._listener = listener
        self._hooks = (sys.excepthook, threading.excepthook)

    @property
    def dropped(self) -> int:
        """Lines lost so far because nobody read them."""
        return self._handler.dropped

    def begin(self) -> None:
        logging.getLogger().addHandler(self._handler)
        logging.captureWarnings(capture=True)
        sys.excepthook = _log_uncaught
        threading.excepthook = _log_uncaught_in_thread
        self._listener.start()
        atexit.register(self.stop)  # for what is said on the way out

    def stop(self) -> None:
        """Write out what is queued, for a second at most, and leave logging as it was found."""
        atexit.unregister(self.stop)
        sys.excepthook, threading.excepthook = self._hooks
        logging.captureWarnings(capture=False)
        logging.getLogger().removeHandler(self._handler)
        self._listener.stop()


def setup(level: int | str, under_systemd: bool, *, fd: int = 2, capacity: int = _CAPACITY) -> Logs:
    """Send every logger's records of that level (a number, or a name such as "info") to a descriptor.

    Raises ValueError on a level that is none.
    """
    root = logging.getLogger()
    root.setLevel(level.upper() if isinstance(level, str) else level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))
    lines: queue.Queue[logging.LogRecord] = queue.Queue(capacity)
    logs = Logs(_Handler(lines, _SystemdFormatter() if under_systemd else _TerminalFormatter()), _Listener(lines, _Descriptor(fd)))
    logs.begin()
    return logs


class _TerminalFormatter(logging.Formatter):
    """``2025-03-01T09:30:12.417Z INFO daemon.runner paid ref=A-17``"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime


class _SystemdFormatter(logging.Formatter):
    """``<6>daemon.runner paid ref=A-17``; the journal adds the time."""

    def __init__(self) -> None:
        super().__init__("%(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return f"<{_PRIORITY.get(record.levelno, 6)}>{super().format(record)}"


class _Handler(QueueHandler):
    """Makes each record one harmless line and queues it, without ever waiting."""

    def __init__(self, lines: queue.Queue[logging.LogRecord], formatter: logging.Formatter) -> None:
        super().__init__(lines)
        self.setFormatter(formatter)
        self.dropped = 0
        self._untold = 0  # dropped since the last line that got through

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        prepared = copy.copy(record)  # formatting leaves the traceback's text on a record; not on the caller's
        prepared.msg = _one_line(mask(self.format(prepared)))
        prepared.args = prepared.exc_info = prepared.exc_text = prepared.stack_info = None
        return prepared

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self._untold:
                self.queue.put_nowait(self.prepare(_note(logging.WARNING, "log_dropped count=%d", self._untold)))
                self._untold = 0
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1
            self._untold += 1

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """A record that cannot be formatted: say where it is from. (logging itself would print its arguments.)"""
        self.enqueue(self.prepare(_note(logging.ERROR, "log_unprintable file=%s line=%d", record.filename, record.lineno)))


def _note(level: int, message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord(__name__, level, __file__, 0, message, args, None)


def _one_line(text: str) -> str:
    """Line ends and other control characters written out, so that nothing logged can pass for another line or colour a
    terminal."""
    if text.isprintable() and len(text) <= _LONGEST_LINE:
        return text
    line = "".join(character if character.isprintable() or character == "\u3000" else _written_out(character) for character in text)
    return line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + "…"


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class _Descriptor(logging.Handler):
    """Writes lines to a file descriptor. Not to `sys.stderr`: a thread that is stuck in its buffer keeps Python from ending."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    def createLock(self) -> None:  # noqa: N802  # logging's name
        """None: one thread writes, and the end of the process would wait for a lock that it holds while it is stuck."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        rest = f"{record.msg}\n".encode("utf-8", "backslashreplace")
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            pass  # nobody can be told: this was the way to tell


class _Listener(QueueListener):
    """logging's own, but for a stop that does not wait for a reader who never comes."""

    def stop(self) -> None:
        thread: threading.Thread | None = self._thread
        if thread is None:
            return
        try:
            self.queue.put(self._sentinel, timeout=_FLUSH_S)  # type: ignore[attr-defined]  # logging's mark for the end, left out of the stubs
        except queue.Full:
            return
        thread.join(_FLUSH_S)
        self._thread = None


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(__name__).critical("uncaught error=%s", kind.__name__, exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread is not None else "?"
    error = args.exc_value or args.exc_type()
    logging.getLogger(__name__).critical("uncaught thread=%s error=%s", name, args.exc_type.__name__, exc_info=error)
