"""What a provider's answer proves, and what is known without one (`daemon.reply`)."""

import pytest

from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, Reason, State
from daemon.reply import Claim, GatewayError, NoAnswer, NotSent, Reply, Unclear, Unintelligible, Verdict, judge_paid

ATTEMPT = Attempt(OutTradeNo("T1"), "main", "wechat", Amount(Minor(1250), "CNY"), State.SUBMITTING, sent_at=0.0)


def claim(number: str | None = "T1", minor: int | None = 1250, currency: str | None = "CNY", *, merchant_matches: bool = True) -> Claim:
    return Claim(number, minor, currency, merchant_matches)


def test_errors_say_whether_the_charge_may_have_been_made() -> None:
    """P4: everything but `NotSent` means unknown, and nothing means refused."""
    assert issubclass(NotSent, GatewayError)
    assert not issubclass(NotSent, Unclear)
    assert issubclass(NoAnswer, Unclear)
    assert issubclass(Unintelligible, Unclear)


def test_paid_is_believed_when_everything_matches() -> None:
    assert judge_paid(ATTEMPT, claim(), code="SUCCESS", trade_no="42") == Reply(Verdict.PAID, "SUCCESS", "", "42")


def test_paid_needs_no_word_and_no_number_of_the_provider_s() -> None:
    assert judge_paid(ATTEMPT, claim()) == Reply(Verdict.PAID, "", "", None)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (claim(merchant_matches=False), "another merchant"),
        (claim(number="T2"), "another order number"),
        (claim(number=None), "another order number"),
        (claim(minor=1), "amount 1 instead of 1250"),
        (claim(minor=None), "amount None instead of 1250"),
        (claim(currency="JPY"), "currency 'JPY' instead of CNY"),
        (claim(currency=None), "currency none instead of CNY"),
    ],
)
def test_paid_with_any_difference_proves_nothing(said: Claim, why: str) -> None:
    """P6"""
    reply = judge_paid(ATTEMPT, said, trade_no="42")
    assert (reply.verdict, reply.code) == (Verdict.MISMATCH, "mismatch")
    assert reply.text == f"the answer says paid, but: {why}"
    assert reply.trade_no == "42"


def test_all_differences_are_named_at_once_and_hostile_words_are_tamed() -> None:
    reply = judge_paid(ATTEMPT, claim("x", 2, "\x1b[31m" + "y" * 500, merchant_matches=False))
    tame = "'\\x1b[31m" + "y" * 11 + "'"  # sixteen characters of theirs
    wrong = f"another merchant, another order number, amount 2 instead of 1250, currency {tame} instead of CNY"
    assert reply.text == f"the answer says paid, but: {wrong}"


def test_the_reason_is_the_provider_s_own_word_or_else_the_verdict() -> None:
    assert Reply(Verdict.REFUSED, "NOTENOUGH", "balance too low").reason == Reason("NOTENOUGH", "balance too low")
    assert Reply(Verdict.NOT_KNOWN).reason == Reason("not_known", "")
    assert f"{Verdict.REVOKE_AGAIN}" == "revoke_again"
