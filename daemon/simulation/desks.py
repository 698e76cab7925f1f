"""The providers' ends of the wire: bytes in, bytes out, from the sandbox's own stand-ins and on the simulator's ledger; and
with each the shipped gateway that speaks with it.

They outlive the box: what a backend has noted about a number, it knows after the box's restart too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

from daemon.gateways.base import Gateway
from daemon.gateways.client import Connect
from daemon.gateways.merchant import MerchantGateway
from daemon.gateways.settings import MerchantSettings, Place, WechatSettings
from daemon.gateways.signing import Request
from daemon.gateways.wechat import WechatGateway
from daemon.sandbox import merchant_checks as checks
from daemon.sandbox.credentials import MerchantCredentials, WechatCredentials
from daemon.sandbox.delivery import Answer
from daemon.sandbox.merchant import signed
from daemon.sandbox.merchant_answers import Said, problem
from daemon.sandbox.merchant_book import Book, Played
from daemon.sandbox.merchant_checks import Door, Refused
from daemon.sandbox.scenario import HONEST, Call, Lie, Step
from daemon.sandbox.wechat import CONTENT_TYPE, Asked, WechatDesk
from daemon.secret import Secret
from daemon.simulation.provider import Provider
from daemon.timing import Schedule

# Of this program alone, and of no use anywhere: nothing of the simulator leaves its process.
WECHAT = WechatCredentials("wxsimulated0000001", "1900000001", "a key of the simulator, nobody's", Path())
MERCHANT = MerchantCredentials("box-1", "a secret of the simulator, nobody's", Path())

JSON = "application/json"
PLACE = Place("box-1", "shop-1", "Tea & Cake")
MERCHANT_URL = "https://backend.invalid/merchant"
WECHAT_URL = "https://wechat.invalid"

Wall = Callable[[], dt.datetime]


class Desk(Protocol):
    """One provider. `certified`: the request came over a connection that showed the merchant's certificate."""

    def gateway(self, name: str, schedule: Schedule, connect: Connect) -> Gateway:
        """The shipped gateway that speaks with it, for one life of the box."""

    def answer(self, request: Request, *, certified: bool) -> tuple[Answer, Step]:
        """What comes of a request that has arrived, and how the order's scenario bends the answer."""

    def look(self, request: Request) -> tuple[Answer, Step]:
        """What a query that was held open is answered in the end."""

    def busy(self, request: Request) -> Answer:
        """Nothing was done, and the provider says so in a way that proves nothing."""


def desk_for(wire: str, provider: Provider, wall: Wall) -> Desk:
    """The desk that speaks this format. KeyError where there is none."""
    return _DESKS[wire](provider, wall)


class WechatEnd:
    """`sandbox.wechat` without a connection."""

    def __init__(self, provider: Provider, wall: Wall) -> None:
        self._desk = WechatDesk(provider.ledger, lambda code: provider.choose(code), WECHAT, wall, wants_certificates=True)

    def gateway(self, name: str, schedule: Schedule, connect: Connect) -> Gateway:
        key, unread = Secret(WECHAT.key), Path()  # no file is read where there is no TLS; that there is one is what counts
        settings = WechatSettings(name, WECHAT_URL, WECHAT.appid, WECHAT.mch_id, key, "HMAC-SHA256", unread, unread)
        return WechatGateway(settings, PLACE, schedule, nonce=lambda: "0" * 32, local_ip=lambda: "127.0.0.1", connect=connect)

    def answer(self, request: Request, *, certified: bool) -> tuple[Answer, Step]:
        body, step = self._desk.answer(_asked(request, certified=certified))
        return Answer(body, CONTENT_TYPE), step

    def look(self, request: Request) -> tuple[Answer, Step]:
        raise NotImplementedError("WeChat cannot hold a query")

    def busy(self, request: Request) -> Answer:
        return Answer(self._desk.busy(_asked(request, certified=True)), CONTENT_TYPE)


def _asked(request: Request, *, certified: bool) -> Asked:
    return Asked(request.method, request.target_uri.removeprefix(WECHAT_URL), request.body, certified)


@dataclass(slots=True)
class MerchantEnd:
    """`sandbox.merchant` without a connection."""

    provider: Provider
    wall: Wall
    _book: Book = field(init=False)
    _door: Door = field(init=False)
    _nonces: count[int] = field(default_factory=count)  # none comes again in whatever life of the box

    def __post_init__(self) -> None:
        # the same in every run: a history is the same wherever it is told
        self._book = Book(self.provider.ledger, lambda code: self.provider.choose(code), _pepper=bytes(32))
        self._door = Door(MERCHANT, self.provider.now, self.wall)

    def gateway(self, name: str, schedule: Schedule, connect: Connect) -> Gateway:
        settings = MerchantSettings(name, MERCHANT_URL, "signature", MERCHANT.key_id, Secret(MERCHANT.secret))
        # of the true time: a wall clock that is wrong costs the backend's signatures, which is not what is tried
        return MerchantGateway(settings, PLACE, schedule, wall_clock=self._seconds, nonce=self._fresh_nonce, connect=connect)

    def _seconds(self) -> float:
        return self.wall().timestamp()

    def _fresh_nonce(self) -> str:
        return f"n{next(self._nonces)}"

    def answer(self, request: Request, *, certified: bool) -> tuple[Answer, Step]:
        try:
            self._door.admit(request, certified=certified)
            said, step = self._played(request)
        except Refused as refused:
            said, step = problem(refused), HONEST
        return self._sent(request, said, step.lie), step

    def look(self, request: Request) -> tuple[Answer, Step]:
        number = request.target_uri.rpartition("/")[2]
        order = self.provider.find(number)
        step = HONEST if order is None else order.scenario.step(Call.QUERY, order.times(Call.QUERY))
        return self._sent(request, self._book.as_it_stands(number, step), step.lie), step

    def busy(self, request: Request) -> Answer:  # noqa: ARG002  # whatever it was
        return Answer(b"<html>busy</html>", "text/html", 503)

    def _sent(self, request: Request, said: Said, lie: Lie) -> Answer:
        return signed(self._door, request, said.lying(lie).answer(), lie)

    def _played(self, request: Request) -> Played:
        path = request.target_uri.removeprefix(f"{MERCHANT_URL}/v1/").split("/")
        match path:
            case ["charges"]:
                asked = checks.parse(JSON, request.body, checks.CHARGE)
                return self._book.make(asked, asked["auth_code"])
            case ["qr-orders"]:
                return self._book.make(checks.parse(JSON, request.body, checks.QR_ORDER), None)
            case ["orders", number]:
                return self._queried(number)
            case ["orders", _, "revoke"]:
                return self._book.revoke(checks.parse(JSON, request.body, checks.ORDER))
            case ["orders", _, "close"]:
                return self._book.close(checks.parse(JSON, request.body, checks.ORDER))
            case ["orders", _, "refund"]:
                return self._book.refund(checks.parse(JSON, request.body, checks.REFUND))
        raise NotImplementedError(f"no such path: {'/'.join(path)}")

    def _queried(self, number: str) -> Played:
        step = self.provider.ledger.enter(number, Call.QUERY)
        said = self._book.as_it_stands(number, step)
        self.provider.ledger.leave(number, Call.QUERY)
        return said, step


_DESKS: dict[str, Callable[[Provider, Wall], Desk]] = {"wechat": WechatEnd, "merchant": MerchantEnd}
