"""Stagefloor at the same bytes: `python ours.py STANDARD FILE SECONDS`. Prints one JSON object.

`envelopes` is tokens, envelopes, counts and control numbers; `validate` that, and each message by
its guide; `read` is all of the contract's `decode`: that, the document, and the answer that is due.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from notice import interchange, profile
from rate import rate

from simulator import __version__
from simulator.core.message import Request
from simulator.core.ports import Contract
from simulator.core.registry import registry
from simulator.plant.trading import PartnerProfile, Standard


def main(standard: Standard, file: Path, seconds: float) -> None:
    raw = file.read_bytes()
    partner = profile(standard)
    model = registry("contracts", Contract).get(standard)
    contract = model("edi", {}, {}, model.Settings.model_construct(partner=partner))
    request = Request("POST", body=raw)
    honest = interchange()
    call = contract.decode(request)
    work: dict[str, Callable[[], object]] = {
        **(_x12(raw) if standard == "x12" else _edifact(raw, partner)),
        "read": lambda: contract.decode(request),
        "build": lambda: contract.render(honest),
    }
    print(json.dumps({
        "side": f"stagefloor {__version__}",
        "rates": {name: rate(one, seconds) for name, one in work.items()},
        "found": [one.name for one in call.input.findings] if call.input else ["no document"],
    }))  # fmt: skip


def _x12(raw: bytes) -> dict[str, Callable[[], object]]:
    from simulator.contracts.x12.check import check_set
    from simulator.contracts.x12.envelope import open_envelope
    from simulator.contracts.x12.findings import Found
    from simulator.contracts.x12.guide import find_guide
    from simulator.contracts.x12.scan import scan

    def envelopes() -> None:
        found = Found(frozenset())
        for one in scan(raw):
            open_envelope(one, found)
        assert not found.findings

    def validate() -> None:
        found = Found(frozenset())
        for one in scan(raw):
            for group in open_envelope(one, found).groups:
                for each in group.sets:
                    check_set(each, group, find_guide(each.code, group.version, None), found)

    return {"envelopes": envelopes, "validate": validate}


def _edifact(raw: bytes, partner: PartnerProfile) -> dict[str, Callable[[], object]]:
    from simulator.contracts.edifact.envelope import open_envelope, stretches
    from simulator.contracts.edifact.findings import Report
    from simulator.contracts.edifact.judge import Judge, Manner

    manner = Manner(partner)

    def validate() -> None:
        report = Report(partner)
        for tokens in stretches(raw):
            envelope = open_envelope(raw, tokens)
            if envelope is not None:
                Judge(envelope, report, manner).all()

    return {"validate": validate}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))  # type: ignore[arg-type]
