"""mock-edi at the same bytes, run by its own interpreter: `python peer_mock_edi.py FILE SECONDS`.

Its `parse` cuts and opens envelopes; `validate` holds every segment and element to its dictionary.
Its own 856 has no pallets, cartons or labels: what it builds is one with as many item lines.
"""

import datetime
import json
import sys
from importlib.metadata import version
from pathlib import Path

from mockedi import transactions, validate, x12
from rate import rate

LINES = 40


def build():
    when = datetime.datetime(2025, 10, 9, 8, 53)
    us = transactions.Party(name="BEARCO", identifier="BEARCO")
    order = {"po_number": "4500001", "ordered_on": "2025-10-01", "ship_to_name": "GEARBOX"}
    shipment = {"shipment_id": "A-1", "cartons": LINES, "weight": "100", "scac": "ABCD",
                "carrier": "A carrier", "bol": "B-1", "shipped_on": "2025-10-09"}  # fmt: skip
    lines = [
        {"line": str(n + 1), "sku": "BRG-6204", "quantity": "100", "shipped": "100", "uom": "EA"}
        for n in range(LINES)
    ]
    body = transactions.write_despatch("X12", us, {}, order, lines, shipment, when)
    message = x12.message("856", "0001", body, "004010")
    return x12.render(
        x12.wrap([message], "BEARCO", "GEARBOX", "000000012", "12", "SH", moment=when)
    )


def read(text):
    parsed = x12.parse(text)
    validate.validate(parsed)
    return [transactions.read_despatch(one, "X12") for _, one in parsed.messages()]


def main(file, seconds):
    text = Path(file).read_text("ascii")
    own = build()
    report = validate.validate(x12.parse(text))
    found = sorted({one.tag for each in report.messages for one in each.findings})
    work = {
        "validate": lambda: validate.validate(x12.parse(text)),
        "read": lambda: read(text),
        "validate its own": lambda: validate.validate(x12.parse(own)),
        "build": build,
    }
    print(json.dumps({
        "side": f"mock-edi {version('mock-edi')}",
        "rates": {name: rate(one, seconds) for name, one in work.items()},
        "found": [f"{tag} is not as its dictionary has it" for tag in found],
        "own": own,
        "own is clean": validate.validate(x12.parse(own)).clean,
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
