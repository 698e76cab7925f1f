"""What the provider of a crash story does with a call, in the words that the stories share."""

from __future__ import annotations

from daemon.sandbox.scenario import Fault, Step, Steps

CUT = Step(act=False, fault=Fault.CUT)
BUSY = Step(act=False, code="SYSTEMERROR", again=True)
NEVER = Step(act=False, code="TRADE_ERROR", again=False)
NO_REFUND = Step(act=False, code="USER_ACCOUNT_ABNORMAL")
SHAM = Step(act=False)  # says that it was done
HONEST = Step()


def first(*steps: Step, then: Step = HONEST) -> Steps:
    """The first calls are answered so, in turn, and all others with `then`."""
    return Steps(steps, then)


def always(step: Step) -> Steps:
    return Steps((), step)
