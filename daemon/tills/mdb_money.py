"""What a vending machine is told of money: the currency, its decimals, and the amounts that its 16 bits hold."""

from __future__ import annotations

from daemon.money import Amount, Minor, exponent, parse_amount

MOST_MINOR = 65_534
"""The bus has 16 bits for an amount, and FFFF means "unknown" (MDB/ICP 4.2, 7.4); the scale factor is 1, so that no amount is rounded."""

# ISO 4217, list one: the numeric codes. One that is not here is not told to the adapter, which then keeps its own.
_NUMERIC = {
    "AED": "784", "ARS": "032", "AUD": "036", "BDT": "050", "BGN": "975", "BHD": "048", "BRL": "986", "CAD": "124", "CHF": "756",
    "CLP": "152", "CNY": "156", "COP": "170", "CZK": "203", "DKK": "208", "EGP": "818", "EUR": "978", "GBP": "826", "HKD": "344",
    "HUF": "348", "IDR": "360", "ILS": "376", "INR": "356", "ISK": "352", "JOD": "400", "JPY": "392", "KES": "404", "KRW": "410",
    "KWD": "414", "KZT": "398", "LAK": "418", "LKR": "144", "MAD": "504", "MMK": "104", "MNT": "496", "MOP": "446", "MXN": "484",
    "MYR": "458", "NGN": "566", "NOK": "578", "NPR": "524", "NZD": "554", "OMR": "512", "PEN": "604", "PHP": "608", "PKR": "586",
    "PLN": "985", "QAR": "634", "RON": "946", "RUB": "643", "SAR": "682", "SEK": "752", "SGD": "702", "THB": "764", "TND": "788",
    "TRY": "949", "TWD": "901", "UAH": "980", "USD": "840", "UYU": "858", "VND": "704", "ZAR": "710",
}  # fmt: skip


def settings(currency: str, *, always_idle: bool, vend_s: float | None) -> tuple[str, ...]:
    """What the adapter is set to on every start, as ``key=value`` (facts, tills 3.2). `vend_s`: for how long it is to keep the machine
    waiting for an answer."""
    code = _NUMERIC.get(currency)
    return (
        f"mdb-always-idle={int(always_idle)}",
        *([] if code is None else [f"mdb-currency-code=0x1{code}"]),
        f"mdb-decimal-places={exponent(currency)}",
        "mdb-scale-factor=1",
        *([] if vend_s is None else [f"mdb-timeout-vend={max(1, round(vend_s))}"]),
    )


def parse_price(text: str, currency: str, max_amount: int) -> Amount:
    """The price that a machine asks for. Raises ValueError where it is none, or not one that this box sells."""
    amount = parse_amount(text, currency)
    if not 1 <= amount.minor <= min(MOST_MINOR, max_amount):
        raise ValueError(f"{amount} is not from 1 to {min(MOST_MINOR, max_amount)} minor units")
    return amount


def largest(currency: str, max_amount: int) -> Amount:
    """The credit of a session before anything is paid."""
    return Amount(Minor(min(MOST_MINOR, max_amount)), currency)
