"""`tillbox demo`: see the box, and try it, without a box."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from daemon.cli import DONE, FAILED


def run(arguments: argparse.Namespace) -> int:
    from daemon.logs import setup

    logs = setup("error", under_systemd=False)
    try:
        return asyncio.run(_demo(arguments.once, arguments.port, arguments.language))
    except OSError as error:
        print(f"tillbox: {error}; another port may help: tillbox demo --port 0", file=sys.stderr)
        return FAILED
    finally:
        logs.stop()


async def _demo(once: bool, port: int, language: str) -> int:
    from daemon.demo.console import Console
    from daemon.demo.shown import Shown
    from daemon.demo.stage import set_stage
    from daemon.demo.stories import STORIES, play

    with tempfile.TemporaryDirectory(prefix="tillbox-demo-") as scratch:
        async with set_stage(Path(scratch), port, language, _say) as stage:
            Shown(stage.app, _say, colours=sys.stdout.isatty()).start()
            _say(f"\nThe box answers at {stage.address}/v1/box; the provider is a sandbox at {stage.sandbox.base_url}.\n")
            ended_well = True
            for story in STORIES if once else STORIES[:1]:
                _say(f"\n== {story.title} ==")
                ended_well = await play(stage, story) and ended_well
            if not once:
                _say("")
                await Console(stage).run()
    _say("All four sales ended as they must." if ended_well and once else "")
    return DONE if ended_well else FAILED


def _say(text: str) -> None:
    print(text, flush=True)
