"""Worldline Connect (GlobalCollect), WeChat Pay as product 863: the box shows the QR code of a `desktopQRCode` payment.

    [gateways.worldline]
    kind = "connect"
    base_url = "https://api.connect.worldline-solutions.com"    # or https://api.preprod.connect.worldline-solutions.com
    merchant_id = 1234
    api_key_id = "5e45c937b9db33ae"
    secret_file = "credential:connect"
    country = "CN"

Pages: "WeChat Pay, Integration", "Create payment", "Third party status", "Authentication", "Idempotent requests", "Webhooks".

The provider guarantees one payment for one idempotence key, and the key of an order is its number: `create_qr` may be called again
after an answer was lost, and gives the same payment with the same QR code. For a day, that is; the box shows a QR for minutes.

While a QR is shown the box asks how far the payer has come, every three seconds as the provider wants it. That answer only ever
means "wait": whether money moved is in the payment itself, which is read as soon as the first answer is anything else or none,
at every fifth question all the same, and at every question about an order whose QR is not shown (any more).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence

from daemon.codes import AuthCode
from daemon.gateways import connect_answers as answers
from daemon.gateways import connect_codes as codes
from daemon.gateways import connect_picture as picture
from daemon.gateways import connect_push as push
from daemon.gateways import connect_wire as wire
from daemon.gateways.base import Ability, Problem, Push, refund_number
from daemon.gateways.connect_client import ConnectClient
from daemon.gateways.connect_wire import Heard, Money
from daemon.gateways.own_address import own_address
from daemon.gateways.patience import Patience
from daemon.gateways.settings import ConnectSettings, Place
from daemon.payment import Attempt, State
from daemon.reply import GatewayError, NoAnswer, NotSent, Refusal, Reply, Verdict
from daemon.timing import Schedule

_log = logging.getLogger(__name__)

SURE_EVERY = 5  # questions, of which one goes to the payment itself, should "waiting" be said for ever. Own

_HINT_SHARE = 0.4  # of a query's time for the question that only ever means "wait". Own


class ConnectGateway:
    """One merchant number at Connect. Implements `base.Gateway` and `base.Pushed`. `wall_clock` gives Unix seconds."""

    abilities = frozenset({Ability.SHOW, Ability.REFUND, Ability.CLOSE})
    holds_queries = False
    repeats_creates = True

    def __init__(
        self,
        settings: ConnectSettings,
        place: Place,
        schedule: Schedule,
        *,
        wall_clock: Callable[[], float] = time.time,
        local_ip: Callable[[], str] = own_address,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._place = place
        self._schedule = schedule
        self._local_ip = local_ip
        self._client = ConnectClient(settings, wall_clock)

    # -- what the runner asks --

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:  # noqa: ARG002  # the protocol's signature
        raise NotSent("this provider takes no code that the payer shows")

    async def create_qr(self, attempt: Attempt) -> Reply:
        """One payment for one order number, however often this is called."""
        try:
            body = wire.create(attempt, self._settings, self._place, self._settings.customer_ip or self._local_ip())
        except ValueError as error:
            return Reply(Verdict.REFUSED, "amount", str(error), refusal=Refusal.OURS)
        heard = await self._post("/payments", body, Patience(self._schedule.answer_s), key=attempt.out_trade_no)
        reply = answers.read_create(heard, attempt)
        return await self._with_link(reply, attempt, wire.shown(heard.fields)) if reply.verdict is Verdict.QR else reply

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:  # noqa: ARG002  # Connect cannot hold a query
        """See the top of this file for when the payment itself is read."""
        patience = Patience(self._schedule.reply_s)
        if not self._wants_proof(attempt):
            waiting = await self._waiting(str(attempt.trade_no), patience)
            if waiting is not None:
                return waiting
        found = await self._find(attempt, patience)
        return answers.NOT_KNOWN if found is None else self._read(found, attempt)

    async def revoke(self, attempt: Attempt) -> Reply:
        """There are no charges here to be undone; an unpaid order is given up by `close`."""
        return await self.close(attempt)

    async def close(self, attempt: Attempt) -> Reply:
        """Cancelled where the provider says that it can be, and read again: only the payment itself shows that it is dead.
        REVOKE_REFUSED where it cannot be."""
        patience = Patience(self._schedule.reply_s)
        found = await self._find(attempt, patience)
        if found is None:
            return answers.NOT_KNOWN
        reply = self._read(found, attempt)
        if reply.verdict not in (Verdict.UNPAID, Verdict.CONFIRMING, Verdict.UNKNOWN):
            return reply
        if found.is_cancellable is False:
            return Reply(Verdict.REVOKE_REFUSED, reply.code, "the provider cannot cancel the payment as it stands", found.id)
        return await self._cancel(str(found.id), attempt, patience)

    async def refund(self, attempt: Attempt) -> Reply:
        """The whole amount back, under the one refund number of this order. Whether there is a refund already is asked first:
        an idempotence key is remembered for a day only."""
        patience = Patience(self._schedule.reply_s)
        payment_id = await self._id(attempt, patience)
        if payment_id is None:
            return Reply(Verdict.UNKNOWN, "404", "the provider has no payment of this number to refund")
        there = answers.read_refunds(await self._get(f"/payments/{payment_id}/refunds", patience), attempt, payment_id)
        if there is not None:
            return there
        heard = await self._post(f"/payments/{payment_id}/refund", wire.refund(attempt), patience, key=refund_number(attempt))
        return answers.read_refund(heard, attempt, payment_id)

    async def check(self) -> list[Problem]:
        """Clock, reach and credentials, by the call that the provider has for it."""
        if not self._client.clock_is_set:
            return [Problem("clock not set: requests cannot be signed before the time of day is known", blocking=True)]
        try:
            answer = await self._client.get("/services/testconnection", self._schedule.reply_s)
            return answers.read_check(wire.hear(answer), self._client.skew_s(answer))
        except GatewayError as error:
            return [Problem(str(error), blocking=False)]

    async def warm(self) -> None:
        await self._client.warm()

    async def aclose(self) -> None:
        await self._client.aclose()

    # -- notifications --

    def read_push(self, method: str, headers: Mapping[str, Sequence[str]], body: bytes) -> Push:
        """See `base.Pushed`."""
        return push.read(method, headers, body, self._settings)

    # -- how --

    def _wants_proof(self, attempt: Attempt) -> bool:
        """Whether the payment itself is to be read, because nothing less would do or because it is the turn."""
        if attempt.state is not State.PRESENTING_QR or not wire.is_id(attempt.trade_no):
            return True
        question = round((attempt.asked_at - attempt.sent_at) / self._schedule.qr_query_every_s)
        return question % SURE_EVERY == 0

    async def _waiting(self, payment_id: str, patience: Patience) -> Reply | None:
        """That the payer has not finished, where the provider says so; whatever else it says, or does not, is None."""
        try:
            answer = await self._client.get(f"/payments/{payment_id}/thirdpartystatus", patience.left() * _HINT_SHARE)
            return answers.read_third_party(wire.hear(answer), payment_id)
        except GatewayError as error:
            _log.info("third_party_status_failed trade_no=%s why=%s", payment_id, error)
            return None

    async def _id(self, attempt: Attempt, patience: Patience) -> str | None:
        """The payment's id, remembered or looked up by our number."""
        if wire.is_id(attempt.trade_no):
            return attempt.trade_no
        found = await self._find(attempt, patience)
        return None if found is None else found.id

    async def _find(self, attempt: Attempt, patience: Patience) -> Money | None:
        """The payment, by its id where that is known, else by our number; None where the provider knows none."""
        if attempt.trade_no is not None and wire.is_id(attempt.trade_no):
            return answers.read_details(await self._get(f"/payments/{attempt.trade_no}", patience), attempt.trade_no)
        return answers.read_found(await self._get(f"/payments?merchantReference={attempt.out_trade_no}", patience), attempt)

    async def _cancel(self, payment_id: str, attempt: Attempt, patience: Patience) -> Reply:
        """No idempotence key: what was refused once may be possible later."""
        refused = answers.read_cancel(await self._post(f"/payments/{payment_id}/cancel", None, patience), payment_id)
        if refused is not None:
            return refused
        try:
            found = answers.read_details(await self._get(f"/payments/{payment_id}", patience), payment_id)
        except NotSent as error:  # this question only: the cancel itself was sent
            raise NoAnswer(str(error)) from error
        return answers.NOT_KNOWN if found is None else self._read(found, attempt)

    async def _with_link(self, reply: Reply, attempt: Attempt, shown: Mapping[str, str]) -> Reply:
        """The reply with the text of the QR code, which came as a picture."""
        wechat = ascii(shown.get("WECHAT_PAYMENTID"))[:66]  # WeChat's own number, for whoever compares with WeChat's bills
        _log.info("qr_made out_trade_no=%s trade_no=%s wechat=%s", attempt.out_trade_no, reply.trade_no, wechat)
        try:
            link = await asyncio.to_thread(picture.read_link, shown.get("QRCODE", ""))
        except picture.NoLink as error:
            return Reply(Verdict.QR, "no_qr", str(error), reply.trade_no)
        return Reply(Verdict.QR, reply.code, "", reply.trade_no, qr=link)

    def _read(self, found: Money, attempt: Attempt) -> Reply:
        meaning = codes.STATUS.get(found.status or "")
        if meaning is None or meaning.odd:
            _log.warning("connect_odd_status out_trade_no=%s status=%s", attempt.out_trade_no, found.status)
        return answers.read_payment(found, attempt)

    async def _get(self, path: str, patience: Patience) -> Heard:
        return wire.hear(await self._client.get(path, patience.left()))

    async def _post(self, path: str, body: bytes | None, patience: Patience, *, key: str | None = None) -> Heard:
        return wire.hear(await self._client.post(path, body, patience.left(), key))
