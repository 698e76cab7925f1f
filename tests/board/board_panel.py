"""The board's I2C bus and the panel on it, seen from the host.

QEMU 7.2 has no I2C controller for this board. Its `usb-redir` device, however, lets a program play a USB device over a
socket. This module plays an i2c-tiny-usb adapter (a real, simple USB-I2C bridge that Linux has a driver for), so the
guest has a real kernel I2C bus, /dev/i2c-1, and everything that it sends arrives here, at the models below.

    bus = Bus({0x3C: Panel()}); bus.listen("/tmp/panel.sock")      QEMU connects to that socket
    bus[0x3C].rows()      the visible pixels, top row first, each a string of '#' and '.'
"""

import struct
import threading
import time
from typing import ClassVar

from board_redir import RedirDevice


class Panel:
    """A 128x64 SSD1306 (or, with columns=132, an SH1106): display memory, addressing modes and the commands that matter."""

    LENGTHS: ClassVar[dict[int, int]] = {
        0x20: 1,
        0x21: 2,
        0x22: 2,
        0x26: 6,
        0x27: 6,
        0x29: 5,
        0x2A: 5,
        0x81: 1,
        0x8D: 1,
        0xA3: 2,
        0xA8: 1,
        0xAD: 1,
        0xD3: 1,
        0xD5: 1,
        0xD8: 1,
        0xD9: 1,
        0xDA: 1,
        0xDB: 1,
        0xDC: 1,
    }

    def __init__(self, width=128, height=64, columns=128):
        self.width, self.height, self.columns = width, height, columns
        self.lock = threading.Condition()
        self.power_on()

    def power_on(self):
        with self.lock:
            self.ram = bytearray(self.columns * self.height // 8)
            self.mode = 2  # page addressing
            self.col, self.page = 0, 0
            self.cols, self.pages = (0, self.columns - 1), (0, self.height // 8 - 1)
            self.lit, self.inverted, self.all_on = False, False, False
            self.contrast, self.start_line, self.offset, self.multiplex = 0x7F, 0, 0, self.height - 1
            self.flip_columns = self.flip_rows = False
            self.charge_pump = False
            self.pending = []  # a command still waiting for its arguments
            self.commands, self.data_bytes, self.changed_at = 0, 0, time.monotonic()
            self.unknown = []

    # -- what the bus does --
    def write(self, data):
        with self.lock:
            i = 0
            while i < len(data):
                control = data[i]
                if control & 0x80:  # Co: one byte follows, then another control byte
                    chunk, i = data[i + 1 : i + 2], i + 2
                else:
                    chunk, i = data[i + 1 :], len(data)
                for byte in chunk:
                    self.put(byte) if control & 0x40 else self.command(byte)
            self.changed_at = time.monotonic()
            self.lock.notify_all()

    def read(self, length):
        return bytes([0x00 if self.lit else 0x40]) * length  # status: bit 6 set while the display is off

    def put(self, byte):
        self.data_bytes += 1
        self.ram[self.page * self.columns + self.col] = byte
        if self.mode == 2:
            self.col = self.col + 1 if self.col < self.columns - 1 else 0
        elif self.mode == 0:
            self.col += 1
            if self.col > self.cols[1]:
                self.col = self.cols[0]
                self.page = self.page + 1 if self.page < self.pages[1] else self.pages[0]
        else:
            self.page += 1
            if self.page > self.pages[1]:
                self.page = self.pages[0]
                self.col = self.col + 1 if self.col < self.cols[1] else self.cols[0]

    def command(self, byte):
        self.pending.append(byte)
        code = self.pending[0]
        if len(self.pending) <= self.LENGTHS.get(code, 0):
            return
        args, self.pending = self.pending[1:], []
        self.commands += 1
        last_page = self.height // 8 - 1
        if code <= 0x0F:
            self.col = (self.col & 0xF0) | code
        elif code <= 0x1F:
            self.col = (self.col & 0x0F) | (code & 0x0F) << 4
        elif code == 0x20:
            self.mode = args[0] & 3
        elif code == 0x21:
            self.cols = (args[0] & 0x7F, min(args[1] & 0x7F, self.columns - 1))
            self.col = self.cols[0]
        elif code == 0x22:
            self.pages = (args[0] & 7, min(args[1] & 7, last_page))
            self.page = self.pages[0]
        elif 0x40 <= code <= 0x7F:
            self.start_line = code & 0x3F
        elif code == 0x81:
            self.contrast = args[0]
        elif code == 0x8D:
            self.charge_pump = bool(args[0] & 4)
        elif code in (0xA0, 0xA1):
            self.flip_columns = code == 0xA1
        elif code in (0xA4, 0xA5):
            self.all_on = code == 0xA5
        elif code in (0xA6, 0xA7):
            self.inverted = code == 0xA7
        elif code == 0xA8:
            self.multiplex = args[0] & 0x3F
        elif code in (0xAE, 0xAF):
            self.lit = code == 0xAF
        elif 0xB0 <= code <= 0xB7:
            self.page = min(code & 7, last_page)
        elif code in (0xC0, 0xC8):
            self.flip_rows = code == 0xC8
        elif code == 0xD3:
            self.offset = args[0] & 0x3F
        elif code not in self.LENGTHS and code not in (0x2E, 0x2F, 0xE3) and not 0x30 <= code <= 0x33:
            self.unknown.append(code)
        self.col = min(self.col, self.columns - 1)

    # -- what a person sees (the glass mounted the usual way: upright with A1 and C8) --
    def pixels(self):
        """Rows of 0 and 1, top row first."""
        with self.lock:
            if not self.lit:
                return [[0] * self.width for _ in range(self.height)]
            first = (self.columns - self.width) // 2
            rows = []
            for y in range(self.height):
                line = y if self.flip_rows else self.height - 1 - y
                line = (line + self.start_line + self.offset) % self.height
                row = []
                for x in range(self.width):
                    col = first + (x if self.flip_columns else self.width - 1 - x)
                    on = self.all_on or bool(self.ram[(line >> 3) * self.columns + col] >> (line & 7) & 1)
                    row.append(int(on != self.inverted))
                rows.append(row)
            return rows

    def rows(self):
        return ["".join("#" if p else "." for p in row) for row in self.pixels()]

    def pbm(self):
        """The picture as a PBM file's bytes."""
        body = bytearray()
        for row in self.pixels():
            for x in range(0, self.width, 8):
                body.append(int("".join(str(p) for p in row[x : x + 8]).ljust(8, "0"), 2))
        return b"P4\n%d %d\n" % (self.width, self.height) + bytes(body)

    def wait(self, test, timeout=10.0):
        """Waits until test(panel) is true; looks again after every write. Returns its value, or False."""
        end = time.monotonic() + timeout
        with self.lock:
            while True:
                value = test(self)
                left = end - time.monotonic()
                if value or left <= 0:
                    return value
                self.lock.wait(min(left, 0.5))


class Bus(RedirDevice):
    """An i2c-tiny-usb adapter for QEMU's usb-redir device; devices is a dictionary address -> model."""

    DEVICE = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0110, 0xFF, 0, 0, 8, 0x0403, 0xC631, 0x0205, 1, 2, 3, 1)
    CONFIG = struct.pack("<BBHBBBBB", 9, 2, 18, 1, 1, 0, 0x80, 50) + struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 0, 0xFF, 0, 0, 0)
    STRINGS = ("", "tillbox board", "i2c-tiny-usb", "board-i2c")
    FUNCTIONS = 0x00000001 | 0x0EFF0000  # plain I2C, and SMBus made of it (as the real adapter says)

    def __init__(self, devices=None):
        super().__init__(plugged=True)
        self.devices = dict(devices or {})
        self.status = 0
        self.messages = 0
        self.log = None  # set to a list to record (address, 'w'|'r', bytes, acknowledged)

    def __getitem__(self, address):
        return self.devices[address]

    # -- faults --
    def remove(self, address):
        """The device no longer answers (its address is not acknowledged). Returns it, to put back with insert."""
        with self.lock:
            return self.devices.pop(address)

    def insert(self, address, device):
        with self.lock:
            self.devices[address] = device

    # -- requests --
    def _request(self, request, kind, value, index, length, data):
        if kind & 0x60 == 0:
            return super()._request(request, kind, value, index, length, data)
        if request == 0:  # echo
            return struct.pack("<H", value)
        if request == 1:
            return struct.pack("<I", self.FUNCTIONS)
        if request == 2:  # clock delay
            return b""
        if request == 3:
            return bytes([self.status])
        if 4 <= request <= 7:  # one I2C message: value = flags, index = address
            self.messages += 1
            device = self.devices.get(index)
            self.status = 1 if device else 2
            if value & 1:
                result = device.read(length) if device else bytes(length)
            else:
                result = b""
                if device:
                    device.write(data)
            if self.log is not None:
                self.log.append((index, "r" if value & 1 else "w", result if value & 1 else data, bool(device)))
            return result
        return None
