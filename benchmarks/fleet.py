"""What a fleet costs a payment: the way from scan to wire of three boxes that take turns, one in no fleet, one that tells a real mosquitto
of everything, and one whose mosquitto has gone.

    python -m benchmarks.fleet [--rounds N] [--directory DIR]

The payer takes between a third of a second and one and a half: so the code comes in the middle of all that the box does for its fleet
after the till's amount, the event and the state that it sends, and how far the broker has got, which it writes down a second later.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.box import Box
from benchmarks.broker import MOSQUITTO, Broker
from benchmarks.contestants import Tillbox
from benchmarks.figures import Samples, median, table
from benchmarks.stage import PATIENCE_S, Stage

ALONE, TELLING, CUT_OFF = "in no fleet", "in a fleet", "in a fleet whose broker has gone"
_PAYER_S = (0.3, 1.5)
_PAUSE_S = 1.0
_RTT_S = 0.02


class Searching(Tillbox):
    """A sale whose payer takes a moment to find the code."""

    def _payer_comes(self) -> None:
        time.sleep(random.uniform(*_PAYER_S))


def measure(directory: Path, rounds: int) -> dict[str, list[float]]:
    """Milliseconds from scan to wire, by box, in the order measured."""
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(directory, _RTT_S))
        staying, going = (stack.enter_context(Broker(directory / name)) for name in ("staying", "going"))
        boxes = {
            ALONE: stack.enter_context(Box(stage)),
            TELLING: stack.enter_context(Box(stage, name="telling", more=_mqtt(staying))),
            CUT_OFF: stack.enter_context(Box(stage, name="cut-off", more=_mqtt(going))),
        }
        tills = {name: Searching(stage, box) for name, box in boxes.items()}
        for till in tills.values():
            till.sale()  # not counted: the first sale of a process reads modules and pages that all later ones find
        _until_fleet_is(boxes[CUT_OFF], "ok")
        going.stop()
        _until_fleet_is(boxes[CUT_OFF], "failing")
        samples: dict[str, list[float]] = {name: [] for name in tills}
        for _ in range(rounds):
            for name, till in random.sample(list(tills.items()), len(tills)):
                time.sleep(_PAUSE_S)
                samples[name].append(till.sale())
        _until_fleet_is(boxes[TELLING], "ok")
    return samples


def _mqtt(broker: Broker) -> str:
    return f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'


def _until_fleet_is(box: Box, state: str) -> None:
    """Else nothing of what is said here was measured."""
    end = time.monotonic() + PATIENCE_S
    while (fleet := _fleet(box))["state"] != state:
        if time.monotonic() > end:
            raise RuntimeError(f"the box's fleet is {fleet}")
        time.sleep(0.05)


def _fleet(box: Box) -> Mapping[str, str]:
    with closing(HTTPConnection("127.0.0.1", box.port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/v1/box")
        fleet: dict[str, str] = json.load(connection.getresponse())["fleet"]
    return fleet


def ratio(samples: Samples, name: str) -> float:
    """How many times as long that box takes as the one in no fleet: the median over the rounds, in each of which both stood on the same
    machine under the same load."""
    return median([mine / other for mine, other in zip(samples[name], samples[ALONE], strict=True)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__.split("\n\n", 1)[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=20, help="of a sale at each box (default: %(default)s)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journals are, on a disk (default: %(default)s)")
    arguments = parser.parse_args()
    if MOSQUITTO is None:
        print("mosquitto is not installed (Debian's mosquitto): what a fleet costs is not measured", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory) as directory:
        samples = measure(Path(directory), arguments.rounds)
    print(table(samples, ALONE))
    for name in (TELLING, CUT_OFF):
        print(f"\nscan to wire of a box {name}: {ratio(samples, name):.2f} times as long as of one {ALONE} (median over the rounds)")


if __name__ == "__main__":
    main()
