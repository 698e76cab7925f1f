"""`[routes]`: which gateway serves what. With one gateway and no such table, it serves everything it can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from daemon.codes import SCHEMES
from daemon.gateways.base import Ability
from daemon.gateways.settings import (
    CbtisSettings,
    ConnectSettings,
    GatewaySettings,
    MerchantSettings,
    SimulatedSettings,
    Smart2paySettings,
    WechatSettings,
)
from daemon.tables import cbtis, connect
from daemon.tables.smart2pay import METHODS
from daemon.tables.table import Table
from daemon.tables.values import Reader, Wrong, shown


@dataclass(frozen=True, slots=True)
class Routes:
    """Names of gateways, by the scheme of a scanned code, and by the scheme that a request for a QR names."""

    scan: dict[str, str]
    show: dict[str, str]  # "default" serves requests that name no scheme, or one that is not here; {} where no QR can be shown


@dataclass(frozen=True, slots=True)
class Offer:
    """What a kind of gateway can do, and for whom."""

    abilities: frozenset[Ability]
    schemes: tuple[str, ...] = SCHEMES


# As each gateway's own `abilities` says, known without building it. A test holds the two together.
OFFERS: dict[type, Offer] = {
    WechatSettings: Offer(frozenset(Ability), ("wechat",)),
    MerchantSettings: Offer(frozenset(Ability)),
    SimulatedSettings: Offer(frozenset(Ability)),
    Smart2paySettings: Offer(frozenset({Ability.SHOW, Ability.REFUND, Ability.CLOSE}), tuple(METHODS.values())),
    CbtisSettings: Offer(frozenset({Ability.SHOW}), tuple(cbtis.SCHEMES.values())),
    ConnectSettings: Offer(frozenset({Ability.SHOW, Ability.REFUND, Ability.CLOSE}), connect.SCHEMES),
}

Gateways = Mapping[str, GatewaySettings | None]


def read_routes(root: Table, gateways: Gateways) -> Routes:
    given = "routes" in root
    table = root.table("routes")
    if not given:
        return _route_all(root, gateways)
    routes = Routes(_read_scan(table.table("scan"), gateways), _read_show(table, gateways))
    if table.is_empty:
        table.findings.problem(table.key, "says nothing", "scan.SCHEME or show, each with the name of a gateway")
    table.close()
    return routes


def _route_all(root: Table, gateways: Gateways) -> Routes:
    if len(gateways) > 1:
        root.problem("routes", "is missing, and there are several gateways", "the gateway of each scheme: scan.wechat = …, show = …")
    if len(gateways) != 1:
        return Routes({}, {})
    name, settings = next(iter(gateways.items()))
    return Routes(
        dict.fromkeys((scheme for scheme in SCHEMES if _can(settings, Ability.SCAN, scheme)), name),
        {"default": name} if _can(settings, Ability.SHOW, None) else {},
    )


def _can(settings: GatewaySettings | None, ability: Ability, scheme: str | None) -> bool:
    """Whether the gateway can do that; yes of one that could not be read, which has a problem of its own."""
    if settings is None:
        return True
    offer = _offer(settings)
    return ability in offer.abilities and (scheme is None or scheme in offer.schemes)


def _offer(settings: GatewaySettings) -> Offer:
    offer = OFFERS[type(settings)]
    if isinstance(settings, Smart2paySettings) and settings.method_id in METHODS:  # one method, one wallet
        return replace(offer, schemes=(METHODS[settings.method_id],))
    if isinstance(settings, CbtisSettings) and settings.type in cbtis.SCHEMES:  # one type, one wallet
        return replace(offer, schemes=(cbtis.SCHEMES[settings.type],))
    return offer


def _read_scan(table: Table, gateways: Gateways) -> dict[str, str]:
    routes = {scheme: table.take(scheme, _gateway(gateways, Ability.SCAN, scheme), None) for scheme in SCHEMES}
    table.close()
    return _named(routes.items())


def _read_show(routes: Table, gateways: Gateways) -> dict[str, str]:
    table = routes.text_or_table("show")
    if "show" not in routes:
        return {}
    if isinstance(table, str):
        return _named([("default", routes.take("show", _gateway(gateways, Ability.SHOW, None), None))])
    shows = _named((key, table.take(key, _gateway(gateways, Ability.SHOW, key), None)) for key in ("default", *SCHEMES))
    table.close()
    if "default" not in table and len(set(shows.values())) == 1:
        return {"default": next(iter(shows.values())), **shows}
    if "default" not in table:
        table.problem("default", "is missing", "the gateway for requests that name no scheme")
    return shows


def _gateway(gateways: Gateways, ability: Ability, scheme: str | None) -> Reader[str]:
    """The name of a gateway that can do this for that scheme."""
    scheme = None if scheme == "default" else scheme

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in gateways:
            raise Wrong(f"is {shown(value)}, and no gateway has that name")
        if not _can(gateways[value], ability, None):
            raise Wrong(f"is {value!r}, a gateway that cannot {ability}")
        if not _can(gateways[value], ability, scheme):
            raise Wrong(f"is {value!r}, a gateway that does not take {scheme}")
        return value

    return Reader(f"the name of a gateway: {', '.join(map(shown, gateways)) or 'there is none'}", read)


def _named(routes: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {key: name for key, name in routes if name is not None}
