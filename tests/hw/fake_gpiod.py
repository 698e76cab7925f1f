"""libgpiod's Python module with nothing behind it, in both of its shapes. A line that somebody has is refused, as the kernel does."""

import errno
import types


class FakeChip:
    """The kernel's side: which lines are taken, by whom, as what, and their levels."""

    def __init__(self, path, lines=54):
        self.path, self.lines = path, lines
        self.taken, self.outputs, self.pulls, self.levels = {}, set(), {}, {}
        self.open_chips = 0

    def take(self, path, number, consumer, level, pull):
        if path != self.path:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        if not 0 <= number < self.lines:
            raise OSError(errno.EINVAL, "Invalid argument")
        if number in self.taken:
            raise OSError(errno.EBUSY, "Device or resource busy")
        self.taken[number] = consumer
        self.pulls[number] = pull
        if level is None:
            self.outputs.discard(number)
            self.levels.setdefault(number, int(pull == 1))
        else:
            self.outputs.add(number)
            self.levels[number] = level

    def give_back(self, number):
        del self.taken[number]
        self.outputs.discard(number)

    def write(self, number, level):
        if number not in self.outputs:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        self.levels[number] = level


def version_1(chip):
    """gpiod 1.6, as Debian 12 has it."""

    class Line:
        def __init__(self, number):
            self.number = number

        def request(self, *, consumer, type, default_vals=(), flags=0):  # noqa: A002 - gpiod spells it so
            if type == 3 and len(default_vals) != 1:
                raise ValueError("Number of default values must correspond to the number of lines.")
            chip.take(chip.path, self.number, consumer, default_vals[0] if type == 3 else None, {32: 1, 16: -1}.get(flags, 0))

        def get_value(self):
            return chip.levels[self.number]

        def set_value(self, level):
            chip.write(self.number, level)

        def release(self):
            chip.give_back(self.number)

    class Chip:
        OPEN_BY_PATH = 2

        def __init__(self, path, how):
            assert how == self.OPEN_BY_PATH
            if path != chip.path:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory")
            chip.open_chips += 1

        def get_line(self, number):
            if not 0 <= number < chip.lines:
                raise OSError(errno.EINVAL, "Invalid argument")
            return Line(number)

        def close(self):
            chip.open_chips -= 1

    module = types.ModuleType("gpiod")
    module.Chip = Chip
    module.LINE_REQ_DIR_IN, module.LINE_REQ_DIR_OUT = 2, 3
    module.LINE_REQ_FLAG_BIAS_PULL_DOWN, module.LINE_REQ_FLAG_BIAS_PULL_UP = 16, 32
    return {"gpiod": module}


def version_2(chip):
    """gpiod 2, as Debian 13 and PyPI have it."""
    import enum

    line = types.ModuleType("gpiod.line")
    line.Direction = enum.Enum("Direction", "AS_IS INPUT OUTPUT")
    line.Value = enum.Enum("Value", "INACTIVE ACTIVE")
    line.Bias = enum.Enum("Bias", "AS_IS UNKNOWN DISABLED PULL_UP PULL_DOWN")

    class LineSettings:
        def __init__(self, direction=line.Direction.AS_IS, output_value=line.Value.INACTIVE, bias=line.Bias.AS_IS):
            self.direction, self.output_value, self.bias = direction, output_value, bias

    class LineRequest:
        def __init__(self, number):
            self.number = number

        def get_value(self, number):
            assert number == self.number
            return line.Value.ACTIVE if chip.levels[number] else line.Value.INACTIVE

        def set_value(self, number, value):
            assert number == self.number
            assert isinstance(value, line.Value)
            chip.write(number, int(value is line.Value.ACTIVE))

        def release(self):
            chip.give_back(self.number)

    def request_lines(path, *, consumer, config):
        ((number, settings),) = config.items()
        level = int(settings.output_value is line.Value.ACTIVE) if settings.direction is line.Direction.OUTPUT else None
        pull = {line.Bias.PULL_UP: 1, line.Bias.PULL_DOWN: -1}.get(settings.bias, 0)
        chip.take(path, number, consumer, level, pull)
        return LineRequest(number)

    module = types.ModuleType("gpiod")
    module.LineSettings, module.request_lines, module.line = LineSettings, request_lines, line
    return {"gpiod": module, "gpiod.line": line}
