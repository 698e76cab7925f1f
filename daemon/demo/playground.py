"""What one can play with on the demo's page: the payer's phone, the scanner's cable, the network and the box's button."""

from __future__ import annotations

import itertools
from typing import Any

from daemon.app import App
from daemon.payment import Payment, State
from daemon.sandbox.cases import CASES, case_table, code_for
from daemon.sandbox.ledger import NotPayable, UnknownOrder
from daemon.sandbox.server import Sandbox
from daemon.web.playing import CannotPlay, WrongPlay
from hw.interfaces import Condition
from hw.simulated import SimulatedButton, SimulatedScanner


class DemoPlayground:
    """A `daemon.web.playing.Playground`: the hands are here, and what comes of it is the box's and the sandbox's own doing."""

    def __init__(self, app: App, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox
        self._serials = itertools.count(50_000)  # codes that the terminal of the same demo does not show

    def toys(self) -> dict[str, Any]:
        return {
            "scanner": {"plugged": self._scanner().health.condition is Condition.OK},
            "network": {"up": self._sandbox.is_up},
            "button": {},
            "phone": {"cases": [{"name": name, "text": text} for _, name, text in case_table()], "asked": self._is_asked()},
        }

    async def play(self, toy: str, how: dict[str, Any]) -> None:
        match toy:
            case "scanner":
                self._pull(plugged=_truth(how, "plugged"))
            case "network":
                await self._sandbox.set_network(up=_truth(how, "up"))
            case "button":
                self._press()
            case "phone":
                self._use_phone(how)
            case _:
                raise KeyError(toy)

    def _pull(self, *, plugged: bool) -> None:
        scanner = self._scanner()
        (scanner.plug if plugged else scanner.unplug)()

    def _press(self) -> None:
        button = self._app.hardware.button
        if not (isinstance(button, SimulatedButton) and button.press()):
            raise CannotPlay("no payment is open; the button does nothing")

    def _use_phone(self, how: dict[str, Any]) -> None:
        match how.get("do"):
            case "show":
                self._show_code(how.get("case"))
            case "confirm":
                self._tap(self._sandbox.ledger.confirm)
            case "decline":
                self._tap(self._sandbox.ledger.decline)
            case _:
                raise WrongPlay("do", "expected show, confirm or decline")

    def _show_code(self, case: object) -> None:
        if not isinstance(case, str) or case not in CASES:
            raise WrongPlay("case", "expected the name of a case, as GET /v1/simulated lists them")
        if not self._scanner().scan(code_for(case, next(self._serials))):
            raise CannotPlay("the scanner reads nothing now: the box awaits no code, or the scanner is pulled out")

    def _tap(self, does: Any) -> None:
        open_one = self._open()
        if open_one is None or not open_one.attempts:
            raise CannotPlay("the wallet asks for nothing now")
        try:
            does(open_one.attempts[-1].out_trade_no)
        except (UnknownOrder, NotPayable) as error:
            raise CannotPlay(f"the wallet asks for nothing any more: {error}") from None

    def _is_asked(self) -> bool:
        """Whether the wallet waits for its owner: a password is wanted, or the box shows a QR."""
        open_one = self._open()
        if open_one is None or not open_one.attempts or open_one.state not in (State.PENDING, State.PRESENTING_QR):
            return False
        try:
            return self._sandbox.ledger.order(open_one.attempts[-1].out_trade_no).state.is_payable
        except UnknownOrder:
            return False

    def _open(self) -> Payment | None:
        ref = self._app.desk.status()["busy_ref"]
        return None if ref is None else self._app.runner.find(ref)

    def _scanner(self) -> SimulatedScanner:
        assert isinstance(self._app.hardware.scanner, SimulatedScanner)
        return self._app.hardware.scanner


def _truth(how: dict[str, Any], name: str) -> bool:
    value = how.get(name)
    if not isinstance(value, bool):
        raise WrongPlay(name, f'expected true or false, as {{"{name}": false}}')
    return value
