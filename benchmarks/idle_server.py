"""An aiohttp server that nobody asks: the floor of a box that is asked over HTTP.

    python idle_server.py [--libraries]

With `--libraries` it has imported what the box has to import for its scanner, panel, journal and provider, and uses none of it: the
memory that the box cannot go below while it is made of these.
"""

from __future__ import annotations

import asyncio
import importlib
import sys

from aiohttp import web

LIBRARIES = ("sqlite3", "PIL.Image", "serial", "defusedxml.ElementTree", "argparse", "tomllib", "logging.handlers")


async def answer(_request: web.Request) -> web.Response:
    return web.json_response({"ready": True})


async def main(libraries: bool) -> None:
    for name in LIBRARIES if libraries else ():
        importlib.import_module(name)
    app = web.Application()
    app.router.add_get("/v1/box", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"listening port={runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main("--libraries" in sys.argv[1:]))
