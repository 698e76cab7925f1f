"""How the host speaks with the emulated board: QEMU's machine protocol, the guest's root shell, QEMU's debugger port."""

import json
import secrets
import socket
import threading
import time
from typing import NamedTuple


class BoardError(Exception):
    pass


class Result(NamedTuple):
    status: int
    out: str

    @property
    def ok(self):
        return self.status == 0


def connected(path):
    """A connection to a UNIX socket. Raises OSError, with nothing left open."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(str(path))
    except OSError:
        sock.close()
        raise
    return sock


class Monitor:
    """QEMU's machine protocol."""

    def __init__(self, path):
        self.sock = connected(path)
        self.sock.settimeout(60)
        self.file = self.sock.makefile("rw")
        self.lock = threading.RLock()
        self.events = []
        self.file.readline()
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        with self.lock:
            self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            self.file.flush()
            while True:
                answer = self._read()
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise BoardError(f"{command}: {answer['error']['desc']}")

    def _read(self):
        line = self.file.readline()
        if not line:
            raise BoardError("the emulator is gone")
        answer = json.loads(line)
        if "event" in answer:
            self.events.append(answer)
        return answer

    def wait(self, event, test=lambda data: True, timeout=20):
        end = time.monotonic() + timeout
        with self.lock:
            while True:
                for e in self.events:
                    if e["event"] == event and test(e.get("data", {})):
                        self.events.remove(e)
                        return e
                left = end - time.monotonic()
                if left <= 0:
                    raise BoardError(f"no {event} within {timeout} s")
                # a harmless question makes QEMU answer, so reading never blocks for long
                self("query-status")
                time.sleep(0.02)

    def human(self, line):
        return self("human-monitor-command", **{"command-line": line})

    def close(self):
        self.file.close()
        self.sock.close()


class Shell:
    """The root shell behind the first serial line; one command at a time."""

    def __init__(self, path):
        self.sock = connected(path)
        self.buffer = b""
        self.lock = threading.Lock()
        self.number = secrets.randbelow(1 << 30)

    def _fill(self, end):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        part = self.sock.recv(65536)
        if not part:
            raise BoardError("the board is off")
        self.buffer += part

    def line(self, end):
        while b"\n" not in self.buffer:
            self._fill(end)
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def ready(self, timeout):
        end = time.monotonic() + timeout
        while not self.line(end).startswith(b"@ready"):
            pass

    def ask(self, head, body=b"", timeout=60):
        with self.lock:
            end = time.monotonic() + timeout
            self.number += 1
            verb, _, rest = head.partition(" ")
            line = f"{verb} {self.number} {rest}".encode()
            if len(line) > 256:
                raise ValueError("name too long")
            self.sock.settimeout(timeout)
            self.sock.sendall(line.ljust(256) + body)
            mark = b"@%d " % self.number
            while True:
                line = self.line(end)
                if line.startswith(mark):
                    break
            status, length = int(line.split()[1]), int(line.split()[2])
            while len(self.buffer) < length:
                self._fill(end)
            out, self.buffer = self.buffer[:length], self.buffer[length:]
            return status, out

    def close(self):
        self.sock.close()


class Debugger:
    """Just enough of GDB's remote protocol to write a register of the board."""

    def __init__(self, path):
        self.sock = connected(path)
        self.sock.settimeout(10)

    def ask(self, text):
        self.sock.sendall(f"${text}#{sum(text.encode()) & 0xFF:02x}".encode())
        data = b""
        while True:
            data += self.sock.recv(1024)
            while data[:1] in (b"+", b"-"):
                data = data[1:]
            if b"#" in data and len(data.split(b"#", 1)[1]) >= 2:
                self.sock.sendall(b"+")
                return data.split(b"#", 1)[0].lstrip(b"$").decode()

    def close(self):
        self.sock.close()
