"""The metrics of one box, put together: who is listened to, what is read at a scrape, and the thread in which its text is made.

Nothing of it runs while nobody asks, and nothing that it does holds up the loop: what is in memory is copied there, the disk is read
and the text made in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from daemon.gateways.base import Gateway
from daemon.metrics import families as f
from daemon.metrics.counted import Requests
from daemon.metrics.disk import Disk
from daemon.metrics.exposition import Text, expose
from daemon.metrics.observer import Observer
from daemon.metrics.tally import Reading


class Metrics:
    """`observer` follows payments, `requests` the gateways (by name); `tills` are the kinds of tills by name, `disk` is what is read in
    the thread."""

    def __init__(self, gateways: Mapping[str, Gateway], tills: Mapping[str, str], disk: Disk, *, version: str, terminal: str) -> None:
        self.observer = Observer(gateways.keys(), tills, time.monotonic)
        self.requests = Requests(gateways, time.monotonic)
        self._disk = disk
        self._build = Reading(f.BUILD, (((version, terminal), 1.0),))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="metrics")  # begins at the first scrape

    async def scrape(self, gauges: Callable[[], list[Reading]], accept: str = "") -> Text:
        """Everything as it is now, what `gauges` gives too, in the form that `Accept` asks for. One scrape after the other."""
        readings = [self._build, *gauges(), *self.observer.readings(), *self.requests.readings()]
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._text, readings, accept)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _text(self, readings: list[Reading], accept: str) -> Text:
        return expose([*readings, *self._disk.readings()], accept)
