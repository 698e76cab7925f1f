"""What all contestants of a run share: the provider, the line that leads to it, and a directory on a disk."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from benchmarks import delay_line, provider
from daemon.sandbox.tls import make_certificates

PATIENCE_S = 20.0  # for anything to happen; far longer than it takes

_processes = multiprocessing.get_context("spawn")


class Stage:
    """`with Stage(directory, rtt_s) as stage:` has both running; `base_url` is the provider at the end of the line."""

    def __init__(self, directory: Path, rtt_s: float) -> None:
        self.directory = directory
        self.rtt_s = rtt_s
        self.certificates = make_certificates(directory / "certificates")
        self.port = 0
        self._stack = ExitStack()
        self._provider: Connection | None = None

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            self._provider = _start(stack, provider.run, self.certificates)
            self.port = int(_heard(_start(stack, delay_line.run, int(_heard(self._provider)), self.rtt_s)))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    @property
    def base_url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def charged_at(self) -> float:
        """The moment at which the next charge was complete at the provider. TimeoutError where none comes."""
        assert self._provider is not None
        return float(_heard(self._provider))

    def close_idle(self) -> None:
        """The provider closes all connections, and everybody has heard of it: so it is minutes after a sale."""
        assert self._provider is not None
        self._provider.send_bytes(b"close")
        _heard(self._provider)
        time.sleep(self.rtt_s)


def _start(stack: ExitStack, run: Callable[..., object], *arguments: object) -> Connection:
    """A process of its own that ends with the stack; the pipe to it, whose other end is the last argument of `run`."""
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=run, args=(*arguments, theirs), daemon=True)
    process.start()
    stack.callback(process.join, PATIENCE_S)
    stack.callback(process.terminate)
    return ours


def _heard(line: Connection) -> int | float:
    if not line.poll(PATIENCE_S):
        raise TimeoutError("a part of the benchmark is silent")
    heard: int | float = line.recv()
    return heard
