"""A process that has imported the whole box once, and forks a real one whenever it is asked to: a start costs no import.

It has one thread and no event loop, so what it forks is as fresh as a new interpreter. Told over the socket with the number in
its argument, one JSON message each: `{"run": [ARGUMENTS], "environ": {…}}`, with the two descriptors to write to, is answered
with `{"pid": …}`; `{"look": PID}` with `{"code": …}`, as subprocess has it, None while it runs. Ends when the socket is closed.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from typing import Any

PR_SET_PDEATHSIG = 1  # prctl(2)

# What a box of these stories imports beyond what its entry does.
LATER = (
    "aiohttp.web",
    "daemon.commands.run",
    "daemon.gateways.merchant",
    "daemon.gateways.wechat",
    "daemon.logs",
    "daemon.screens",
    "hw.scanner_serial",
    "hw.simulated",
)


def main(number: int, entry: str) -> None:
    module, _, function = entry.partition(":")
    begin = getattr(importlib.import_module(module), function)
    for name in LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=number) as line:
        line.send(b"{}")
        while True:
            message, fds, _, _ = socket.recv_fds(line, 65536, 2)
            if not message:
                return
            line.send(json.dumps(_answer(json.loads(message), fds, line, begin)).encode())


def _answer(asked: dict[str, Any], fds: list[int], line: socket.socket, entry: Any) -> dict[str, Any]:
    if "look" in asked:
        pid, status = os.waitpid(asked["look"], os.WNOHANG)
        return {"code": os.waitstatus_to_exitcode(status) if pid else None}
    pid = os.fork()
    if pid == 0:
        line.close()
        _be_a_box(asked, fds, entry)
    for fd in fds:
        os.close(fd)
    return {"pid": pid}


def _be_a_box(asked: dict[str, Any], fds: list[int], entry: Any) -> None:
    """Never comes back. Ends with the zygote, also where the tests were killed: one that lives on takes the next one's scanner."""
    code = 70
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(fds[0], 1)
        os.dup2(fds[1], 2)
        for fd in fds:
            os.close(fd)
        os.environ.clear()
        os.environ.update(asked["environ"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = entry(asked["run"])
    except BaseException:  # noqa: BLE001  # whatever it was, this process must not go on as a zygote
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who types it ends the tests, and they close the socket
    main(int(sys.argv[1]), sys.argv[2])
