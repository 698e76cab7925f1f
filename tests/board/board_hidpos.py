"""A bar code scanner in HID-POS mode on the board's USB hub, seen from the payer's side.

The guest has a real kernel's raw HID node of it, made by usbhid and hid-generic, and udev's names.

    scanner = HidScanner(); scanner.listen("/tmp/hid.sock")      QEMU connects to that socket
    scanner.plug(); scanner.scan("134567890123456789"); scanner.unplug()

What it says of itself and sends is that of real ones: USB HID 1.11 for the descriptors and requests, HID Point of Sale Usage
Tables 1.02 for the report.
"""

import struct

from board_redir import GET_DESCRIPTOR, IN, INTERRUPT, INTERRUPT_STATUS, START_INTERRUPT, STOP_INTERRUPT, SUCCESS, RedirDevice

VENDOR, PRODUCT = 0x1209, 0x0001  # what pid.codes leaves to everybody for tests

ENDPOINT, SIZE = 0x81, 64
HID, REPORT = 0x21, 0x22  # types of descriptors
TO_INTERFACE, CLASS_REQUEST = 0x01, 0x20  # parts of a request's type
SET_REPORT, SET_IDLE, SET_PROTOCOL = 0x09, 0x0A, 0x0B

# Report 2 brings what was read; report 4, towards the scanner, would pull its trigger, and nobody sends it.
REPORT_DESCRIPTOR = bytes.fromhex(
    "058c 0902 a101"  # page Bar Code Scanner; a scanner:
    "0912 a102 8502 1500 26ff00 7508"  # a scanned data report, number 2, of bytes:
    "9501 0501 093b 8102"  # a count,
    "9503 058c 09fb 09fc 09fd 8102"  # three of the symbology,
    "9538 09fe 820201"  # 56 of data, in a buffer,
    "0666ff 9502 0904 0900 8102"  # two of the maker's own,
    "058c 2501 7501 9508 09ff 8102 c0"  # and eight flags, of which the first says that more follows
    "0914 a102 8504 1500 2501 7501 9508 0900 095f 0960 0900 0900 0985 0986 9186 c0"  # the trigger report
    "c0"
)
DATA = 56


class HidScanner(RedirDevice):
    """`told`: reports that the host has sent to it, which no box should."""

    DEVICE = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0, 0, 0, 64, VENDOR, PRODUCT, 0x0100, 1, 2, 3, 1)
    CONFIG = (
        struct.pack("<BBHBBBBB", 9, 2, 34, 1, 1, 0, 0x80, 250)
        + struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 1, 3, 0, 0, 0)  # HID, no boot protocol
        + struct.pack("<BBHBBBH", 9, HID, 0x0111, 0, 1, REPORT, len(REPORT_DESCRIPTOR))
        + struct.pack("<BBBBHB", 7, 5, ENDPOINT, 3, SIZE, 10)  # interrupt, asked every 10 ms
    )
    STRINGS = ("", "tillbox board", "HID-POS scanner", "B0A2D5")
    NODES = f"/sys/bus/hid/devices/0003:{VENDOR:04X}:{PRODUCT:04X}.*/hidraw"  # where the guest's kernel tells of it

    def __init__(self):
        super().__init__(plugged=False)
        self.asked = False  # somebody in the guest reads it
        self.waiting = []  # reports until then
        self.told = []

    def scan(self, text, parts=None):
        """Reads a code, which goes out in as many reports as it needs; `parts`: only so many of them."""
        data = text.encode()
        reports = [self.report(data[at : at + DATA], more=at + DATA < len(data)) for at in range(0, len(data), DATA)]
        with self.lock:
            if not self.plugged:
                raise ValueError("a scanner without power scans nothing")
            self.waiting += reports[:parts]
            self._deliver()

    @staticmethod
    def report(part, more):
        return bytes([2, len(part)]) + b"]Q1" + part.ljust(DATA, b"\0") + b"\0\0" + bytes([more])

    def _deliver(self):
        if self.asked:
            for report in self.waiting:
                self._send(INTERRUPT, struct.pack("<BBH", ENDPOINT, SUCCESS, len(report)) + report)
            self.waiting.clear()

    def _reset(self):
        self.asked = False
        self.waiting.clear()

    def _packet(self, kind, ident, body):
        super()._packet(kind, ident, body)
        if self.plugged and kind in (START_INTERRUPT, STOP_INTERRUPT):
            self.asked = kind == START_INTERRUPT
            self._send(INTERRUPT_STATUS, bytes([SUCCESS, body[0]]), ident)
            self._deliver()

    def _request(self, request, kind, value, index, length, data):
        if kind == IN | TO_INTERFACE and request == GET_DESCRIPTOR:
            return {REPORT: REPORT_DESCRIPTOR, HID: self.CONFIG[18:27]}.get(value >> 8)
        if kind == TO_INTERFACE | CLASS_REQUEST:
            if request == SET_REPORT:
                self.told.append(data)
            return b"" if request in (SET_REPORT, SET_IDLE, SET_PROTOCOL) else None
        return super()._request(request, kind, value, index, length, data)
