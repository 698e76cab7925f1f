"""A USB device that a Python program plays, over QEMU's `usb-redir`: what all of them share.

QEMU connects to the socket that the device listens on. The packets are those of usbredir 0.7 (usbredirparser/usbredirproto.h);
no capabilities are announced on this side, so ids have 32 bits and nothing is said about the size of endpoints' packets.
"""

import contextlib
import pathlib
import socket
import struct
import threading
from typing import ClassVar

# usbredir packet types
HELLO, CONNECT, DISCONNECT, RESET, INTERFACES, ENDPOINTS, SET_CONFIG, GET_CONFIG, CONFIG_STATUS = range(9)
SET_ALT, GET_ALT, ALT_STATUS = 9, 10, 11
START_INTERRUPT, STOP_INTERRUPT, INTERRUPT_STATUS = 15, 16, 17
CANCEL, CONTROL, INTERRUPT = 21, 100, 103
SUCCESS, STALL = 0, 4
FULL_SPEED, NO_ENDPOINT = 1, 255

IN = 0x80  # of a request's type, and of an endpoint's address: towards the host
GET_DESCRIPTOR = 6
DEVICE_TYPE, CONFIG_TYPE, STRING_TYPE, INTERFACE_TYPE, ENDPOINT_TYPE = range(1, 6)


QUIET_S = 0.3  # a bus in use asks something in that time


def _packed(kind, body=b"", ident=0):
    return struct.pack("<III", kind, len(body), ident) + body


class RedirDevice:
    """A full-speed device. What it is stands in its descriptors; what it does, in `_request` and `_packet`."""

    DEVICE: ClassVar[bytes]
    CONFIG: ClassVar[bytes]  # with interfaces and endpoints
    STRINGS: ClassVar[tuple[str, ...]] = ("",)

    def __init__(self, plugged):
        self.lock = threading.Condition()
        self.sock = self.server = None
        self.greeted = False  # QEMU has said hello on this connection
        self.plugged = plugged
        self.leaving = False  # it is pulled, and goes at the end of a transfer
        self.config = 1

    # -- plug --
    def listen(self, path):
        pathlib.Path(path).unlink(missing_ok=True)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(1)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        for s in (self.server, self.sock):
            if s:
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)
                s.close()
        self.server = self.sock = None

    def unplug(self):
        """Between two transfers: QEMU's USB controller goes on with one whose device is gone, and then ends itself (an assertion). So it
        goes with its next answer, in one piece; or at once where nothing is asked."""
        with self.lock:
            self.leaving = self.plugged
            self.lock.wait_for(lambda: not self.leaving, QUIET_S)
            if self.leaving:
                self._write(self._gone())

    def plug(self):
        with self.lock:
            if not self.plugged:
                self.plugged = True
                if self.greeted:
                    self._announce()

    # -- usbredir --
    def _send(self, kind, body, ident=0):
        self._write(_packed(kind, body, ident))

    def _answer(self, kind, body, ident):
        """The end of a transfer."""
        self._write(_packed(kind, body, ident) + (self._gone() if self.leaving else b""))

    def _gone(self):
        """The packet that says so."""
        self.plugged = self.leaving = False
        self._reset()
        self.lock.notify_all()
        return _packed(DISCONNECT)

    def _write(self, packets):
        if self.sock:
            self.sock.sendall(packets)

    def _announce(self):
        """What QEMU wants to know beforehand is all in the descriptors."""
        interfaces, numbers = [], bytearray(32)
        kinds, intervals = bytearray([NO_ENDPOINT]) * 32, bytearray(32)
        kinds[0] = kinds[16] = 0  # control
        at = 0
        while at < len(self.CONFIG):
            part = self.CONFIG[at : at + self.CONFIG[at]]
            if part[1] == INTERFACE_TYPE:
                interfaces.append((part[2], *part[5:8]))  # number; class, subclass, protocol
            elif part[1] == ENDPOINT_TYPE:
                place = (part[2] & IN) >> 3 | part[2] & 0x0F
                kinds[place], intervals[place], numbers[place] = part[3] & 3, part[6], interfaces[-1][0]
            at += len(part)
        columns = b"".join(bytes(column).ljust(32, b"\0") for column in zip(*interfaces, strict=True))
        self._send(INTERFACES, struct.pack("<I", len(interfaces)) + columns)
        self._send(ENDPOINTS, bytes(kinds + intervals + numbers))
        self._send(CONNECT, bytes([FULL_SPEED]) + self.DEVICE[4:7] + self.DEVICE[8:12])  # class, subclass, protocol; vendor, product

    def _serve(self):
        while self.server:
            try:
                sock, _ = self.server.accept()
            except (OSError, AttributeError):
                return
            with self.lock:
                self.sock, self.greeted = sock, False
                self._reset()
            try:
                self._talk(sock)
            except (OSError, EOFError):
                pass
            finally:
                sock.close()

    def _talk(self, sock):
        def take(n):
            data = b""
            while len(data) < n:
                part = sock.recv(n - len(data))
                if not part:
                    raise EOFError
                data += part
            return data

        self._send(HELLO, b"tillbox board".ljust(64, b"\0") + struct.pack("<I", 0))
        while True:
            kind, length, ident = struct.unpack("<III", take(12))
            body = take(length)
            with self.lock:
                self._packet(kind, ident, body)

    def _packet(self, kind, ident, body):
        """One packet of QEMU's."""
        if kind == HELLO:
            self.greeted = True
            if self.plugged:
                self._announce()
        elif not self.plugged:
            pass  # asked before QEMU saw it go
        elif kind == RESET:
            self.config = 1
            self._reset()
        elif kind == SET_CONFIG:
            self.config = body[0]
            self._send(CONFIG_STATUS, bytes([SUCCESS, self.config]), ident)
        elif kind == GET_CONFIG:
            self._send(CONFIG_STATUS, bytes([SUCCESS, self.config]), ident)
        elif kind == SET_ALT:
            self._send(ALT_STATUS, bytes([SUCCESS, body[0], body[1]]), ident)
        elif kind == GET_ALT:
            self._send(ALT_STATUS, bytes([SUCCESS, body[0], 0]), ident)
        elif kind == CONTROL:
            self._control(ident, body)

    def _reset(self):
        """What was under way is over: the host resets the device, or it is without power."""

    # -- requests on endpoint 0 --
    def _control(self, ident, body):
        endpoint, request, kind, _, value, index, length = struct.unpack("<BBBBHHH", body[:10])
        data = body[10:]
        if kind == IN and request == GET_DESCRIPTOR:
            answer = self._descriptor(value >> 8, value & 0xFF)
        else:
            answer = self._request(request, kind, value, index, length, data)
        if answer is None:
            self._answer(CONTROL, struct.pack("<BBBBHHH", endpoint, request, kind, STALL, value, index, 0), ident)
        elif kind & IN:
            answer = answer[:length]
            self._answer(CONTROL, struct.pack("<BBBBHHH", endpoint, request, kind, SUCCESS, value, index, len(answer)) + answer, ident)
        else:
            self._answer(CONTROL, struct.pack("<BBBBHHH", endpoint, request, kind, SUCCESS, value, index, len(data)), ident)

    def _descriptor(self, what, number):
        if what == DEVICE_TYPE:
            return self.DEVICE
        if what == CONFIG_TYPE:
            return self.CONFIG
        if what == STRING_TYPE and number == 0:
            return b"\x04\x03\x09\x04"
        if what == STRING_TYPE and number < len(self.STRINGS):
            text = self.STRINGS[number].encode("utf-16-le")
            return bytes([len(text) + 2, STRING_TYPE]) + text
        return None

    def _request(self, request, kind, value, index, length, data):
        """The answer to any other request, b"" to one that only tells something; None: the device knows no such request."""
        if kind & 0x60 == 0 and request != GET_DESCRIPTOR:  # standard requests
            return bytes(length) if kind & IN else b""
        return None
