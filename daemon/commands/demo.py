"""`tillbox demo`: see the box, and try it, without a box."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.cli import DONE, FAILED

if TYPE_CHECKING:
    from daemon.demo.stage import Stage
    from daemon.demo.till_kinds import Act, TillDemo

_WEB_TILL = '[tills.web]\nkind = "http"\n'  # amounts may be typed at any demo


def run(arguments: argparse.Namespace) -> int:
    from daemon.logs import setup

    logs = setup("error", under_systemd=False)
    try:
        return asyncio.run(_demo(arguments))
    except OSError as error:
        print(f"tillbox: {error}; another port may help: tillbox demo --port 0", file=sys.stderr)
        return FAILED
    finally:
        logs.stop()


async def _demo(arguments: argparse.Namespace) -> int:
    from daemon.demo.console import Console
    from daemon.demo.shown import Shown
    from daemon.demo.stage import set_stage
    from daemon.demo.till_kinds import TILLS

    once: bool = arguments.once
    with tempfile.TemporaryDirectory(prefix="tillbox-demo-") as scratch:
        async with AsyncExitStack() as stack:
            till = await stack.enter_async_context(TILLS[arguments.till](_say)) if arguments.till else None
            tills = till.toml + _WEB_TILL if till else ""
            stage = await stack.enter_async_context(set_stage(Path(scratch), arguments.port, arguments.language, _say, tills))
            Shown(stage.app, _say, colours=sys.stdout.isatty()).start()
            _say(f"\nThe box's page, to look at and to play with: {stage.address}/")
            _say(f"Its HTTP interface is below {stage.address}/v1/; the provider is a sandbox at {stage.sandbox.base_url}.\n")
            acts = _acts(stage, till, shown=arguments.show)
            ended_well = await _play(acts if once else acts[:1])
            if not once:
                _say("")
                await Console(stage, shows=arguments.show, till=till).run()
    _say(f"All {_NUMBERS.get(len(acts), len(acts))} sales ended as they must." if ended_well and once else "")
    return DONE if ended_well else FAILED


_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def _acts(stage: Stage, till: TillDemo | None, *, shown: bool) -> list[Act]:
    from daemon.demo import qr_stories, stories

    if till is not None:
        return till.acts(stage)
    if shown:
        return [(story.title, partial(qr_stories.play, stage, story)) for story in qr_stories.QR_STORIES]
    return [(story.title, partial(stories.play, stage, story)) for story in stories.STORIES]


async def _play(acts: list[Act]) -> bool:
    """Whether all ended as they must; one that does not keeps none of the others from being played."""
    ended_well = True
    for title, act in acts:
        _say(f"\n== {title} ==")
        ended_well = await act() and ended_well
    return ended_well


def _say(text: str) -> None:
    print(text, flush=True)
