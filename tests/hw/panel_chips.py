"""The chips of OLED panels, as far as what is written to them goes: what crosses the bus becomes what is in their memory.

They refuse what a data sheet does not allow at that place: an address outside of the memory, a window that ends before it begins, a
command of another chip, a picture without a place for it.
"""

import random

from PIL import Image


class Refused(AssertionError):
    """The chip would do something, and nobody knows what."""


class Chip:
    """`arguments` is how many bytes follow a command. After `power_on` it is dark, and its memory holds noise."""

    columns, pages = 128, 8
    arguments = {0x81: 1, 0x8D: 1, 0xA8: 1, 0xAD: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1}  # noqa: RUF012  # read only
    tolerated = frozenset()

    def __init__(self, seed=0):
        self._random = random.Random(seed)
        self.power_on()

    def power_on(self):
        self.ram = bytearray(self._random.randbytes(self.columns * self.pages))
        self.lit = False
        self.contrast = 0x7F
        self.page = self.column = 0
        self._pending = []

    def command(self, byte):
        self._pending.append(byte)
        code, *arguments = self._pending
        if len(arguments) == self.arguments.get(code, 0):
            self._pending = []
            self.obey(code, arguments)

    def obey(self, code, arguments):
        if code == 0x81:
            (self.contrast,) = arguments
        elif code in {0xAE, 0xAF}:
            self.lit = code == 0xAF
        elif not (code in self.arguments or code in self.tolerated or 0x40 <= code <= 0x7F or 0xA0 <= code <= 0xA7 or code in {0xC0, 0xC8}):
            raise Refused(f"0x{code:02X} is no command of {type(self).__name__}")

    def data(self, byte):
        if self._pending:
            raise Refused(f"pixels where 0x{self._pending[0]:02X} waits for what it is to do")
        self.ram[self.page * self.columns + self.column] = byte
        self.step()

    def picture(self, size, first_column=0):
        """What is on the glass: eight rows per byte, the lowest bit on top."""
        image = Image.new("1", size)
        for page in range(size[1] // 8):
            for x in range(size[0]):
                if byte := self.ram[page * self.columns + first_column + x]:
                    for row in range(8):
                        image.putpixel((x, page * 8 + row), 255 * (byte >> row & 1))
        return image


class Ssd1306(Chip):
    """Windows, which the column runs through before the page does; or, until that is chosen, pages."""

    arguments = {**Chip.arguments, 0x20: 1, 0x21: 2, 0x22: 2}  # noqa: RUF012  # read only

    def power_on(self):
        super().power_on()
        self.mode = 0x02
        self.window_columns, self.window_pages = (0, self.columns - 1), (0, self.pages - 1)

    def obey(self, code, arguments):
        if code == 0x20:
            (self.mode,) = arguments
        elif code == 0x21:
            self.window_columns = self.column, _ = self._range(arguments, self.columns)
        elif code == 0x22:
            self.window_pages = self.page, _ = self._range(arguments, self.pages)
        else:
            super().obey(code, arguments)

    def _range(self, arguments, size):
        if self.mode != 0x00 or not 0 <= arguments[0] <= arguments[1] < size:
            raise Refused(f"a window over {arguments} of {size}, in mode {self.mode}")
        return tuple(arguments)

    def step(self):
        if self.mode != 0x00:
            raise Refused("pixels where no mode was chosen")
        self.column += 1
        if self.column > self.window_columns[1]:
            self.column = self.window_columns[0]
            self.page = self.page + 1 if self.page < self.window_pages[1] else self.window_pages[0]


class Ssd1305(Ssd1306):
    """The same, for wider glass."""

    columns = 132


class Sh1106(Chip):
    """Pages only; the column stops at the end of the memory. luma's set-up has commands of the SSD1306 that it knows nothing of."""

    columns = 132
    tolerated = frozenset({0x20, 0x8D})  # what follows them it takes as commands
    arguments = {code: number for code, number in Chip.arguments.items() if code != 0x8D}  # noqa: RUF012  # read only

    def obey(self, code, arguments):
        if code <= 0x0F:
            self._go_to(self.column & 0xF0 | code)
        elif code <= 0x1F:
            self._go_to(self.column & 0x0F | (code & 0x0F) << 4)
        elif 0xB0 <= code <= 0xBF:
            self.page = code & 0x0F
        else:
            super().obey(code, arguments)

    def _go_to(self, column):
        if column >= self.columns:
            raise Refused(f"column {column} of {self.columns}, if only for a moment")
        self.column = column

    def data(self, byte):
        if self.column >= self.columns or self.page >= self.pages:
            raise Refused(f"pixels for column {self.column} of page {self.page}")
        super().data(byte)

    def step(self):
        self.column += 1


class Sh1107(Sh1106):
    """The same, for glass that stands: twice the pages. luma sets its pins as those of an SSD1306."""

    columns, pages = 128, 16


class Unread:
    """Any other: it takes everything, and nothing is known of what it shows."""

    lit = False

    def power_on(self):
        self.lit = False

    def command(self, byte):
        if byte in {0xAE, 0xAF}:
            self.lit = byte == 0xAF

    def data(self, _byte):
        """Taken."""


_CHIPS = {
    **dict.fromkeys(("ssd1306", "ssd1309", "ssd1315", "ssd1316"), Ssd1306),
    **dict.fromkeys(("ch1115", "sh1106"), Sh1106),
    "sh1107": Sh1107,
    "ssd1305": Ssd1305,
}


def chip_of(kind, seed=0):
    """What is in a panel of that kind."""
    return _CHIPS[kind](seed) if kind in _CHIPS else Unread()
