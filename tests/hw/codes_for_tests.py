"""Made-up payment codes: 18 digits that begin like a wallet's, with a number at the end to tell them apart."""


def made_up_code(number: int = 17) -> str:
    return f"13{number:016d}"
