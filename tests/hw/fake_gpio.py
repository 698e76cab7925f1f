"""The RPi.GPIO module with nothing behind it: it refuses what the real one refuses, and keeps every level with its time."""

import asyncio


class FakeGpio:
    BCM, BOARD = 11, 10
    OUT, IN = 0, 1
    HIGH, LOW = 1, 0
    PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22

    def __init__(self):
        self.mode = None
        self.warnings = True
        self.directions = {}
        self.pulls = {}
        self.levels = {}  # as they are; given-back pins are not in it
        self.history = []  # (time, pin, level)
        self.sounds = []  # (time, pin, hz), hz 0 when it stops
        self.pwms = {}
        self.pressed = {}
        self.cleaned = []
        self.error = None
        self.calls = 0

    def _check(self, pin=None):
        self.calls += 1
        if self.error is not None:
            raise self.error
        if self.mode is None:
            raise RuntimeError("Please set pin numbering mode using GPIO.setmode(GPIO.BOARD) or GPIO.setmode(GPIO.BCM)")
        if pin is not None and not 0 <= pin <= 27:
            raise ValueError("The channel sent is invalid on a Raspberry Pi")

    def setwarnings(self, wanted):
        self.warnings = wanted

    def setmode(self, mode):
        if self.mode not in {None, mode}:
            raise ValueError("A different mode has already been set!")
        self.mode = mode

    def setup(self, pin, direction, pull_up_down=PUD_OFF, initial=-1):
        self._check(pin)
        if pin in self.directions and self.warnings:
            raise AssertionError("This channel is already in use, continuing anyway.")
        self.directions[pin], self.pulls[pin] = direction, pull_up_down
        if direction == self.OUT and initial >= 0:
            self._level(pin, initial)

    def output(self, pin, level):
        self._check(pin)
        if self.directions.get(pin) != self.OUT:
            raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
        self._level(pin, level)

    def input(self, pin):
        self._check(pin)
        if pin not in self.directions:
            raise RuntimeError("You must setup() the GPIO channel first")
        resting = self.pulls[pin] == self.PUD_UP
        return int(resting != self.pressed.get(pin, False))

    def cleanup(self, pins=None):
        assert pins is not None, "that would give back the pins of everybody else as well"
        for pin in pins:
            self.directions.pop(pin, None)
            self.levels.pop(pin, None)
            self.cleaned.append(pin)

    def PWM(self, pin, hz):  # noqa: N802 - RPi.GPIO spells it so
        self._check(pin)
        if pin in self.pwms:
            raise RuntimeError("A PWM object already exists for this GPIO channel")
        if self.directions.get(pin) != self.OUT:
            raise RuntimeError("You must setup() the GPIO channel as an output first")
        return _Pwm(self, pin, hz)

    def _level(self, pin, level):
        self.levels[pin] = level
        self.history.append((asyncio.get_running_loop().time(), pin, level))

    def sound(self, pin, hz):
        self.sounds.append((asyncio.get_running_loop().time(), pin, hz))


class _Pwm:
    def __init__(self, gpio, pin, hz):
        self.gpio, self.pin, self.hz, self.running = gpio, pin, hz, False
        gpio.pwms[pin] = True

    def start(self, duty):
        self.gpio._check()
        assert 0 < duty <= 100
        self.running = True
        self.gpio.sound(self.pin, self.hz)

    def ChangeFrequency(self, hz):  # noqa: N802 - RPi.GPIO spells it so
        self.gpio._check()
        if hz <= 0.0:
            raise ValueError("frequency must be greater than 0.0")
        self.hz = hz

    def stop(self):
        self.gpio._check()
        if self.running:
            self.running = False
            self.gpio.sound(self.pin, 0)

    def __del__(self):
        self.gpio.pwms.pop(self.pin, None)
