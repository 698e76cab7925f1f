"""The provider at the other end: the sandbox's ledger and scenarios, answering in verdicts instead of in a wire format.

Whatever it says is true of its ledger, unless the order's scenario lies; it refuses what the real ones refuse (an early revoke,
a second charge). Codes mean what they mean with WeChat (`daemon.gateways.wechat_codes`), so every class of error is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from daemon.events import Action, Close, CreateQr, Query, Refund, Revoke, Submit
from daemon.gateways import wechat_codes as codes
from daemon.gateways.base import refund_number
from daemon.gateways.wechat_codes import Meanings
from daemon.payment import Attempt, State
from daemon.reply import Claim, Refusal, Reply, Verdict, judge_paid
from daemon.sandbox.cases import PAID
from daemon.sandbox.ledger import AlreadyPaid, CodeUsed, Demand, Ledger, NotRefundable, NumberUsed, Order, TooEarly, UnknownOrder
from daemon.sandbox.scenario import Call, Fault, Lie, Scenario, Standing, Step, Timings

CALL_OF: dict[type, Call] = {
    Submit: Call.CHARGE,
    CreateQr: Call.CHARGE,
    Query: Call.QUERY,
    Revoke: Call.REVOKE,
    Close: Call.CLOSE,
    Refund: Call.REFUND,
}
CUT = frozenset({Fault.CUT, Fault.SILENT, Fault.SLOW})
"""Faults of a scenario's step after which nothing is heard; all others bring an answer that proves nothing."""

_SEEN = {
    Standing.ABSENT: Verdict.NOT_KNOWN,
    Standing.UNPAID: Verdict.UNPAID,
    Standing.CONFIRMING: Verdict.CONFIRMING,
    Standing.ACCEPTED: Verdict.CONFIRMING,
    Standing.CLOSED: Verdict.CLOSED,
    Standing.REVOKED: Verdict.CLOSED,
    Standing.REFUNDED: Verdict.REFUNDED,
}
_CHARGED = {Standing.ABSENT: Verdict.UNKNOWN, Standing.UNPAID: Verdict.CONFIRMING, Standing.REFUNDED: Verdict.REFUNDED}


@dataclass(frozen=True, slots=True)
class Ways:
    """What this provider is like."""

    tells_qr_again: bool = False
    knows_before_scan: bool = True  # Alipay's precreate makes an order only when its QR is scanned


@dataclass(slots=True)
class Provider:
    """`now` are true seconds. `choose` gives the scenario of a new order; people set it."""

    now: Callable[[], float]
    timings: Timings
    ways: Ways
    choose: Callable[[str | None], Scenario] = lambda _code: PAID
    is_late: bool = False  # what just arrives was so long on its way that it may be no longer inside the provider
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        # the same trade numbers in every run: a history is the same wherever it is told
        self.ledger = Ledger(self.now, self.timings, _pepper=bytes(32), _run=0)

    def carry_out(self, action: Action, attempt: Attempt, code: str | None) -> tuple[Reply, Step]:
        """What the provider does about a request that has arrived, what it would answer, and how the step bends that."""
        call = CALL_OF[type(action)]
        if call is Call.CHARGE:
            return self._charge(attempt, code)
        step = self.ledger.enter(attempt.out_trade_no, call)
        reply = self._answer(call, attempt, step)
        self.ledger.leave(attempt.out_trade_no, call)
        return reply, step

    def _answer(self, call: Call, attempt: Attempt, step: Step) -> Reply:
        match call:
            case Call.REVOKE:
                return self._revoke(attempt, step)
            case Call.CLOSE:
                return self._close(attempt, step)
            case Call.REFUND:
                return self._refund(attempt, step)
        return self._query(attempt, step)

    def standing(self, number: str) -> Standing:
        """Where an order stands now; ABSENT where nobody ever asked for it."""
        order = self.find(number)
        return Standing.ABSENT if order is None else order.state

    def is_asked_for(self, number: str) -> bool:
        """Whether a request to make that order has arrived before."""
        return self.find(number) is not None

    def _charge(self, attempt: Attempt, code: str | None) -> tuple[Reply, Step]:
        amount = attempt.amount
        demand = Demand("simulated", "merchant", attempt.out_trade_no, amount.minor, amount.currency)
        try:
            order = self.ledger.charge(demand, self.choose(code), code)
        except NumberUsed:
            return Reply(Verdict.UNKNOWN, "OUT_TRADE_NO_USED"), Step()
        except CodeUsed:
            return Reply(Verdict.REFUSED, "AUTH_CODE_ERROR", refusal=Refusal.PAYER), Step()
        step = order.scenario.step(Call.CHARGE, 1)
        self.ledger.leave(order.number, Call.CHARGE)
        if step.code:
            return _by(codes.CHARGE if code else codes.CREATE, step.code), step
        if code is None and order.state is Standing.UNPAID:
            return Reply(Verdict.QR, qr=_qr(order)), step
        return self._said(order, attempt, step, _CHARGED), step

    def create_again(self, attempt: Attempt) -> Reply:
        """The same QR order once more, at a provider that makes one order for one key."""
        order = self.ledger.charge_again(attempt.out_trade_no)
        if order.state is Standing.UNPAID:
            return Reply(Verdict.QR, qr=_qr(order))
        return self._said(order, attempt, Step(), _CHARGED)

    def as_it_stands(self, attempt: Attempt) -> Reply:
        """What a query that was held open is answered in the end."""
        order = self.find(attempt.out_trade_no)
        step = Step() if order is None else order.scenario.step(Call.QUERY, order.times(Call.QUERY))
        return self._query(attempt, step)

    def _query(self, attempt: Attempt, step: Step) -> Reply:
        order = self.find(attempt.out_trade_no)
        if step.code:
            return _by(codes.QUERY, step.code)
        if order is None or (step.says or order.state) is Standing.ABSENT:
            return Reply(Verdict.NOT_KNOWN, "ORDERNOTEXIST")
        if self.ways.tells_qr_again and attempt.state is State.CREATING_QR and order.state is Standing.UNPAID:
            return Reply(Verdict.QR, qr=_qr(order))
        return self._said(order, attempt, step, _SEEN)

    def _revoke(self, attempt: Attempt, step: Step) -> Reply:
        reply = self._revoked(attempt) if step.act else Reply(Verdict.REVOKED)
        if step.again:
            return Reply(Verdict.REVOKE_AGAIN, step.code or "recall")
        return _by(codes.REVERSE, step.code, Verdict.REVOKE_AGAIN) if step.code else reply

    def _revoked(self, attempt: Attempt) -> Reply:
        try:
            self.ledger.revoke(attempt.out_trade_no)
        except UnknownOrder:
            return Reply(Verdict.NOT_KNOWN, "INVALID_TRANSACTIONID")
        except TooEarly:
            return Reply(Verdict.REVOKE_AGAIN, "INVALID_REQUEST")
        return Reply(Verdict.REVOKED, "SUCCESS")

    def _close(self, attempt: Attempt, step: Step) -> Reply:
        reply = self._closed(attempt) if step.act else Reply(Verdict.CLOSED)
        if step.code:
            return Reply(Verdict.UNKNOWN if step.again else Verdict.REVOKE_REFUSED, step.code)
        return reply

    def _closed(self, attempt: Attempt) -> Reply:
        try:
            self.ledger.close(attempt.out_trade_no)
        except UnknownOrder:
            return Reply(Verdict.NOT_KNOWN, "ORDERNOTEXIST")
        except AlreadyPaid:
            return Reply(Verdict.UNKNOWN, "ORDERPAID")
        return Reply(Verdict.CLOSED, "SUCCESS")

    def _refund(self, attempt: Attempt, step: Step) -> Reply:
        if step.code:
            return _by(codes.REFUND, step.code)
        try:
            self.ledger.refund(attempt.out_trade_no, refund_number(attempt), attempt.amount.minor)
        except UnknownOrder:
            return Reply(Verdict.UNKNOWN, "ORDERNOTEXIST")
        except NotRefundable:
            return Reply(Verdict.REFUND_REFUSED, "TRADE_STATE_ERROR")
        return Reply(Verdict.REFUNDED, "SUCCESS")

    def _said(self, order: Order, attempt: Attempt, step: Step, verdicts: dict[Standing, Verdict]) -> Reply:
        standing = step.says or order.state
        if standing is Standing.PAID:
            return judge_paid(attempt, _claim(order, step.lie), code="SUCCESS", trade_no=order.trade_no)
        if standing is Standing.FAILED:
            return Reply(Verdict.REFUSED, "PAYERROR", refusal=Refusal.FINAL)
        return Reply(verdicts.get(standing, _SEEN[standing]), standing.value, trade_no=order.trade_no)

    def find(self, number: str) -> Order | None:
        """The order as it stands; None where nobody ever asked for it."""
        try:
            return self.ledger.order(number)
        except UnknownOrder:
            return None


def _by(meanings: Meanings, code: str, otherwise: Verdict = Verdict.UNKNOWN) -> Reply:
    meaning = meanings.get(code)
    return Reply(otherwise, code) if meaning is None else Reply(meaning.verdict, code, refusal=meaning.refusal)


def _claim(order: Order, lie: Lie) -> Claim:
    """What the answer says was paid; a lie says something else."""
    return Claim(
        out_trade_no="ANOTHER" if lie is Lie.NUMBER else order.number,
        minor=order.amount_minor + (lie is Lie.AMOUNT),
        currency="USD" if lie is Lie.CURRENCY else order.currency,
        merchant_matches=lie is not Lie.MERCHANT,
    )


def _qr(order: Order) -> str:
    return f"weixin://wxpay/bizpayurl?pr={order.trade_no[-9:]}"
