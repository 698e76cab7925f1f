"""`tillbox sandbox`: the providers' stand-ins, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from daemon.cli import DONE, FAILED


def run(arguments: argparse.Namespace) -> int:
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
            await serve(arguments.port, arguments.script, directory, lambda text: print(text, flush=True))

        try:
            with suppress(asyncio.CancelledError):
                asyncio.run(until_told())
        except (OSError, ValueError) as error:
            print(f"tillbox: {error}", file=sys.stderr)
            return FAILED
    return DONE
