"""`tillbox run`: the daemon, until it is told to stop.

SIGTERM and SIGINT stop it at once; SIGHUP (`systemctl reload`) at the first moment at which nobody is paying, so that what starts it
again starts it with the new program or configuration.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import gc
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import fields

from daemon import authorities
from daemon.cli import DONE, FAILED, WRONG
from daemon.commands.configuration import WrongConfigurationError, read_config
from daemon.config import Config, ConfigProblems
from daemon.secret import Secret
from daemon.watched import Watched


def run(arguments: argparse.Namespace) -> int:
    faulthandler.enable(sys.__stderr__ or sys.stderr)  # the watchdog ends a hung box with SIGABRT: then the journal shows where it hung
    watched = Watched(arguments.config)
    try:
        config = read_config(arguments.config)
    except WrongConfigurationError as wrong:
        return _logged(arguments, _show(wrong.problems, watched)) if arguments.show_problems else WRONG
    return _logged(arguments, _serve(config), secrets_of(config))


def _logged(arguments: argparse.Namespace, work: Coroutine[None, None, int], secrets: Sequence[Secret] = ()) -> int:
    """Carry it out with the log that the command line and the place ask for."""
    from daemon.logs import is_under_systemd, redact, setup

    with authorities.hidden():
        import aiohttp  # noqa: F401  # the first who imports it decides what it finds

    logs = setup(arguments.log_level, under_systemd=is_under_systemd(os.environ))
    for secret in secrets:
        redact(secret)
    try:
        return asyncio.run(work)
    except OSError as error:
        print(f"tillbox: {error}", file=sys.stderr)
        return FAILED
    finally:
        logs.stop()


def secrets_of(config: Config) -> list[Secret]:
    """Every secret that the configuration led to, for the last line of defence in the log."""
    found = [config.web.token, config.mqtt.password if config.mqtt is not None else None]
    for settings in config.gateways.values():
        found += [getattr(settings, field.name) for field in fields(settings)]
    return [value for value in found if isinstance(value, Secret)]


async def _serve(config: Config) -> int:
    from daemon.app import App
    from daemon.leaving import Leaving

    stop = _told_to_stop()
    async with App(config) as app:
        leaving = Leaving(lambda: app.is_idle, stop)
        app.presenter.listeners.append(leaving.look)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, leaving.ask)
        _settle()
        await stop.wait()
    return DONE


async def _show(problems: ConfigProblems, watched: Watched) -> int:
    """Until the configuration has changed: whoever started us starts us again."""
    from daemon.app import not_set_up

    stop = _told_to_stop()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stop.set)
    await not_set_up(problems, watched).run(stop)
    return DONE


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


def _settle() -> None:
    """What the start made stays until the end. Unless Python is told so, it walks through all of it every now and then, and
    stops everything meanwhile: 15 ms on a PC, many times that on a small board, and it may come between a scan and its charge."""
    gc.collect()
    gc.freeze()
