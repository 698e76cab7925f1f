"""Credit pulses for what was paid, one after the other: each stored before and after, none given twice."""

from __future__ import annotations

import asyncio

from daemon.goods import Owing, Stand
from daemon.tills.handing_over import AGAIN_S, HandingOver
from daemon.tills.waking import Waking, now
from hw.interfaces import PulseEnd, PulseOutput

INHIBIT_MOST_S = 90.0
"""For which a machine may inhibit, or its line be away, before the next pulse (facts, tills 3.3: Nayax's inhibit time-out)."""

STOP_S = 3.0  # for the pulse in hand and its storing, when the box stops


class PulseGiving:
    """`waking` hears of every change of the line."""

    def __init__(self, output: PulseOutput, handing: HandingOver, waking: Waking) -> None:
        self._output = output
        self._handing = handing
        self._waking = waking
        self._unit: asyncio.Task[Owing] | None = None  # the pulse in hand, from before it is stored until after

    async def give(self, owing: Owing) -> Owing:
        """To the end of them, whatever it is. Raises NotStorable, KeyError where a pulse could not be stored as begun: it was not given,
        and all can be called again."""
        if owing.stands is Stand.FAILED:
            return await self._handing.give_back(owing)
        if owing.in_hand is not None:
            owing = await self._handing.doubted(owing, f"the box was cut off while it gave {owing.unit} {owing.in_hand}")
        why, until = "", now() + INHIBIT_MOST_S
        while not owing.is_all_begun and not why:
            before, (owing, trouble) = owing.begun, await self._next(owing)
            if owing.begun > before:
                until = now() + INHIBIT_MOST_S
            elif now() >= until:
                why = trouble
            else:
                await self._waking.woken(until, now() + AGAIN_S)
        return await self._handing.finish(owing, why)

    async def stop(self) -> None:
        """The pulse in hand is given and stored, within `STOP_S`; else it is in doubt, and the journal says so already."""
        if self._unit is not None:
            await asyncio.wait([self._unit], timeout=STOP_S)
            self._unit.cancel()
            await asyncio.gather(self._unit, return_exceptions=True)

    async def _next(self, owing: Owing) -> tuple[Owing, str]:
        """The goods after the next pulse; as they were where it cannot be given now, and why."""
        if self._output.inhibited:
            return owing, self._output.health.detail or "the machine inhibited"
        self._unit = asyncio.get_running_loop().create_task(self._give_one(owing))
        try:
            after = await asyncio.shield(self._unit)
        finally:
            if self._unit.done():
                self._unit = None
        return after, "no pulse could be given"

    async def _give_one(self, owing: Owing) -> Owing:
        owing = await self._handing.begun(owing)
        if self._output.inhibited:  # since it was looked at: a worn card takes its time. The machine would not see the pulse
            return await self._handing.store(owing.not_given())
        pulse = await self._output.pulse()
        if pulse.end is PulseEnd.GIVEN:
            return await self._handing.store(owing.certain())
        if pulse.end is PulseEnd.NOT_GIVEN:
            return await self._handing.store(owing.not_given())
        return await self._handing.doubted(owing, pulse.detail)
