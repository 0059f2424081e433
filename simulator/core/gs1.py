"""GS1 identification keys: check digits and SSCCs (GS1 General Specifications, 7.9)."""

from __future__ import annotations


def check_digit(digits: str) -> int:
    """The mod-10 check digit of a GS1 key's other digits."""
    weights = (3 if index % 2 == 0 else 1 for index in range(len(digits)))
    return (
        -sum(int(digit) * weight for digit, weight in zip(reversed(digits), weights, strict=True))
        % 10
    )


def sscc(serial: int, prefix: str = "4012345", extension: int = 0) -> str:
    """An 18-digit Serial Shipping Container Code.

    `prefix` is the GS1 company prefix. Raises ValueError where the serial does not fit.
    """
    room = 16 - len(prefix)
    if not prefix.isdigit() or not 0 <= extension <= 9 or not 0 <= serial < 10**room:
        raise ValueError(f"no SSCC: extension {extension}, prefix {prefix!r}, serial {serial}")
    body = f"{extension}{prefix}{serial:0{room}d}"
    return body + str(check_digit(body))


def is_sscc(text: str) -> bool:
    """Are these 18 digits with the right check digit?"""
    return len(text) == 18 and text.isdigit() and check_digit(text[:-1]) == int(text[-1])
