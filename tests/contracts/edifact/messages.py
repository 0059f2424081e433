"""Messages as text, for tests of documents: one segment a line or not, UNH to UNT left out."""

from __future__ import annotations

from simulator.contracts.edifact.mapping import Reading, reads, writes
from simulator.contracts.edifact.segments import Segment
from simulator.contracts.edifact.tokens import parse, tokenise
from simulator.plant.trading import PartnerProfile, TradingDocument

PROFILE = PartnerProfile.model_validate(
    {
        "partner": "DICHTRING", "standard": "edifact", "version": "D96A",
        "identifiers": {
            "partner": {"id": "4012345000023", "qualifier": "14"},
            "plant": {"id": "4012345000009", "qualifier": "14"},
        },
        "units": {"pcs": "PCE", "kg": "KGM", "l": "LTR"},
    }
)  # fmt: skip
AT = 1_760_000_000_000_000


def segments(body: bytes) -> list[Segment]:
    """The segments of a file, UNA left out; lines that were folded are put together."""
    out: list[Segment] = []
    for token in tokenise(body):
        if token.kind == "segment":
            text = body[token.first : token.last].decode("utf-8").replace("\n", "")
            tag, elements = parse(text, token.marks)
            out.append(Segment(tag, elements, token.first, token.line, len(out)))
    return out


def reading(code: str, version: str = "D96A", profile: PartnerProfile = PROFILE) -> Reading:
    """What a message of the partner is read with."""
    return Reading(profile, profile.partner, "partner", code, version, AT)


def said(code: str, text: str) -> tuple[TradingDocument, list[str]]:
    """The document that a message says, and the names of what was found in it."""
    given = "UNB+UNOC:3'" + text.replace("\n", "")
    how = reading(code)
    mapping = reads(code)
    assert mapping is not None
    return mapping.read(segments(given.encode())[1:], how), [one.name for one in how.findings]


def text(document: TradingDocument) -> str:
    """A document as its message's segments, nothing released."""
    mapping = writes(document)
    assert mapping is not None
    written = mapping.write(document, PROFILE)
    return "".join(
        "+".join([one.tag, *(":".join(part) for part in one.elements)]) + "'\n" for one in written
    )


def again(document: TradingDocument) -> tuple[TradingDocument, list[str]]:
    """Written and read back, and the names of what was found."""
    mapping = writes(document)
    assert mapping is not None
    how = reading(mapping.code)
    how.partner, how.sender = document.partner, document.sender
    return mapping.read(mapping.write(document, PROFILE), how), [o.name for o in how.findings]
