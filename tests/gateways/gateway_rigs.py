"""Every gateway beside the stand-in that it talks to over TLS, under one face, for `test_gateway_contract`.

A rig remembers what its gateway said, replies and errors alike, and which secrets it was given: `leaks` looks for these in all of
that, in reprs and in the log.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, quote_plus

from daemon.codes import AuthCode
from daemon.gateways.base import Ability, Gateway
from daemon.gateways.factory import build
from daemon.gateways.settings import (
    CbtisSettings,
    ConnectSettings,
    GatewaySettings,
    MerchantSettings,
    Place,
    SimulatedSettings,
    Smart2paySettings,
    WechatSettings,
)
from daemon.gateways.simulated import SimulatedGateway
from daemon.gateways.simulated_cases import CASES as SIMULATED_CASES
from daemon.gateways.simulated_cases import Standing as SimulatedStanding
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, State
from daemon.reply import GatewayError, NoAnswer, NotSent, Reply, Unintelligible, Verdict
from daemon.sandbox.cases import code_for
from daemon.sandbox.ledger import UnknownOrder
from daemon.sandbox.scenario import Call, Scenario, Standing, Timings
from daemon.sandbox.server import Sandbox
from daemon.sandbox.tls import make_certificates
from daemon.secret import Secret
from daemon.timing import Schedule

PLACE = Place("box-1", "shop-7", "The Tea Shop")
PATIENT = Schedule(answer_s=20.0, reply_s=20.0)  # a busy machine is not what is tested
TIMINGS = Timings(revoke_not_before_s=0.0, confirm_s=600.0)  # nobody pays because time goes by
WAITS = Scenario("waits", "the payer does nothing until the test says so", Standing.UNPAID)

CHARGE = {Mode.SCAN: "submit", Mode.SHOW: "create_qr"}
UNCLEAR: frozenset[object] = frozenset({NoAnswer, Unintelligible, Verdict.UNKNOWN})

Outcome = Verdict | type[GatewayError]

_serials = itertools.count(1)


@dataclass(frozen=True)
class Kind:
    """What is particular about one gateway; the rest is the contract. `wrong`: settings that the provider must not accept."""

    settings: type[GatewaySettings]
    abilities: frozenset[Ability]
    wrong: tuple[str, ...] = ()
    changes: tuple[tuple[str, Any], ...] = ()
    currency: str = "CNY"
    signs_answers: bool = False
    names_merchant: bool = True  # its answers say whose money it is
    ends_orders: bool = True  # its close proves something
    is_pushed: bool = False
    signs_pushes: bool = False  # over the body, that is
    is_variant: bool = False  # differs from another in what it says of a sale and of itself, and in nothing else

    @property
    def modes(self) -> list[Mode]:
        return [mode for mode in Mode if Ability(mode.value) in self.abilities]


_ALL = frozenset(Ability)
_SHOWS = frozenset({Ability.SHOW, Ability.REFUND, Ability.CLOSE})
_WECHAT = Kind(WechatSettings, _ALL, ("key", "mch_id", "appid"), signs_answers=True)
_SMART2PAY = Kind(Smart2paySettings, _SHOWS, ("api_key", "site_id"), ends_orders=False, is_pushed=True)
_CBTIS = Kind(CbtisSettings, frozenset({Ability.SHOW}), ("client_secret", "uid"), is_pushed=True, signs_pushes=True)

KINDS: dict[str, Kind] = {
    "wechat": _WECHAT,
    "wechat-md5": replace(_WECHAT, changes=(("sign_type", "MD5"),), is_variant=True),
    "merchant-signature": Kind(MerchantSettings, _ALL, ("secret", "key_id"), signs_answers=True),
    "merchant-bearer": Kind(MerchantSettings, _ALL, ("secret",), (("auth", "bearer"), ("key_id", None)), is_variant=True),
    "merchant-mtls": Kind(MerchantSettings, _ALL, ("client_key_file",), (("auth", "mtls"), ("key_id", None), ("secret", None))),
    "simulated": Kind(SimulatedSettings, _ALL),
    "smart2pay": _SMART2PAY,
    "smart2pay-alipay": replace(_SMART2PAY, changes=(("method_id", 24), ("fallback_redirect_url", True)), is_variant=True),
    "cbtis": _CBTIS,
    "cbtis-alipayhk": replace(
        _CBTIS, currency="HKD", changes=(("type", "alipayhk"), ("flow", "csb_qrcode"), ("payment_method", "ALIPAYHK")), is_variant=True
    ),
    "connect": Kind(
        ConnectSettings,
        _SHOWS,
        ("secret", "api_key_id", "merchant_id"),
        names_merchant=False,
        is_pushed=True,
        signs_pushes=True,
    ),
}
"""Every gateway, in each way of proving itself."""


class Rig:
    """One gateway and its stand-in. `heard` holds all that the gateway said."""

    def __init__(self, kind: Kind, sandbox: Sandbox) -> None:
        self.kind = kind
        self.sandbox = sandbox
        self.heard: list[object] = []
        self.secrets = _secrets_of(sandbox)
        self.settings = replace(_settings(kind.settings, sandbox), **dict(kind.changes))
        self._built: list[Gateway] = []
        self._requests_before, self._orders_before = self._requests(), len(sandbox.ledger.orders)
        self.gateway = self.built()

    # -- gateways --

    def built(self, schedule: Schedule = PATIENT, **changes: Any) -> Gateway:
        """One more gateway to the same stand-in, its settings changed."""
        gateway = build(replace(self.settings, **changes), PLACE, schedule)
        self._built.append(gateway)
        return gateway

    def with_wrong(self, name: str) -> Gateway:
        """A gateway with one thing in its settings that the provider does not accept."""
        if name == "client_key_file":
            return self.built(client_key_file=make_certificates(self.sandbox.directory / "stranger").client_key_file)
        known = getattr(self.settings, name)
        if not isinstance(known, Secret):
            return self.built(**{name: known[:-1] + ("1" if known[-1] != "1" else "2")})
        wrong = known.reveal()[::-1]
        self.secrets[f"the wrong {name}"] = wrong
        return self.built(**{name: Secret(wrong)})

    async def aclose(self) -> None:
        for gateway in self._built:
            self._note_tokens(gateway)
            await gateway.aclose()

    # -- orders --

    def attempt(self, mode: Mode, currency: str | None = None) -> Attempt:
        """A sale of its own, not yet sent."""
        state = State.SUBMITTING if mode is Mode.SCAN else State.CREATING_QR
        number = OutTradeNo(f"CONTRACT{next(_serials):08d}")
        amount = Amount(Minor(1250), currency or self.kind.currency)
        return Attempt(number, self.gateway.name, "wechat", amount, state, 0.0, "Green tea", mode=mode)

    def code(self, case: str = "paid") -> AuthCode:
        """A payer's code, never the same twice, that asks for that case; its middle is looked for in all that is told."""
        code = code_for(case, 10_000_000_000_000 + next(_serials) * 7_654_321)
        self.secrets[f"the payer's code of {case}"] = code[3:11]
        return AuthCode(code)

    async def make(self, mode: Mode, case: Scenario | str = WAITS, **how: Any) -> tuple[Attempt, Reply | GatewayError]:
        """Send a sale that goes as `case`. What came back, and the attempt as the box would know it then."""
        attempt = how.get("attempt") or self.attempt(mode)
        told = await self.call(CHARGE[mode], attempt, *self._put(mode, case), gateway=how.get("gateway"))
        moved = State.PENDING if mode is Mode.SCAN else State.PRESENTING_QR
        if not isinstance(told, Reply) or (mode is Mode.SHOW and told.verdict is not Verdict.QR):
            return attempt, told
        return attempt.but(state=moved, trade_no=told.trade_no, qr=told.qr), told

    def _put(self, mode: Mode, case: Scenario | str) -> tuple[AuthCode, ...]:
        if isinstance(case, Scenario):
            self.sandbox.deck.put(case)
        if mode is Mode.SCAN:
            return (self.code() if isinstance(case, Scenario) else self.code(case),)
        return ()

    async def call(self, name: str, *args: Any, gateway: Gateway | None = None) -> Reply | GatewayError:
        """What that call gives or, of the errors that are allowed, raises."""
        try:
            told = await getattr(gateway or self.gateway, name)(*args)
        except GatewayError as error:
            told = error
        self.heard.append(told)
        return told

    async def says(self, name: str, *args: Any, gateway: Gateway | None = None) -> Outcome:
        """The verdict of that call, or the class of the error."""
        return outcome(await self.call(name, *args, gateway=gateway))

    async def problems(self, gateway: Gateway | None = None) -> list[bool]:
        """What `check` found: whether each blocks. Its texts are remembered."""
        found = await (gateway or self.gateway).check()
        self.heard += found
        return [problem.blocking for problem in found]

    # -- the provider's side --

    async def network(self, *, up: bool) -> None:
        await self.sandbox.set_network(up=up)

    def pay(self, number: str) -> None:
        self.sandbox.ledger.confirm(number)

    def money(self, number: str) -> tuple[int, int]:
        """What came in for that order and what went back."""
        order = self.sandbox.ledger.order(number)
        return order.money_in, order.money_out

    def charges(self, number: str) -> int:
        """How often the provider was asked to make that order."""
        try:
            return self.sandbox.ledger.order(number).times(Call.CHARGE)
        except UnknownOrder:
            return 0

    def is_dead(self, number: str) -> bool:
        return self.sandbox.ledger.order(number).state in (Standing.CLOSED, Standing.REVOKED)

    @property
    def requests(self) -> int:
        """How many have arrived about orders; those that only keep a connection open, or fetch a token, are not counted."""
        return self._requests() - self._requests_before

    @property
    def orders(self) -> int:
        """How many orders were made."""
        return len(self.sandbox.ledger.orders) - self._orders_before

    def _requests(self) -> int:
        log = self.sandbox.line.log()
        return sum(1 for seen in log if seen["method"] != "HEAD" and not str(seen["path"]).endswith("/auth"))

    # -- discretion --

    def leaks(self, records: list[logging.LogRecord]) -> list[str]:
        """`WHAT in WHERE` for each secret that was told."""
        told = [("the log", logging.Formatter().format(record)) for record in records]
        told += [(type(heard).__name__, text) for heard in self.heard for text in _texts(heard)]
        for gateway in self._built:
            self._note_tokens(gateway)
            told += [("a repr", f"{gateway!r} {vars(gateway)!r}"), ("a repr", repr(getattr(gateway, "_settings", None)))]
        looks = [(what, look) for what, secret in self.secrets.items() for look in _looks(secret)]
        return sorted({f"{what} in {where}" for where, text in told for what, look in looks if look in text})

    def _note_tokens(self, gateway: Gateway) -> None:
        tokens = getattr(gateway, "_tokens", None)
        for serial, token in enumerate(tokens.secrets if tokens else ()):
            self.secrets[f"access token {id(gateway)}/{serial}"] = token.reveal()


class SimulatedRig(Rig):
    """The provider in memory: it is its own stand-in."""

    gateway: SimulatedGateway

    def _put(self, mode: Mode, case: Scenario | str) -> tuple[AuthCode, ...]:
        return () if mode is Mode.SHOW else (self.code("password_never" if isinstance(case, Scenario) else case),)

    async def network(self, *, up: bool) -> None:
        self.gateway.offline = not up

    def pay(self, number: str) -> None:
        self.gateway.pay(OutTradeNo(number))

    def money(self, number: str) -> tuple[int, int]:
        order = self.gateway.orders[OutTradeNo(number)]
        back = order.standing is SimulatedStanding.REFUNDED
        came = back or order.standing is SimulatedStanding.PAID
        return order.attempt.amount.minor * came, order.attempt.amount.minor * back

    def charges(self, number: str) -> int:
        return sum(1 for call in self.gateway.calls if call.name in CHARGE.values() and call.out_trade_no == number)

    def is_dead(self, number: str) -> bool:
        return self.gateway.orders[OutTradeNo(number)].standing in (SimulatedStanding.CLOSED, SimulatedStanding.REVOKED)

    @property
    def requests(self) -> int:
        return len(self.gateway.calls)

    @property
    def orders(self) -> int:
        return len(self.gateway.orders)

    @staticmethod
    def plays(case: str) -> bool:
        return code_for(case)[-2:] in SIMULATED_CASES


@contextlib.asynccontextmanager
async def rigged(name: str, sandbox: Sandbox) -> AsyncIterator[Rig]:
    """The rig of that name at a stand-in that is listening; afterwards it listens again, and has forgotten what was planned."""
    rig = (SimulatedRig if name == "simulated" else Rig)(KINDS[name], sandbox)
    try:
        yield rig
    finally:
        await rig.aclose()
        await sandbox.set_network(up=True)
        sandbox.deck._next.clear()
        sandbox.pushes.urls.clear()


def outcome(told: Reply | GatewayError) -> Outcome:
    return told.verdict if isinstance(told, Reply) else type(told)


def is_not_sent(outcomes: Any) -> bool:
    return all(isinstance(told, type) and issubclass(told, NotSent) for told in outcomes)


def is_unclear(told: Outcome) -> bool:
    return told in UNCLEAR or (isinstance(told, type) and issubclass(told, NoAnswer | Unintelligible))


def _settings(kind: type[GatewaySettings], sandbox: Sandbox) -> Any:
    """Settings that lead to the stand-in, with its credentials and nothing that need not be set."""
    url, ca = sandbox.base_url, sandbox.ca_file
    files = {"client_cert_file": sandbox.client_cert_file, "client_key_file": sandbox.client_key_file}
    theirs = sandbox.wechat, sandbox.merchant, sandbox.smart2pay, sandbox.cbtis, sandbox.connect
    wechat, merchant, smart2pay, cbtis, connect = theirs
    made: dict[type[Any], Any] = {
        WechatSettings: lambda: WechatSettings(
            "wechat", url, wechat.appid, wechat.mch_id, Secret(wechat.key), "HMAC-SHA256", ca_file=ca, **files
        ),
        MerchantSettings: lambda: MerchantSettings(
            "merchant", sandbox.merchant_url, "signature", merchant.key_id, Secret(merchant.secret), ca_file=ca, **files
        ),
        SimulatedSettings: lambda: SimulatedSettings("trial"),
        Smart2paySettings: lambda: Smart2paySettings(
            "smart2pay",
            sandbox.smart2pay_url,
            smart2pay.site_id,
            Secret(smart2pay.api_key),
            1066,
            "https://shop.example/thanks",
            "till@shop.example",
            "CN",
            10,
            ca_file=ca,
        ),
        CbtisSettings: lambda: CbtisSettings(
            "cbtis", url, cbtis.uid, Secret(cbtis.client_secret), Secret(cbtis.apikey), "wechat", "qrcode", ca_file=ca
        ),
        ConnectSettings: lambda: ConnectSettings(
            "connect",
            url,
            connect.merchant_id,
            connect.api_key_id,
            Secret(connect.secret),
            "CN",
            "203.0.113.7",
            connect.webhook_key_id,
            Secret(connect.webhook_secret),
            ca,
        ),
    }
    return made[kind]()


def _secrets_of(sandbox: Sandbox) -> dict[str, str]:
    basic = base64.b64encode(f"{sandbox.smart2pay.site_id}:{sandbox.smart2pay.api_key}".encode()).decode()
    return {
        "WeChat's key": sandbox.wechat.key,
        "the backend's secret": sandbox.merchant.secret,
        "Smart2Pay's key": sandbox.smart2pay.api_key,
        "Smart2Pay's authorization": basic,
        "CBTIS's secret": sandbox.cbtis.client_secret,
        "CBTIS's apikey": sandbox.cbtis.apikey,
        "Connect's secret": sandbox.connect.secret,
        "Connect's webhook secret": sandbox.connect.webhook_secret,
        "the client's private key": sandbox.client_key_file.read_text().splitlines()[1],
    }


def _looks(secret: str) -> set[str]:
    """How a secret may look in a text: as it is, in a URL, in Base64."""
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), base64.b64encode(secret.encode()).decode()}


def _texts(heard: object) -> Iterator[str]:
    """Everything that printing it could show, with all that led to it."""
    yield repr(heard)
    yield str(heard)
    if isinstance(heard, BaseException):
        yield "".join(traceback.format_exception(heard))
        cause: BaseException | None = heard
        while cause is not None:
            yield repr(cause)
            cause = cause.__cause__ or cause.__context__
