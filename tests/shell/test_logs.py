"""What reaches standard error, and what never does."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.logs import Logs, is_under_systemd, mask, redact, setup
from daemon.secret import Secret

CODE = "13" + "0" * 14 + "17"  # made up: 18 digits as a payer's code has
CPM = "hQVDUFYwMWEXTwegAAAAVVVVUA=="

log = logging.getLogger("daemon.somewhere")


class Stderr:
    """A pipe in place of standard error."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()

    def lines(self) -> list[str]:
        """All that was written; the writing end is closed."""
        os.close(self.writing)
        with os.fdopen(self.reading, encoding="utf-8") as pipe:
            return pipe.read().splitlines()


@pytest.fixture
def begin() -> Iterator[Callable[..., tuple[Logs, Stderr]]]:
    begun: list[Logs] = []
    level = logging.getLogger().level

    def start(wanted: int | str = "info", *, systemd: bool = False, **more) -> tuple[Logs, Stderr]:
        stderr = Stderr()
        begun.append(setup(wanted, systemd, fd=stderr.writing, **more))
        return begun[-1], stderr

    yield start
    for logs in begun:
        logs.stop()
    logging.getLogger().setLevel(level)


def logged(begin, say, **more) -> list[str]:
    logs, stderr = begin(**more)
    say()
    logs.stop()
    return stderr.lines()


def test_an_event_is_one_line_with_time_level_and_origin(begin):
    (line,) = logged(begin, lambda: log.info("paid ref=%s amount=%d", "A-17", 1250))
    at, rest = line.split(" ", 1)
    assert rest == "INFO daemon.somewhere paid ref=A-17 amount=1250"
    assert time.strptime(at, "%Y-%m-%dT%H:%M:%S." + at[20:23] + "Z")


def test_under_systemd_a_line_begins_with_its_priority_and_has_no_time(begin):
    def say():
        log.debug("a")
        log.info("b")
        log.warning("c")
        log.error("d")
        log.critical("e")

    assert logged(begin, say, wanted="debug", systemd=True) == [
        f"<{n}>daemon.somewhere {x}" for n, x in zip((7, 6, 4, 3, 2), "abcde", strict=True)
    ]


def test_only_what_was_asked_for_is_told(begin):
    assert len(logged(begin, lambda: (log.info("no"), log.warning("yes")), wanted=logging.WARNING)) == 1


def test_a_level_that_is_none_is_refused():
    with pytest.raises(ValueError, match="LOUD"):
        setup("loud", under_systemd=False)


def test_libraries_do_not_chatter_even_when_all_is_told(begin):
    assert logged(begin, lambda: logging.getLogger("PIL.PngImagePlugin").debug("STREAM b'IHDR'"), wanted="debug") == []


def test_nothing_logged_can_pass_for_another_line_or_colour_a_terminal(begin):
    (line,) = logged(begin, lambda: log.info("text=%s", "a\n<0>forged\r\x1b[31m\u2028\x00"))
    assert line.endswith(r"text=a\n<0>forged\r\x1b[31m\u2028\x00")


def test_chinese_stays_readable_and_half_characters_do_no_harm(begin):
    (line,) = logged(begin, lambda: log.info("text=%s", "余额不足　¥ \udc80"))
    assert line.endswith(r"text=余额不足　¥ \udc80")


def test_an_endless_line_is_cut(begin):
    (line,) = logged(begin, lambda: log.info("x" * 100_000))
    assert len(line) < 9000


def test_a_traceback_is_on_the_same_line(begin):
    def say():
        try:
            int("broke")
        except ValueError:
            log.exception("fault")

    (line,) = logged(begin, say)
    assert "fault\\nTraceback" in line
    assert line.endswith("ValueError: invalid literal for int() with base 10: 'broke'")


def test_warnings_of_libraries_are_lines_too(begin, recwarn):
    import warnings

    (line,) = logged(begin, lambda: warnings.warn("old", FutureWarning, stacklevel=1))
    assert "FutureWarning: old" in line


# -- secrets


def test_a_payers_code_shows_its_ends_only(begin):
    (line,) = logged(begin, lambda: log.info(f"scanned code={CODE} again=%s", CODE))
    assert line.endswith("scanned code=13…17 again=13…17")


def test_a_payers_code_in_an_exception_is_masked_with_its_whole_chain(begin):
    def say():
        try:
            try:
                int(f"bad code {CODE}")
            finally:
                {}[CODE]
        except KeyError:
            log.exception("fault")

    (line,) = logged(begin, say)
    assert CODE not in line
    assert line.count("13…17") == 2


def test_a_registered_secret_is_gone_in_every_quoting(begin):
    redact(Secret('key-"7f3a"\\9c'))
    (line,) = logged(begin, lambda: log.info("sent %s %r %r", 'key-"7f3a"\\9c', 'key-"7f3a"\\9c', b'key-"7f3a"\\9c'))
    assert "7f3a" not in line
    assert line.count("***") == 3


def test_a_secret_that_contains_another_is_masked_whole():
    redact(Secret("inner-secret"))
    redact(Secret("outer-inner-secret-outer"))
    assert mask("a outer-inner-secret-outer b inner-secret") == "a *** b ***"


def test_a_secret_of_digits_only_is_masked_whole():
    redact(Secret("98765432109876543210"))
    assert mask("k=98765432109876543210") == "k=***"


def test_a_secret_too_short_to_be_one_does_not_shred_the_log():
    redact(Secret("ref"))
    redact(Secret(""))
    assert mask("paid ref=A-17") == "paid ref=A-17"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (CODE, "13…17"),
        (f"x{CODE}x", "x13…17x"),
        (repr(f"\n{CODE}".encode()), r"b'\n13…17'"),
        ("１３" + "０" * 14 + "１７", "１３…１７"),
        (f"code={CPM},", "code=hQ…==,"),
        ("8505435056303161", "85…61"),
        ("TB7K2M9Q4X8W1Z5C3V6N0H", "TB7K2M9Q4X8W1Z5C3V6N0H"),
        ("6901234567892 2025-03-01T12:00:00.123Z", "6901234567892 2025-03-01T12:00:00.123Z"),
    ],
)
def test_what_is_masked_and_what_survives(text, masked):
    assert mask(text) == masked


@given(st.text(), st.text("0123456789", min_size=16, max_size=24), st.text())
@example("a", CODE, "b")
def test_no_text_around_it_shows_a_payers_code(before, code, after):
    import re

    assert not re.search(r"\d{16,}", mask(before + code + after))


def test_a_record_that_cannot_be_formatted_tells_where_it_is_from_and_nothing_of_itself():
    """In a process of its own: pytest's own handler makes such a record fail the test."""
    done = run(f"import logging\nfrom daemon.logs import setup\nsetup('info', True)\nlogging.info('code=%d', '{CODE}')")
    assert done.stderr == "<3>daemon.logs log_unprintable file=<string> line=4\n"  # logging itself would have shown the code


def test_other_handlers_get_the_record_as_it_was(begin, caplog):
    caplog.set_level("INFO")
    logged(begin, lambda: log.info("n=%d", 5))
    assert caplog.records[-1].args == (5,)


# -- a standard error that nobody reads


def test_a_blocked_stderr_costs_lines_but_no_time(begin):
    logs, stderr = begin(capacity=10)
    os.set_blocking(stderr.writing, True)
    for number in range(3000):
        log.info("line=%d %s", number, "x" * 100)  # a pipe holds 64 KiB: whoever waited for a reader would stand here for ever
    assert logs.dropped > 1000

    drained: list[str] = []
    reader = threading.Thread(target=lambda: drained.extend(read_lines(stderr.reading, b"last\n")))
    reader.start()
    while not any("log_dropped" in line for line in drained) and reader.is_alive():
        log.info("last")
        time.sleep(0.005)
    reader.join(5)
    assert any("log_dropped count=" in line for line in drained)
    logs.stop()
    stderr.lines()


def read_lines(fd: int, until: bytes) -> list[str]:
    taken = b""
    while not taken.endswith(until):
        taken += os.read(fd, 65536)
    return taken.decode().splitlines()


def test_a_stop_does_not_wait_for_a_reader_who_never_comes(begin):
    logs, stderr = begin(capacity=10)
    for _ in range(3000):
        log.info("x" * 100)
    began = time.monotonic()
    logs.stop()
    assert time.monotonic() - began < 4.0
    os.read(stderr.reading, 1 << 20)  # the stuck thread may end
    os.close(stderr.reading)


def test_a_closed_stderr_is_survived(begin):
    logs, stderr = begin()
    os.close(stderr.reading)
    log.info("nobody hears this")
    logs.stop()
    os.close(stderr.writing)


def test_after_a_stop_logging_is_as_it_was(begin):
    before = list(logging.getLogger().handlers), sys.excepthook, threading.excepthook
    logs, stderr = begin()
    assert sys.excepthook is not before[1]
    logs.stop()
    logs.stop()
    assert (list(logging.getLogger().handlers), sys.excepthook, threading.excepthook) == before
    stderr.lines()


# -- a process of its own


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)


def test_an_uncaught_exception_is_a_masked_line():
    done = run(f"""
import threading
from daemon.logs import setup
logs = setup("info", True)
thread = threading.Thread(target=lambda: 1 / 0, name="panel")
thread.start(); thread.join()
raise ValueError("scanned {CODE}")
""")
    thread, main = done.stderr.splitlines()
    assert "uncaught thread=panel error=ZeroDivisionError" in thread
    assert main.startswith("<2>daemon.logs uncaught error=ValueError")
    assert main.endswith("scanned 13…17")
    assert done.returncode == 1


def test_a_process_ends_though_nobody_reads_its_stderr():
    reading, writing = os.pipe()
    program = "import logging\nfrom daemon.logs import setup\nsetup('info', False)\nfor _ in range(5000): logging.info('x' * 100)"
    process = subprocess.Popen([sys.executable, "-c", program], stderr=writing)
    assert process.wait(timeout=30) == 0
    os.close(writing)
    os.close(reading)


def test_the_journal_is_recognised_by_its_socket():
    ours, theirs = socket.socketpair()
    status = os.fstat(ours.fileno())
    assert is_under_systemd({"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}, ours.fileno())
    assert not is_under_systemd({"JOURNAL_STREAM": "1:2"}, ours.fileno())
    assert not is_under_systemd({}, ours.fileno())
    ours.close()
    theirs.close()
    assert not is_under_systemd({"JOURNAL_STREAM": "1:2"}, 9999)
