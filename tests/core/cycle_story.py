"""Tells a payment's story in virtual time: what the payer, the till and the provider do, and what the box asked for when.

story = Story()
story.scan()
story.reply(Verdict.CONFIRMING)
story.until_asked()
story.reply(Verdict.PAID)
assert story.state is State.PAID
assert story.asked == ["0 submit", "5 query"]
"""

from __future__ import annotations

from itertools import count

from daemon.cycle import Cycle, Rules
from daemon.events import (
    Action,
    AskedAgain,
    Cancelled,
    CodePresented,
    CodeRejected,
    Event,
    Failed,
    GoodsFailed,
    Hinted,
    QrWanted,
    Query,
    RefundWanted,
    Replied,
    Restarted,
    Settled,
    TimePassed,
)
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, Payment, Reason, Ref, State, reserved_order
from daemon.reply import Refusal, Reply, Verdict
from daemon.timing import Schedule

BEGUN = 5000.0  # any moment of the monotonic clock will do; a story counts its seconds from here, or from the last boot
GATEWAY = "wechat"
AMOUNT = Amount(Minor(1250), "CNY")


def new_payment(ttl_s: float | None = None) -> Payment:
    """What a till asked for, as the runner hands it to the cycle."""
    return Payment(Ref("sale-1"), "http", AMOUNT, Mode.SCAN, State.AWAITING_CODE, "then", "then", ttl_s=ttl_s)


class Story:
    """One payment, one virtual clock; replies take no time unless the story says `wait`."""

    def __init__(
        self,
        schedule: Schedule | None = None,
        *,
        refunds: bool = True,
        late_payment: str = "refund",
        holds: bool = False,
        scan_s: float = 60.0,
        ttl_s: float | None = None,
        shows: bool = False,
        closes: bool = True,
        repeats: bool = False,
        unshowable: Reason | None = None,
        reserves: bool = False,
    ) -> None:
        self.now = self.zero = BEGUN
        self.rules = Rules(
            {GATEWAY: schedule or Schedule()},
            scan_s=scan_s,
            late_payment=late_payment,
            refunding=frozenset({GATEWAY} if refunds else ()),
            holding=frozenset({GATEWAY} if holds else ()),
            closing=frozenset({GATEWAY} if closes else ()),
            repeating=frozenset({GATEWAY} if repeats else ()),
            unshowable=lambda _text: unshowable,
        )
        payment = new_payment(ttl_s).but(mode=Mode.SHOW if shows else Mode.SCAN)
        if reserves:
            payment = payment.but(reserved=reserved_order(payment, OutTradeNo("T1"), GATEWAY, ""))
        self.cycle = Cycle.begin(payment, self.rules, self.now)
        self.under_way: list[Action] = []
        self.asked: list[str] = []
        self._numbers = count(1)
        if shows:
            self.tell(QrWanted(OutTradeNo(f"T{next(self._numbers)}"), GATEWAY, "wechat", at="asked"))

    # -- how it stands --

    @property
    def payment(self) -> Payment:
        return self.cycle.payment

    @property
    def state(self) -> State:
        return self.payment.state

    @property
    def reason(self) -> Reason | None:
        return self.payment.reason

    @property
    def why(self) -> str:
        """The code of the payment's reason."""
        assert self.reason is not None
        return self.reason.code

    def order(self, number: int = 1) -> Attempt:
        return self.payment.attempts[number - 1]

    @property
    def is_over(self) -> bool:
        """Nothing is left to be done or waited for."""
        return not self.payment.is_open and self.cycle.next_deadline() is None and not self.under_way

    def asked_since(self, seconds: float) -> list[str]:
        return [line for line in self.asked if float(line.split()[0]) >= seconds]

    # -- what happens --

    def tell(self, event: Event) -> list[Action]:
        actions = self.cycle.handle(event, self.now)
        for action in actions:
            self.under_way.append(action)
            self.asked.append(self._line(action))
        return actions

    def scan(self) -> list[Action]:
        """A payer presents a fresh code."""
        return self.tell(CodePresented(OutTradeNo(f"T{next(self._numbers)}"), GATEWAY, "wechat", at="scanned"))

    def scan_nonsense(self) -> list[Action]:
        return self.tell(CodeRejected("product"))

    def cancel(self) -> list[Action]:
        return self.tell(Cancelled("till"))

    def fail_goods(self, text: str = "the machine is jammed") -> list[Action]:
        """The machine says that it handed nothing over."""
        return self.tell(GoodsFailed(text, at="failed"))

    def ask_again(self) -> list[Action]:
        """A person wants to know now."""
        return self.tell(AskedAgain("Ann", at="asked again"))

    def want_refund(self, *, goods: bool = False) -> list[Action]:
        """A person wants the money to go back."""
        return self.tell(RefundWanted("Ann", "the payer asked for it", goods, at="wanted back"))

    def settle(self, *, goods: bool = False) -> list[Action]:
        """A person has seen to it elsewhere."""
        return self.tell(Settled("Ann", "paid back in cash", goods, at="settled"))

    def reply(self, verdict: Verdict, code: str = "", *, refusal: Refusal | None = None, order: int | None = None) -> list[Action]:
        """The provider answers the oldest request under way (of that order)."""
        return self.tell(Replied(self._take(order), Reply(verdict, code, refusal=refusal), at="answered"))

    def show(self, text: str | None = "weixin://wxpay/bizpayurl?pr=made-up") -> list[Action]:
        """The provider gives the QR."""
        return self.tell(Replied(self._take(None), Reply(Verdict.QR, qr=text), at="answered"))

    def hint(self) -> list[Action]:
        """A notification about the first order comes in."""
        return self.tell(Hinted(OutTradeNo("T1")))

    def refuse(self, code: str, *, mendable: bool = False) -> list[Action]:
        return self.reply(Verdict.REFUSED, code, refusal=Refusal.PAYER if mendable else Refusal.FINAL)

    def lose(self, *, sent: bool = True, order: int | None = None) -> list[Action]:
        """That request brings no answer; where not `sent`, it surely never left."""
        return self.tell(Failed(self._take(order), sent, "no answer" if sent else "no connection"))

    def refused(self, code: str = "NOTENOUGH", *, mendable: bool = True) -> None:
        """A fresh code is refused, and a query confirms it."""
        self.scan()
        self.refuse(code, mendable=mendable)
        self.reply(Verdict.UNPAID)

    def refused_and_odd_beside_another(self) -> None:
        """A code is refused and another one presented; then an answer says that the first order was paid with another amount."""
        self.refused()
        self.wait(14)
        self.scan()
        self.wait(1)
        self.reply(Verdict.MISMATCH, "mismatch", order=1)

    def leave_qr(self, *, cancelled: bool) -> None:
        """The QR is shown, and nobody pays it, until the till is told its end."""
        self.show()
        if cancelled:
            self.cancel()
        else:
            self.answer_all(query=Verdict.UNPAID, until=121)
        while self.state is State.CLOSING:
            if not self.under_way:
                self.until_asked()
            self.reply(Verdict.UNPAID)

    def forget(self) -> Action:
        """The oldest request under way is no longer waited for."""
        return self._take(None)

    # -- time --

    def wait(self, seconds: float) -> None:
        """Let that much time pass, waking the cycle whenever it wants."""
        until = self.now + seconds
        while (deadline := self.cycle.next_deadline()) is not None and deadline <= until:
            self._wake(deadline)
        self.now = until

    def wait_until(self, second: float) -> None:
        self.wait(self.zero + second - self.now)

    def until_asked(self) -> Action:
        """Let time pass until the box asks for something."""
        before = len(self.asked)
        while len(self.asked) == before:
            deadline = self.cycle.next_deadline()
            assert deadline is not None, "nothing is waited for"
            self._wake(deadline)
        return self.under_way[-1]

    def answer_all(self, query: Verdict, revoke: Verdict = Verdict.REVOKED, refund: Verdict = Verdict.REFUNDED, *, until: float) -> None:
        """Until that second every query, revoke and refund is answered at once, and always so."""
        verdicts = {"Query": query, "Revoke": revoke, "Close": revoke, "Refund": refund}
        while True:
            while self.under_way:
                self.reply(verdicts[type(self.under_way[0]).__name__])
            deadline = self.cycle.next_deadline()
            if deadline is None or deadline > self.zero + until:
                break
            self._wake(deadline)
        self.now = max(self.now, self.zero + until)

    def restart(self, *, same_boot: bool = True, after: float = 0.0) -> list[Action]:
        """The box stops and starts again `after` seconds; answers under way are lost. Another boot has another clock."""
        self.under_way.clear()
        if same_boot:
            self.now += after
        else:
            self.now = self.zero = 7.0
        self.cycle = Cycle.resume(self.payment, self.rules, self.now, same_boot=same_boot)
        return self.tell(Restarted())

    # -- inside --

    def _wake(self, deadline: float) -> None:
        self.now = max(self.now, deadline)
        self.tell(TimePassed())

    def _take(self, order: int | None) -> Action:
        number = None if order is None else self.order(order).out_trade_no
        action = next(a for a in self.under_way if number in (None, a.out_trade_no))
        self.under_way.remove(action)
        return action

    def _line(self, action: Action) -> str:
        name = type(action).__name__.lower()
        if isinstance(action, Query):
            name = "last query" if action.last else f"query held {action.hold_s:g}" if action.hold_s else "query"
        number = action.out_trade_no.removeprefix("T")
        return f"{self.now - self.zero:g} {name}" + ("" if number == "1" else f" #{number}")


# -- how several stories begin --


def made() -> Story:
    """A QR order is being made."""
    return Story(shows=True)


def shown_and_asked() -> Story:
    """Its QR is shown, and the first question is under way."""
    story = made()
    story.show()
    story.until_asked()
    return story


def never_known(**how: object) -> Story:
    """A charge without an answer, which the provider does not know of, until it is held to be lost."""
    story = Story(**how)
    story.scan()
    story.lose()
    story.answer_all(query=Verdict.NOT_KNOWN, revoke=Verdict.NOT_KNOWN, until=61)
    assert story.state is State.REVOKED
    return story
