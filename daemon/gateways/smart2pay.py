"""Smart2Pay, today Nuvei GlobalPay, REST v1: the box shows WeChat's (method 1066) or Alipay's (method 24) QR code.

    [gateways.s2p]
    kind = "smart2pay"
    base_url = "https://globalpay.smart2pay.com"     # or https://paytest.smart2pay.com
    site_id = 30201
    api_key_file = "secrets/smart2pay.key"
    method_id = 1066

Pages: docs-apm.nuvei.com, "WeChat POS payment request", "Alipay POS payment request", "Payments API", "Refunds API", "Payment
notification". There is no field for a code that the payer shows, and no cancel that an unpaid wallet order obeys: an order ends
when its lifetime is over, and may be paid until then.

A payment has the provider's own id; where the box did not get to know it, it is looked up by our number, and then read by its
id, because the list leaves out half of it (the QR code, for one).
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence

from daemon.codes import AuthCode
from daemon.gateways import smart2pay_answers as answers
from daemon.gateways import smart2pay_codes as codes
from daemon.gateways import smart2pay_push as push
from daemon.gateways import smart2pay_wire as wire
from daemon.gateways.base import Ability, Problem, Push, refund_number
from daemon.gateways.client import Answer, Client, TlsSettings
from daemon.gateways.patience import Patience
from daemon.gateways.settings import Place, Smart2paySettings
from daemon.gateways.smart2pay_wire import Record
from daemon.payment import Attempt, State
from daemon.reply import GatewayError, NotSent, Refusal, Reply, Unintelligible, Verdict
from daemon.timing import Schedule

_log = logging.getLogger(__name__)

JSON = "application/json; charset=utf-8"

_OF_OURS = uuid.UUID("0a5d1f0e-4a2f-5c0b-9d57-3c1b6a3f6d55")  # made up: a name space for the ids of requests


class Smart2payGateway:
    """One site at GlobalPay, with one method. Implements `base.Gateway` and `base.Pushed`."""

    abilities = frozenset({Ability.SHOW, Ability.REFUND, Ability.CLOSE})
    holds_queries = False
    repeats_creates = False

    def __init__(self, settings: Smart2paySettings, place: Place, schedule: Schedule) -> None:
        self.name = settings.name
        self._settings = settings
        self._place = place
        self._schedule = schedule
        self._client = Client(settings.base_url, tls=TlsSettings(settings.ca_file))

    # -- what the runner asks --

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:  # noqa: ARG002  # the protocol's signature
        raise NotSent("this provider takes no code that the payer shows")

    async def create_qr(self, attempt: Attempt) -> Reply:
        """One payment, asked for once. That its number was used before means that it arrived: it is looked up."""
        patience = Patience(self._schedule.answer_s)
        try:
            body = wire.payment(attempt, self._settings, self._place)
        except ValueError as error:
            return Reply(Verdict.REFUSED, "amount", str(error), refusal=Refusal.OURS)
        answer = await self._post("/v1/payments", body, patience, self._same_again(attempt.out_trade_no))
        reply = answers.read_create(answer, attempt, self._settings)
        if (reply.verdict, reply.code) == (Verdict.UNKNOWN, codes.DUPLICATE):
            return await self._arrived_before(attempt, patience, reply)
        return reply

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:  # noqa: ARG002  # GlobalPay cannot hold a query
        """By the provider's id where it is known, else found by our number first."""
        payment = await self._find(attempt, Patience(self._schedule.reply_s))
        if payment is None:
            return answers.NOT_KNOWN
        return self._read(payment, attempt, unseen=attempt.state is State.CREATING_QR)

    async def revoke(self, attempt: Attempt) -> Reply:
        """There are no charges here to be undone; an unpaid order is given up by `close`."""
        return await self.close(attempt)

    async def close(self, attempt: Attempt) -> Reply:
        """One try to cancel: REVOKE_REFUSED to whatever is answered, because no answer to it proves that the order is dead."""
        patience = Patience(self._schedule.reply_s)
        payment_id = await self._id(attempt, patience)
        if payment_id is None:
            return answers.NOT_KNOWN
        return answers.read_cancel(await self._post(f"/v1/payments/{payment_id}/cancel", b"", patience, _fresh()))

    async def refund(self, attempt: Attempt) -> Reply:
        """The whole amount back, by the one refund number of this order. Whether that refund is there already is asked first:
        nothing says that the provider would refuse the number a second time."""
        patience = Patience(self._schedule.reply_s)
        payment_id = await self._id(attempt, patience)
        if payment_id is None:
            return Reply(Verdict.UNKNOWN, "404", "the provider has no payment of this number to refund")
        path = f"/v1/payments/{payment_id}/refunds"
        there = answers.read_list(await self._get(path, patience), "Refunds", refund_number(attempt))
        if there is not None:
            return answers.read_refund_record(there, attempt, payment_id)
        answer = await self._post(path, wire.refund(attempt), patience, self._same_again(refund_number(attempt)))
        return answers.read_refund(answer, attempt, payment_id)

    async def check(self) -> list[Problem]:
        """Reach and credentials, by looking for a payment that cannot exist."""
        try:
            answer = await self._get(_search(f"check-{uuid.uuid4().hex}"), Patience(self._schedule.reply_s))
            return answers.read_check(answer)
        except answers.NotAccepted as error:
            return [Problem(str(error), blocking=True)]
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

    async def _arrived_before(self, attempt: Attempt, patience: Patience, reply: Reply) -> Reply:
        """The payment that stands under our number already; `reply` where it cannot be found now."""
        try:
            payment = await self._find(attempt, patience)
        except NotSent:  # of this question only: the payment itself was sent
            return reply
        return reply if payment is None else self._read(payment, attempt, unseen=True)

    async def _find(self, attempt: Attempt, patience: Patience) -> Record | None:
        """The whole payment; None where the provider knows none."""
        payment_id = await self._id(attempt, patience)
        if payment_id is None:
            return None
        payment = answers.read_details(await self._get(f"/v1/payments/{payment_id}", patience), payment_id)
        if payment is None and payment_id != attempt.trade_no:
            raise Unintelligible("the provider lists the payment, and does not know it")
        return payment

    async def _id(self, attempt: Attempt, patience: Patience) -> str | None:
        """The provider's id, remembered or looked up by our number."""
        if attempt.trade_no and wire.is_id(attempt.trade_no):
            return attempt.trade_no
        found = answers.read_list(await self._get(_search(attempt.out_trade_no), patience), "Payments", attempt.out_trade_no)
        return None if found is None else found.id

    def _read(self, payment: Record, attempt: Attempt, *, unseen: bool) -> Reply:
        status = codes.STATUS.get(payment.status or 0)
        if status is None or status.odd:
            name = "unknown" if status is None else status.name
            _log.warning("smart2pay_odd_status out_trade_no=%s status=%s name=%s", attempt.out_trade_no, payment.status, name)
        return answers.read_payment(payment, attempt, self._settings, unseen=unseen)

    async def _post(self, path: str, body: bytes, patience: Patience, request_id: str) -> Answer:
        headers = {**self._headers(request_id), "Content-Type": JSON}
        return await self._client.post(path, body, headers, patience.left())

    async def _get(self, path: str, patience: Patience) -> Answer:
        return await self._client.get(path, self._headers(_fresh()), patience.left())

    def _headers(self, request_id: str) -> dict[str, str]:
        return {"Authorization": wire.authorization(self._settings), "Accept": "application/json", "RequestId": request_id}

    def _same_again(self, number: str) -> str:
        """The RequestId of what must happen once: the same for the same number, should the server heed it, as the vendor's own
        client seems to expect."""
        return str(uuid.uuid5(_OF_OURS, f"{self._settings.site_id}/{number}"))


def _fresh() -> str:
    return str(uuid.uuid4())


def _search(number: str) -> str:
    """Where payments of that number are listed; more than one would be one too many already."""
    return f"/v1/payments/?merchantTransactionID={number}&pageSize=10"
