"""A provider that says what the fuzzed input says, in the place of a gateway's HTTP client; and the loop its calls run on."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from fuzz_promises import CODE, check_error, check_reply
from fuzz_scene import Scene

from daemon.calls import _masked
from daemon.codes import AuthCode
from daemon.gateways.client import Answer
from daemon.gateways.settings import Place
from daemon.gateways.signing import Request
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.reply import GatewayError, NoAnswer, Reply

T = TypeVar("T")

NUMBER = "TFUZZ7K2M9Q4X1B8Z5"
AMOUNT = Amount(Minor(1250), "CNY")
PLACE = Place("box-7", "shop-12", "Tea house")
SECRET = "made-up-secret-of-the-fuzzed-box"

STATES = (State.SUBMITTING, State.PENDING, State.REVOKING, State.CREATING_QR, State.PRESENTING_QR, State.CLOSING, State.IN_DOUBT)
CALLS = ("query", "submit", "create_qr", "revoke", "close", "refund", "check")

Finish = Callable[[Request, Answer], Answer]
"""Makes of what the input says what the box hears: signs it, say."""


class Provider:
    """Stands where a gateway keeps its `Client`. Answers each request with the next answer of the input; then with none."""

    def __init__(self, scene: Scene, base_url: str = "", finish: Finish = lambda _request, answer: answer) -> None:
        self._answers = scene.answers
        self._base_url = base_url
        self._finish = finish
        self.posted = 0
        self.told: list[Answer] = []  # what the box got to hear

    async def post(self, path: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answer:
        self.posted += 1
        return self._next(Request("POST", self._base_url + path, headers, body), timeout_s)

    async def get(self, path: str, headers: Mapping[str, str], timeout_s: float) -> Answer:
        return self._next(Request("GET", self._base_url + path, headers), timeout_s)

    async def aclose(self) -> None:
        pass

    def _next(self, request: Request, timeout_s: float) -> Answer:
        assert timeout_s > 0
        if len(self.told) >= len(self._answers):
            raise NoAnswer("the scene is over")
        self.told.append(self._finish(request, self._answers[len(self.told)]))
        return self.told[-1]


def attempt_in(scene: Scene, gateway: str) -> Attempt:
    """The order that the scene is about. Its trade number is the provider's word of an earlier answer."""
    state = scene.one_of("state", STATES)
    trade_no = scene.words.get("trade_no")
    return Attempt(OutTradeNo(NUMBER), gateway, "wechat", AMOUNT, state, 0.0, "tea").but(trade_no=trade_no)


async def called(gateway: Any, call: str, attempt: Attempt) -> Any:
    if call == "check":
        return await gateway.check()
    return await (gateway.submit(attempt, AuthCode(CODE)) if call == "submit" else getattr(gateway, call)(attempt))


def reply_of(gateway: Any, provider: Provider, call: str, attempt: Attempt, secrets: tuple[str, ...]) -> Reply | None:
    """The checked reply to one call; None where an error, checked as well, came in its place, or the call was `check`."""
    try:
        result = settled(called(gateway, call, attempt))
    except GatewayError as error:
        moves_money = call in ("submit", "create_qr", "refund") and provider.posted > 0
        check_error(error, secrets, sent=moves_money)
        return None
    if isinstance(result, Reply):
        check_reply(_masked(result, CODE if call == "submit" else ""), secrets)  # as the cycle, the journal and the till get to see it
        return result
    for problem in result:
        assert not any(secret in problem.text for secret in secrets)
    return None


def settled(call: Coroutine[Any, Any, T]) -> T:
    """What the call comes to. Nothing in it waits: the provider answers at once."""
    return _loop().run_until_complete(call)


class _AtOnce(ThreadPoolExecutor):
    """What is meant for a thread is done here and now, so that its time and its errors belong to the input."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # handed on to whoever awaits it, as a thread's would be
            done.set_exception(error)
        return done


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One for all inputs: making one costs as much as ten inputs."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_AtOnce())
    atexit.register(loop.close)
    return loop
