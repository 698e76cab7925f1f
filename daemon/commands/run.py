"""`tillbox run`: the daemon, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import gc
import os
import signal
import sys
from dataclasses import fields

from daemon.cli import DONE, FAILED, WRONG
from daemon.commands.configuration import WrongConfigurationError, read_config
from daemon.config import Config
from daemon.secret import Secret


def run(arguments: argparse.Namespace) -> int:
    faulthandler.enable(sys.__stderr__ or sys.stderr)  # the watchdog ends a hung box with SIGABRT: then the journal shows where it hung
    try:
        config = read_config(arguments.config)
    except WrongConfigurationError:
        return WRONG
    from daemon.logs import is_under_systemd, redact, setup

    logs = setup(arguments.log_level, under_systemd=is_under_systemd(os.environ))
    for secret in secrets_of(config):
        redact(secret)
    try:
        return asyncio.run(_serve(config))
    except OSError as error:
        print(f"tillbox: {error}", file=sys.stderr)
        return FAILED
    finally:
        logs.stop()


def secrets_of(config: Config) -> list[Secret]:
    """Every secret that the configuration led to, for the last line of defence in the log."""
    found = [config.web.token]
    for settings in config.gateways.values():
        found += [getattr(settings, field.name) for field in fields(settings)]
    return [value for value in found if isinstance(value, Secret)]


async def _serve(config: Config) -> int:
    from daemon.app import App

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with App(config):
        _settle()
        await stop.wait()
    return DONE


def _settle() -> None:
    """What the start made stays until the end. Unless Python is told so, it walks through all of it every now and then, and
    stops everything meanwhile: 15 ms on a PC, many times that on a small board, and it may come between a scan and its charge."""
    gc.collect()
    gc.freeze()
