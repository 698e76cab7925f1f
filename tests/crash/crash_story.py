"""What a crash story is, and how it is told: a till and a payer who go on as people do, however often the box dies on them."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import Any

from box_config import Tables
from crash_box import CrashBox, Zygote
from crashing_daemon import Plan
from provider_thread import Provider, fresh_code
from pty_till import PtyTill

from daemon.sandbox.announcement import snippet
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Scenario, Timings
from daemon.sandbox.script import Deck

AMOUNT = 1250
END_S = 60.0  # for a whole story, however loaded the machine is; most take one or two
LOOK_S = 0.05
ASK_AGAIN_S = 1.0
SHOW_AGAIN_S = 3.0  # a payer whose code was not taken (on a loaded machine, its pieces came too far apart) holds it there again
OTHER_BOOT = "another-boot"

TIMING = {
    "scan_s": 30,
    "answer_s": 4,
    "reply_s": 4,
    "query_every_s": 0.3,
    "give_up_s": 6,
    "revoke_not_before_s": 0.5,
    "revoke_retry_s": 0.05,
    "in_doubt_s": 30,
    "chase_s": 0.1,
    "qr_s": 30,
    "qr_query_every_s": 0.2,
}
"""`[timing]`: patient, so that a loaded machine does not change a story. A story that gives up says when."""

WORDS = {"ask": "asked_again", "refund": "refund_wanted", "settle": "settled"}
"""What a person does, and the event that the journal has of it then."""

FOR_A_PERSON = frozenset({"paid_late", "goods_failed", "mismatch"})
ENDED = frozenset({"in_doubt", "paid", "refused", "revoked", "cancelled", "expired"})

PROVIDER = Timings(auto_close_s=600, confirm_s=600, late_s=600, silence_s=600, slow_s=600)
"""Only calls move orders, but for what a story says itself."""

ON_THE_WAY_S = 0.4  # a charge may be so long on its way: the provider counts from its coming, the box from its going

RESERVED = "reserved"  # no code was stored: the order for the first one may have been charged or not

BRISK = {"give_up_s": 0.5}
PROMPT = {"give_up_s": 3}  # where the story waits until a charge that the provider does not know is held to be lost, at twice that
UNHURRIED = {"query_every_s": 20}  # asks when something happens, not by the clock: counted answers come where the story wants them


@dataclass(frozen=True, slots=True)
class Story:
    """What happens, and how it ends at the till (`ends`) when nobody dies. `kept`: the shop has the money then.

    `shows` is what the payer holds before the scanner, in turn: a case, or None for a product's code; `qr`, instead, what becomes
    of the order whose QR the box shows. The till gives up in each of the states of `cancels`. `first_line` is where the gateway
    leads until the box has died on this sale: "deaf" (it takes connections and says nothing) or "shut". `until`: rows that a
    payment in doubt goes through before the story is over.
    `jams`: the machine hands nothing over of what was paid.
    `acts`: what a person does, in turn, once the payment is for one to see to.
    `on_a_line`: the till is a serial one, which must know the end as well.
    `also`: other ends that are as true, where a crash has moved something in time; each has its reason beside it.
    """

    name: str
    shows: tuple[str | Scenario | None, ...] = ()
    ends: str = "paid"
    _: KW_ONLY
    qr: Scenario | None = None
    kept: bool | None = None
    via: str = "wechat"
    timing: Mapping[str, float] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    panel: tuple[int, int] = (128, 64)  # where there is a QR to show; else there is none
    cancels: tuple[str, ...] = ()
    first_line: str = ""
    until: tuple[str, ...] = ()
    jams: bool = False
    acts: tuple[str, ...] = ()
    on_a_line: bool = False
    also: tuple[str, ...] = ()

    @property
    def keeps_money(self) -> bool:
        return self.ends == "paid" if self.kept is None else self.kept

    @property
    def scenarios(self) -> list[Scenario | None]:
        return [CASES[shown] if isinstance(shown, str) else shown for shown in self.shows]


@dataclass(frozen=True, slots=True)
class Told:
    """One telling, and everything that is known of it in the end."""

    story: Story
    plans: tuple[Plan, ...]
    steps: list[dict[str, Any]]
    deaths: list[str | None]  # the payment's state on disk at each death, or RESERVED; None where there was no payment yet
    heard: list[str]  # the states that the till was told, one after the other
    payment: dict[str, Any]
    is_open: bool
    orders: dict[str, dict[str, Any]]  # the provider's, by number
    box: CrashBox
    till: SerialTill | None = None

    @property
    def has_died_as_planned(self) -> bool:
        return len(self.deaths) == sum(bool(plan.at) for plan in self.plans)


class CodeDeck(Deck):
    """Each payer's code gets the scenario that was agreed for it, each QR that of the story; so many boxes can use one provider
    at a time."""

    def __init__(self, qr: Scenario | None) -> None:
        super().__init__(default=qr)
        self._agreed: dict[str, Scenario] = {}

    def agree(self, scenario: Scenario, via: str) -> str:
        code = fresh_code("paid", via)
        self._agreed[code] = scenario
        return code

    def choose(self, code: str | None) -> Scenario:
        return super().choose(None) if code is None else self._agreed[code]


class Stage:
    """A provider of one story, the zygote, and a place to write: `tell` is one telling, and many may run side by side."""

    def __init__(self, directory: Path, story: Story, zygote: Zygote) -> None:
        self._story = story
        self._directory = directory
        self._zygote = zygote
        self.deck = CodeDeck(story.qr)
        allowed_s = _timing(story)["revoke_not_before_s"] - ON_THE_WAY_S
        timings = replace(PROVIDER, revoke_not_before_s=allowed_s)
        self.provider = Provider(directory / "provider", timings, tls=False, script=self.deck)
        self._serials = itertools.count(1)

    def tell(self, plans: Sequence[Plan]) -> Told:
        """The story, with one death by each plan. AssertionError where it comes to no end."""
        story = self._story
        box = CrashBox(
            self._directory / f"box-{next(self._serials)}",
            self.provider,
            _changes(story, self.provider),
            self._zygote,
            scanner=story.qr is None,
            jams=story.jams,
        )
        try:
            with _line(story) as url:
                return _Telling(story, tuple(plans), box, self.deck).tell(url)
        finally:
            box.finish()


class SerialTill:
    """A careful till on a line: it keeps every end before it says `got`, and asks again for what it has no answer to."""

    def __init__(self, directory: Path, ref: str) -> None:
        self.line = PtyTill(directory)
        self._ref = ref
        self._read = 0
        self.ends: list[dict[str, Any]] = []

    def ask(self) -> None:
        self.line.say("pay", ref=self._ref, amt=AMOUNT)

    def listen(self) -> bool:
        """Take in what was said; whether an answer to `ask` was among it, or an end."""
        self.line.read()
        said, self._read = self.line.heard[self._read :], len(self.line.heard)
        for message in said:
            if message["t"] == "end":
                self.ends.append(message)
                self.line.say("got", seq=message["seq"])
        return any(message["t"] in ("ack", "end") for message in said)

    def close(self) -> None:
        self.line.unplug()


class _Telling:
    def __init__(self, story: Story, plans: tuple[Plan, ...], box: CrashBox, deck: CodeDeck) -> None:
        self.story = story
        self.plans = plans
        self.box = box
        self.deck = deck
        self.ref = f"C-{box.directory.parent.name}-{box.directory.name}"
        self.heard: list[str] = []
        self.deaths: list[str | None] = []
        self.presented = 0
        self.shown_at = 0.0
        self.to_show = list(story.scenarios)
        self.to_cancel = list(story.cancels)
        self.to_do = list(story.acts)
        self.cancelling = False
        self.progress = 0  # of the box, when it was last looked at after the end
        self.end = time.monotonic() + END_S
        self.till = SerialTill(box.directory / "till", self.ref) if story.on_a_line else None
        if self.till is not None:
            lines = {"kind": "serial", "port": str(self.till.line.path)}
            box.reconfigure({"tills.web": {"kind": "http"}, "tills.counter": lines})

    def tell(self, url: str | None) -> Told:
        if url is not None:
            table = f"gateways.{self.story.via}"
            good = self.box.tables[table]["base_url"]
            self.box.reconfigure({table: {"base_url": url}})
        self._live()
        while True:
            try:
                self._sell()
                return self._told()
            except (OSError, http.client.HTTPException):
                self._bury()
            if url is not None and self.deaths[-1] is not None:
                self.box.reconfigure({table: {"base_url": good}})
            self._live()

    def _live(self) -> None:
        life = self.box.lives
        plan = self.plans[life] if life < len(self.plans) else Plan(boot=self.plans[-1].boot if life and self.plans else "")
        self.box.live(plan)

    def _bury(self) -> None:
        """The box is gone, and nobody but the plan has done it."""
        code = self.box.wait_exit(5)
        assert code == -9, f"ended by itself with {code}: {self.box.stderr.text}"
        disk = self.box.on_disk(self.ref)
        self.deaths.append(RESERVED if disk is not None and self.box.has_reserved(self.ref) else None if disk is None else disk["state"])

    def _sell(self) -> None:
        """One life: the till asks (again), the payer shows, until there is nothing left to come."""
        payment = self._ask()
        while True:
            self._hear(payment)
            self._act(payment)
            if self._is_over(payment):
                self._until_no_death_is_due()
                return
            payment = self._next(payment)

    def _ask(self) -> dict[str, Any]:
        if self.till is not None:
            return self._ask_on_the_line(self.till)
        mode = {} if self.story.qr is None else {"mode": "show"}
        while (answer := self.box.put(self.ref, AMOUNT, **mode)).status == 503:  # still starting: its scanner is not open yet, say
            self._in_time(True, answer)
            time.sleep(0.01)
        known = bool(self.heard) or any(state is not None for state in self.deaths)
        self._in_time(answer.status == (200 if known else 201), answer)
        payment: dict[str, Any] = answer.body
        return payment

    def _ask_on_the_line(self, till: SerialTill) -> dict[str, Any]:
        """Again and again: what is said before the line is open, or before the box can sell, is not heard."""
        till.listen()
        while (answer := self.box.get(f"/v1/payments/{self.ref}")).status != 200:
            till.ask()
            said_at = time.monotonic()
            self._until(lambda: till.listen() or time.monotonic() - said_at > ASK_AGAIN_S)  # noqa: B023  # called here only
        payment: dict[str, Any] = answer.body
        return payment

    def _next(self, payment: dict[str, Any]) -> dict[str, Any]:
        if self.to_do and payment["state"] in ENDED:
            time.sleep(LOOK_S)
            return self.box.payment(self.ref)
        if payment["final"] or payment["state"] == "in_doubt":
            self._until(lambda: self.box.progress != self.progress)
            self.progress = self.box.progress
            return self.box.payment(self.ref)
        return self.box.wait(self.ref, payment["state"], 0.5)

    def _hear(self, payment: dict[str, Any]) -> None:
        if self.till is not None:
            self.till.listen()
        if self.heard[-1:] != [payment["state"]]:
            self.heard.append(payment["state"])
        self._in_time(True, payment)

    def _act(self, payment: dict[str, Any]) -> None:
        state = payment["state"]
        wanted = state == "awaiting_code" and len(payment["attempts"]) == self.presented
        if wanted and self.to_show:
            self._show(self.to_show.pop(0))
        elif state == "awaiting_code" and not wanted and time.monotonic() - self.shown_at > SHOW_AGAIN_S:
            self._scan(self.box.scanner.codes[-1])
        elif self.cancelling or (self.to_cancel and state == self.to_cancel[0] and (wanted or state != "awaiting_code")):
            self._cancel()
        elif self.to_do and state in ENDED:
            self._attend(self.to_do[0])

    def _attend(self, act: str) -> None:
        """Whoever got no answer looks into the time line, where it stands if it was stored, and tries again if not."""
        if self.box.sql("SELECT 1 FROM events WHERE event = ?", WORDS[act]):
            self.to_do.pop(0)
            return
        if self._on_disk()["reason_code"] not in FOR_A_PERSON:
            return
        wanted = {"act": act, "by": "staff", "reason": "seen to"}
        answer = self.box.request("POST", f"/v1/payments/{self.ref}/acts", json.dumps(wanted).encode())
        self._in_time(answer.status in (202, 409), answer)
        if answer.status == 202:
            self.to_do.pop(0)

    def _show(self, scenario: Scenario | None) -> None:
        if scenario is None:
            self.box.scan("4006381333931")
            self._until(lambda: any("awaiting_code:WRONG_CODE" in step["rows"] for step in self.box.steps))
            return
        self.presented += 1
        self._scan(self.deck.agree(scenario, self.story.via))

    def _scan(self, code: str) -> None:
        self.shown_at = time.monotonic()
        self.box.scan(code)

    def _cancel(self) -> None:
        """A till that got no answer asks again."""
        self.cancelling = True
        answer = self.box.delete(self.ref)
        self._in_time(answer.status in (202, 409), answer)
        self.cancelling = False
        self.to_cancel.pop(0)

    def _is_over(self, payment: dict[str, Any]) -> bool:
        disk = self.box.on_disk(self.ref)
        if self.to_do and disk is not None and disk["state"] != "refunded" and (disk["is_open"] or disk["reason_code"] in FOR_A_PERSON):
            return False
        if disk is None or not disk["is_open"]:
            to_jam = self.story.jams and disk is not None and disk["state"] == "paid" and disk["reason_code"] is None
            return disk is not None and not to_jam
        seen = {row for step in self.box.steps for row in step["rows"]}
        return payment["state"] == "in_doubt" == self.story.ends and seen.issuperset(self.story.until)

    def _on_disk(self) -> dict[str, Any]:
        disk = self.box.on_disk(self.ref)
        assert disk is not None
        return disk

    def _until_no_death_is_due(self) -> None:
        """The step at which this life is to end may be its last: then the end is near, but not there."""
        life = self.box.lives - 1
        plan = self.plans[life] if life < len(self.plans) else Plan()
        if plan.at and sum(plan.fits(step["rows"]) for step in self.box.steps) >= plan.nth:
            self._until(lambda: False)

    def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            self._in_time(True, "waiting")
            time.sleep(LOOK_S)
            if self.box.is_dead:
                raise ConnectionError("it died")

    def _until_the_till_knows(self) -> None:
        till = self.till
        if till is not None:
            self._until(lambda: till.listen() or bool(self.box.sql("SELECT 1 FROM tellings WHERE got")))
            till.close()

    def _in_time(self, true: bool, what: object) -> None:
        assert true, what
        assert time.monotonic() < self.end, f"comes to no end: {what}"

    def _told(self) -> Told:
        """What is on disk may be told a moment later."""
        while (payment := self.box.payment(self.ref))["state"] != (disk := self._on_disk())["state"]:
            self._in_time(True, payment)
            time.sleep(LOOK_S)
        self._hear(payment)
        self._until_the_till_knows()
        code = self.box.stop()
        if code == -9:  # it was quicker
            raise ConnectionError("it died")
        assert code == 0, f"stopped with {code}"
        orders = self.box.provider.orders
        mine = {a["out_trade_no"]: orders[a["out_trade_no"]] for a in payment["attempts"] if a["out_trade_no"] in orders}
        return Told(
            self.story, self.plans, self.box.steps, self.deaths, self.heard, payment, bool(disk["is_open"]), mine, self.box, self.till
        )


def _changes(story: Story, provider: Provider) -> Tables:
    """The box has only what the story needs: hundreds of them are started."""
    via = story.via
    changes: dict[str, Any] = {
        "timing": _timing(story),
        "policy": dict(story.policy),
        "display": {"kind": "none"} if story.qr is None else {"kind": "simulated", "width": story.panel[0], "height": story.panel[1]},
        **{f"gateways.{other}": None for other in ("wechat", "merchant") if other != via},
    }
    if story.qr is None:
        return changes | {"routes": {"scan.alipay" if via == "wechat" else "scan.wechat": None}}
    if via not in ("wechat", "merchant"):
        changes[f"gateways.{via}"] = tomllib.loads(snippet(provider.sandbox, {via}))["gateways"][via]
    return changes | {"routes": {"scan.wechat": None, "scan.alipay": None, "show": via}}


def _timing(story: Story) -> dict[str, float]:
    return TIMING | dict(story.timing)


@contextlib.contextmanager
def _line(story: Story) -> Any:
    """Where the first life's gateway leads instead of to the provider; None where it leads there."""
    if not story.first_line:
        yield None
        return
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if story.first_line == "deaf":
            listener.listen(64)
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
