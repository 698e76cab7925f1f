"""What hangs on the board's USB hub and can be pulled and plugged: scanner, till line, network card, the panel's bus, a HID-POS scanner."""

import time

from board_links import connected

SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))
KEYS = {
    "`": "grave_accent",
    "-": "minus",
    "=": "equal",
    "[": "bracket_left",
    "]": "bracket_right",
    "\\": "backslash",
    ";": "semicolon",
    "'": "apostrophe",
    ",": "comma",
    ".": "dot",
    "/": "slash",
    " ": "spc",
    "\n": "ret",
    "\t": "tab",
}


class Device:
    """Something on the USB hub that can be pulled and plugged."""

    # The emulator's USB controller keeps serving a bulk transfer of a device that is gone, and then ends itself (an
    # assertion). So devices with bulk transfers are pulled in two steps: the guest's kernel is told to drop the port (it
    # disconnects the device as when pulled), then other transfers push the stale ones out, then the device goes.
    DROP = (
        "p=/sys/bus/usb/devices/1-1:1.0/1-1-port{port}/disable; q=/sys/bus/usb/devices/1-1:1.0/1-1-port8/disable; "
        "echo 1 >$p && for i in 1 2 3; do echo 1 >$q; echo 0 >$q; done"
    )
    RAISE = "echo 0 >/sys/bus/usb/devices/1-1:1.0/1-1-port{port}/disable"
    bulk = False

    def __init__(self, board, name, options):
        self.board, self.name, self.options = board, name, options
        self.plugged = True
        self.dropped = False

    def unplug(self):
        if self.plugged:
            if self.bulk:
                self.board.check(self.DROP.format(port=self.options["port"].split(".")[1]))
                self.dropped = True
            self.board.monitor("device_del", id=self.name)
            self.board.monitor.wait("DEVICE_DELETED", lambda d: d.get("device") == self.name)
            self.plugged = False

    def plug(self):
        if not self.plugged:
            self.board.monitor("device_add", **self.options)
            self.plugged = True
            if self.dropped:
                self.board.check(self.RAISE.format(port=self.options["port"].split(".")[1]))
                self.dropped = False


class Redirected(Device):
    """A device that a program plays (board_redir.py); it plugs itself, over the usbredir connection, into a slot that QEMU keeps for it.
    `slot`: whether that is there; the first plug makes it."""

    def __init__(self, board, name, port, played):
        super().__init__(board, name, {"driver": "usb-redir", "id": name, "bus": "usb-bus.0", "port": port, "chardev": name})
        self.played = played
        self.slot = False

    def unplug(self):
        self.played.unplug()
        self.plugged = False

    def plug(self):
        if not self.slot:
            self.board.monitor("device_add", **self.options)
            self.slot = True
        self.played.plug()
        self.plugged = True


class HidPos(Redirected):
    def __init__(self, board, name, port, played):
        super().__init__(board, name, port, played)
        self.plugged = False  # only stories about it have one

    def scan(self, text, parts=None):
        self.played.scan(text, parts)


class Network(Device):
    bulk = True


class Scanner(Device):
    def type(self, text, enter=True, pace=0.02):
        """Types like a keyboard-wedge scanner. pace: seconds for each press and each release; below 0.012 keys may be lost."""
        for char in text + ("\n" if enter else ""):
            base = SHIFTED.get(char, char)
            shift = base != char or (char.isascii() and char.isupper())
            key = KEYS.get(base, base.lower())
            if shift:
                self.key("shift", True, pace)
            self.key(key, True, pace)
            self.key(key, False, pace)
            if shift:
                self.key("shift", False, pace)

    def key(self, code, down, pace=0.02):
        start = time.monotonic()
        self.board.monitor("input-send-event", events=[{"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": code}}}])
        time.sleep(max(0.0, pace - (time.monotonic() - start)))


class Till(Device):
    """The far end of the USB serial line."""

    bulk = True
    sock = None

    def connect(self, path):
        self.sock = connected(path)

    def send(self, data):
        self.sock.sendall(data)

    def receive(self, timeout=5.0, until=b"\n"):
        """What arrives, up to and with `until`; what there is when the time is over."""
        end, data = time.monotonic() + timeout, b""
        while until not in data and time.monotonic() < end:
            self.sock.settimeout(max(0.01, end - time.monotonic()))
            try:
                part = self.sock.recv(1)
            except TimeoutError:
                break
            if not part:
                break
            data += part
        return data
