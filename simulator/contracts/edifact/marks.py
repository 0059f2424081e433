"""Service characters (UNA), and the character sets that a UNB names (0001)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulator.plant.trading.partners import PartnerProfile


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters that separate. `release` and `repetition` are empty where not used."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    repetition: str = ""
    terminator: str = "'"

    @property
    def una(self) -> str:
        """UNA and its six characters."""
        return (
            f"UNA{self.component}{self.element}{self.decimal}{self.release or ' '}"
            f"{self.repetition or ' '}{self.terminator}"
        )

    @property
    def sound(self) -> bool:
        """May they separate anything: no letters or digits, and none of them twice?"""
        used = [self.component, self.element, self.terminator, self.release, self.repetition]
        used = [one for one in used if one]
        return len(set(used)) == len(used) and not any(
            one.isalnum() or ord(one) > 126 or one == "\0" for one in used
        )


STANDARD = Marks()
LEVEL_B = Marks("\x1f", "\x1d", ".", "", "", "\x1c")
"""The separators that do not print, of character set B."""


def from_una(six: str) -> Marks | None:
    """The marks that the six characters after UNA name; None where they cannot be meant."""
    if len(six) != 6:
        return None
    repetition = "" if six[4] == " " or six[4].isalnum() else six[4]
    found = Marks(six[0], six[1], six[2], six[3].strip(" "), repetition, six[5])
    return found if found.sound else None


_LINES = re.compile(rb"[^\r\n]\r?\nUN[GH]")
_NEXT = re.compile(rb"([^A-Za-z0-9\r\n ])[\r\n]*UN[GH]")


def guessed(head: bytes, known: Marks) -> Marks:
    """The marks of an interchange whose first bytes (from UNB on) are `head`.

    `known` are those of a UNA before it, or of the interchange before. Read past, where they
    cannot be meant: a terminator that is a line feed though nobody said so, and service characters
    that no UNA told.
    """
    element = chr(head[3]) if len(head) > 3 else ""
    marks = known
    if element and element != marks.element:
        marks = STANDARD
        if element == LEVEL_B.element:
            marks = LEVEL_B
        elif element != STANDARD.element and not element.isalnum() and element not in "\r\n ":
            component = re.match(rb"UNB.[A-Z0-9]{4}([^A-Za-z0-9\r\n])", head, re.DOTALL)
            ends = _NEXT.search(head)
            if component and ends:
                found = Marks(
                    chr(component[1][0]), element, terminator=ends[1].decode("latin-1"),
                    release="?" if b"?" not in (component[1], ends[1]) else "",
                )  # fmt: skip
                marks = found if found.sound else marks
    lines = _LINES.search(head)
    if lines and marks.terminator.encode("latin-1") not in head[: lines.end()]:
        return Marks(
            marks.component, marks.element, marks.decimal, marks.release, marks.repetition, "\n"
        )
    return marks


def of_profile(profile: PartnerProfile) -> Marks:
    """The marks with which a partner writes."""
    given = profile.delimiters
    return Marks(
        given.component or ":", given.element or "+", given.decimal or ".", given.release or "?",
        given.repetition, given.segment or "'",
    )  # fmt: skip


CODECS = {
    "UNOA": "ascii", "UNOB": "ascii", "UNOC": "latin-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5",
    "UNOF": "iso8859-7", "UNOG": "iso8859-3", "UNOH": "iso8859-4", "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8", "UNOK": "iso8859-9", "UNOL": "iso8859-15", "UNOW": "utf-8",
    "UNOX": "utf-8", "UNOY": "utf-8",
}  # fmt: skip
"""Character sets by 0001."""
SETS = {"ascii": "UNOB", "latin-1": "UNOC", "utf-8": "UNOY"}
"""How a profile's plain names are called in a UNB."""
LEVEL_A = re.compile(r"""[^A-Z0-9 .,\-()/='+:?!"%&*;<>\r\n]""")
"""What is outside of character set A."""


def charset_of(profile: PartnerProfile) -> str:
    """What a partner's UNB says in 0001."""
    return SETS.get(profile.charset, profile.charset)
