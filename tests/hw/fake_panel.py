"""An SSD1306 on an I2C bus, in place of smbus2's: what luma.oled writes to it can be looked at, and it can be pulled, lose its power
or hang."""

import errno
import threading

from PIL import Image


class FakePanel:
    """The chip and its bus: `frames` are the images written, the blank ones that luma begins with included; `openings` are those that
    luma made to write, and `reads` the times that it was asked."""

    def __init__(self, width=128, height=64):
        self.width, self.height = width, height
        self.frames = []
        self.commands = []
        self.openings = 0
        self.reads = 0
        self.lit = False
        self.can_be_read = True
        self.open_buses = 0
        self.plugged = True
        self.error = None
        self.free = threading.Event()  # cleared: the bus hangs
        self.free.set()

    def bus(self, _number, force=False):
        """In place of smbus2.SMBus."""
        if isinstance(self.error, PermissionError | FileNotFoundError):
            raise self.error
        self.open_buses += 1
        return _Bus(self)

    @property
    def image(self):
        return self.frames[-1] if self.frames else None

    def lose_power(self):
        """For a moment: it answers again, but is off."""
        self.lit = False

    def transfer(self):
        self.free.wait(10)
        if self.error is not None:
            raise self.error
        if not self.plugged:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")


class _Bus:
    def __init__(self, panel):
        self.panel = panel
        self.is_written_to = False

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def write_i2c_block_data(self, _address, _mode, data):
        self.panel.openings += not self.is_written_to
        self.is_written_to = True
        self.panel.transfer()
        self.panel.commands.append(tuple(data))
        if data[0] in {0xAE, 0xAF}:
            self.panel.lit = data[0] == 0xAF

    def read_byte(self, _address):
        """The status: 0x40 while it is off; the other bits tell kinds of panels apart."""
        self.panel.transfer()
        self.panel.reads += 1
        if not self.panel.can_be_read:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        return 0x03 if self.panel.lit else 0x43

    def i2c_rdwr(self, message):
        self.panel.transfer()
        self.panel.frames.append(self._picture(bytes(list(message)[1:])))

    def _picture(self, data):
        """Eight rows per byte, the lowest bit on top."""
        image = Image.new("1", (self.panel.width, self.panel.height))
        for index, byte in enumerate(data):
            page, x = divmod(index, self.panel.width)
            for bit in range(8):
                image.putpixel((x, page * 8 + bit), 255 * (byte >> bit & 1))
        return image

    def close(self):
        self.panel.open_buses -= 1
