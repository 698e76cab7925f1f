"""`tillbox sandbox`: the providers' stand-ins, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from daemon.cli import DONE, FAILED, WRONG


def run(arguments: argparse.Namespace) -> int:
    if arguments.till:
        return _run_till(arguments)
    if isinstance(arguments.port, Path):
        print(f"tillbox: --port: expected a port from 0 to 65535, not {str(arguments.port)!r}; a line is for --till", file=sys.stderr)
        return WRONG
    return _run_providers(arguments)


def _run_till(arguments: argparse.Namespace) -> int:
    try:
        asyncio.run(_till(arguments.till, arguments.port if isinstance(arguments.port, Path) else None))
    except OSError as error:
        print(f"tillbox: {error}", file=sys.stderr)
        return FAILED
    return DONE


async def _till(kind: str, port: Path | None) -> None:
    from daemon.sandbox.tills.bench import Bench, serve
    from daemon.sandbox.tills.kinds import EMULATORS
    from daemon.typed import typed_lines

    async with Bench(EMULATORS[kind](), _say, port) as bench:
        if port is None:
            more = _NEEDED.get(kind, "")
            _say(f'[tills.counter]\nkind = "{kind}"\nport = "{bench.path}"\nbaudrate = {bench.emulator.baudrate}\n{more}')
        await serve(bench, typed_lines(), _say)


_NEEDED = {"mdb": 'mode = "always-idle"\n'}  # what a kind's table needs beside its line


def _say(text: str) -> None:
    print(text, flush=True)


def _run_providers(arguments: argparse.Namespace) -> int:
    try:
        from daemon.sandbox.server import serve
    except ModuleNotFoundError as error:
        print(f"tillbox: the sandbox needs the package {error.name}: pip install 'tillbox[sandbox]'", file=sys.stderr)
        return FAILED
    with tempfile.TemporaryDirectory(prefix="tillbox-sandbox-") as scratch:
        directory: Path = arguments.dir or Path(scratch)

        async def until_told() -> None:
            task = asyncio.current_task()
            assert task is not None
            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, task.cancel)
            await serve(arguments.port, arguments.script, directory, _say)

        try:
            with suppress(asyncio.CancelledError):
                asyncio.run(until_told())
        except (OSError, ValueError) as error:
            print(f"tillbox: {error}", file=sys.stderr)
            return FAILED
    return DONE
