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
    """`with Stage(directory, rtt_s) as stage:` has both running; `base_url` is the provider at the end of the line. With `answer_s`
    it takes so long to answer a charge, and `answered_at` has to be asked after each `charged_at`."""

    def __init__(self, directory: Path, rtt_s: float, answer_s: float = 0.0) -> None:
        self.directory = directory
        self.rtt_s = rtt_s
        self._answer_s = answer_s
        self.certificates = make_certificates(directory / "certificates")
        self.port = 0
        self._stack = ExitStack()
        self._provider: Connection | None = None

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            self._provider = _start(stack, provider.run, self.certificates, self._answer_s)
            self.port = int(_heard(self._provider))
            if self.rtt_s:  # else there is nothing that the line would add but its own work
                self.port = int(_heard(_start(stack, delay_line.run, self.port, self.rtt_s)))
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

    def answered_at(self) -> float:
        """The moment right before the answer to that charge was given to TLS, which is when it arrives where there is no line."""
        return self.charged_at()

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
