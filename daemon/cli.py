"""The command line: which words there are, and which module carries each out.

A command's module is imported only when it is asked for, so that `tillbox diagram` needs no web server and starts at once.
Exit codes: 0 done, 1 failed, 2 wrong use or wrong configuration.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from daemon import __version__

DONE, FAILED, WRONG = 0, 1, 2

TILL_KINDS = ("serial", "pole", "mdb")  # those that have an emulator at the other end of a line
DEMO_KINDS = (*TILL_KINDS, "keypad", "pulse")

DEFAULT_CONFIG = Path("/etc/tillbox/config.toml")


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; its exit code."""
    arguments = parser().parse_args(argv)
    command = importlib.import_module(f"daemon.commands.{arguments.module}")
    try:
        code: int = command.run(arguments)
    except BrokenPipeError:  # the reader of our output went away: `tillbox payments list | head`
        sys.stderr.close()
        return DONE
    except KeyboardInterrupt:
        return FAILED
    return code


def parser() -> argparse.ArgumentParser:
    """Every command and option."""
    top = argparse.ArgumentParser(prog="tillbox", description="A payment box: scans a payment code, charges it once, proves the outcome.")
    top.add_argument("--version", action="version", version=f"tillbox {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_demo(commands)
    _add_check(commands)
    _add(commands, "devices", "list scanners, serial ports, panels and GPIO chips as lines for config.toml")
    _add_payments(commands)
    _add_sandbox(commands)
    _add_pole(commands)
    _add_simulate(commands)
    _add_journal(commands)
    _add(commands, "diagram", "print the state diagram of a payment (Mermaid), made from the cycle's table")
    return top


def _add(commands: Any, name: str, does: str) -> argparse.ArgumentParser:
    """One command. (`Any`: argparse has no public name for what `add_subparsers` returns.)"""
    command: argparse.ArgumentParser = commands.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
    command.set_defaults(module=name)
    return command


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help="the configuration (default: %(default)s)")


def _add_run(commands: Any) -> None:
    command = _add(commands, "run", "run the box")
    _add_config(command)
    command.add_argument(
        "--show-problems", action="store_true", help="show a wrong configuration on the panel until it changes, instead of ending with 2"
    )
    command.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"], help="default: %(default)s")


def _add_demo(commands: Any) -> None:
    command = _add(commands, "demo", "the whole box with simulated devices and a sandbox provider, in this terminal")
    command.add_argument("--once", action="store_true", help="play four sales and exit: paid, with password, refused then paid, timed out")
    command.add_argument("--show", action="store_true", help="the box shows the QR; with --once: paid, timed out, given up, paid too late")
    command.add_argument(
        "--till", choices=DEMO_KINDS, metavar="KIND", help=f"the amounts come from an emulated till: {', '.join(DEMO_KINDS)}"
    )
    command.add_argument("--port", type=_port, default=8080, metavar="N", help="where the box answers HTTP (default: %(default)s; 0: any)")
    command.add_argument("--language", default="en", choices=["en", "zh"], help="of the panel (default: %(default)s)")


def _add_check(commands: Any) -> None:
    command = _add(commands, "check", "read the configuration, open every device and gateway, say what works and what to do about the rest")
    _add_config(command)


def _add_payments(commands: Any) -> None:
    top = _add(commands, "payments", "look into the journal")
    kinds = top.add_subparsers(metavar="WHAT", required=True)
    listing = kinds.add_parser("list", help="the newest payments, a line each")
    listing.add_argument("--limit", type=_positive, default=20, metavar="N", help="how many (default: %(default)s)")
    listing.add_argument("--before", metavar="REF", help="only those made before this payment, or before this RFC 3339 time")
    show = kinds.add_parser("show", help="one payment and its time line")
    show.add_argument("ref", metavar="REF")
    export = kinds.add_parser("export", help="all attempts as CSV, for reconciliation with the provider's bill")
    export.add_argument("--since", metavar="TIME", help="only payments made at or after this RFC 3339 time or day")
    export.add_argument("--until", metavar="TIME", help="only payments made before this RFC 3339 time or day")
    export.add_argument("--day", metavar="YYYY-MM-DD", help="one day of the box's own zone, oldest first, with the times of that zone")
    for name, kind in (("list", listing), ("show", show), ("export", export)):
        _add_journal_place(kind)
        kind.set_defaults(what=name)
    _add_attend(kinds, "ask", "have the running box ask about a payment in doubt now", reason=False)
    _add_attend(kinds, "refund", "send money back that came late, or whose goods were not handed over")
    _add_attend(kinds, "settle", "say that you have seen to a payment in doubt: the box does nothing more about it")


def _add_attend(kinds: Any, name: str, does: str, *, reason: bool = True) -> None:
    """What a person does about a doubt; journalled with who did it."""
    command = kinds.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
    command.add_argument("ref", metavar="REF")
    command.add_argument("--by", required=True, metavar="NAME", help="who you are: it is written down")
    command.add_argument("--reason", required=reason, metavar="TEXT", help="why, in your words: it is written down")
    _add_config(command)
    command.set_defaults(module="attend", what=name)


def _add_sandbox(commands: Any) -> None:
    command = _add(commands, "sandbox", "stand-ins for the providers on loopback: real wire formats over TLS, faults on demand")
    command.add_argument(
        "--port", type=_port_or_path, default=0, metavar="N", help="HTTPS port (default: any free one); with --till its line"
    )
    command.add_argument(
        "--till", choices=TILL_KINDS, metavar="KIND", help=f"instead: one emulated till to use by hand: {', '.join(TILL_KINDS)}"
    )
    command.add_argument("--script", type=Path, metavar="FILE", help="what happens to which order (TOML; see docs/sandbox.md)")
    command.add_argument("--dir", type=Path, metavar="DIR", help="where keys and certificates are written (default: a temporary folder)")


def _add_pole(commands: Any) -> None:
    top = _add(commands, "pole", "the customer display of a till")
    kinds = top.add_subparsers(metavar="WHAT", required=True)
    learning = kinds.add_parser("learn", help="find out how it shows its totals, from three that are rung up")
    learning.add_argument("--port", type=Path, required=True, metavar="PATH", help="the serial port that hears its line")
    learning.add_argument("--baudrate", type=_positive, metavar="N", help="default: the usual ones, one after the other")
    learning.add_argument("--currency", default="CNY", metavar="CODE", help="default: %(default)s")
    learning.add_argument("amounts", nargs="*", metavar="AMOUNT", help="the three totals (default: 12.34 5.67 208.90)")
    learning.set_defaults(what="learn")


def _add_simulate(commands: Any) -> None:
    command = _add(commands, "simulate", "the box in virtual time with faults drawn from a seed; every promise is checked after every step")
    command.add_argument("--seed", type=_whole, default=1, metavar="N", help="decides everything (default: %(default)s)")
    command.add_argument(
        "--runs", type=_positive, default=1000, metavar="N", help="histories, of some payments each (default: %(default)s)"
    )
    command.add_argument("--from", dest="first", type=_whole, default=0, metavar="N", help="the first of them (default: %(default)s)")
    command.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processors to use (default: %(default)s)")
    command.add_argument("--only", type=_whole, metavar="N", help="tell that one history of the seed, with its time line")
    command.add_argument(
        "--exhaustive", choices=["one", "two"], help="instead: one fault, or two, of every kind at every step of every story"
    )
    command.add_argument(
        "--part",
        type=_part,
        default=(1, 1),
        metavar="K/N",
        help="with --exhaustive: every N-th story from the K-th on (two faults take hours)",
    )


def _add_journal(commands: Any) -> None:
    top = _add(commands, "journal", "the journal's own affairs")
    kinds = top.add_subparsers(metavar="WHAT", required=True)
    confirm = kinds.add_parser("confirm", help="go on without a damaged journal that was moved aside")
    _add_journal_place(confirm)
    confirm.set_defaults(what="confirm")


def _add_journal_place(command: argparse.ArgumentParser) -> None:
    _add_config(command)
    command.add_argument("--journal", type=Path, metavar="FILE", help="the journal itself, instead of the one the configuration names")


def _part(text: str) -> tuple[int, int]:
    part, slash, parts = text.partition("/")
    if slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts):
        return int(part), int(parts)
    raise argparse.ArgumentTypeError(f"expected K/N such as 1/8, not {text!r}")


def _port_or_path(text: str) -> int | Path:
    return _port(text) if text.isascii() and text.isdigit() else Path(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, not {text!r}")
    return int(text)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number, not {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, not {text!r}")
    return int(text)
