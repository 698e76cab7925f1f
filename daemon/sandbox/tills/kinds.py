"""The emulated tills by the name of their kind. Each is imported only where it is wanted."""

from __future__ import annotations

from collections.abc import Callable

from daemon.sandbox.tills.base import Emulator


def _serial() -> Emulator:
    from daemon.sandbox.tills.serial import SerialCounter

    return SerialCounter()


def _mdb() -> Emulator:
    from daemon.sandbox.tills.mdb import MdbMachine

    return MdbMachine()


def _pole() -> Emulator:
    from daemon.sandbox.tills.pole import PoleCounter

    return PoleCounter()


EMULATORS: dict[str, Callable[[], Emulator]] = {
    "serial": _serial,
    "mdb": _mdb,
    "pole": _pole,
}
