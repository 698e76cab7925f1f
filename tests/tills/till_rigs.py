"""Every kind of till that the factory builds, on a device of the test, under one face, for the contract suite."""

from __future__ import annotations

import pytest
from counter_rigs import KeypadRig, PoleAtOnceRig, PoleRig, SerialRig
from machine_rigs import MdbRig, MdbSessionRig, PulseRig
from till_rig import Rig
from till_shop import TillShop
from web_rig import HttpRig

from daemon.payment import Ref
from daemon.tables.tills import TillSettings
from daemon.tills import factory

RIGS: dict[str, type[Rig]] = {
    "serial": SerialRig,
    "keypad": KeypadRig,
    "pole": PoleRig,
    "pole-at-once": PoleAtOnceRig,
    "mdb": MdbRig,
    "mdb-session": MdbSessionRig,
    "pulse": PulseRig,
    "http": HttpRig,
}


def kinds_of_factory() -> set[str]:
    """What `daemon.tills.factory` can build, by the settings that it names, and what it leaves to `daemon.web`."""
    named = [thing for thing in vars(factory).values() if isinstance(thing, type) and issubclass(thing, TillSettings)]
    return {settings("any").kind for settings in named}


def every(*needs: str) -> pytest.MarkDecorator:
    """Each rig that owes all of that."""
    names = [name for name, rig in RIGS.items() if not rig.lacks.keys() & set(needs)]
    return pytest.mark.parametrize("rig", names, indirect=True)


def own_ref(shop: TillShop) -> Ref:
    """Of the till's newest payment."""
    return list(shop.own)[-1]
