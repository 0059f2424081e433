"""ansi-x12 at the same bytes, run by its own interpreter: `python peer_ansi_x12.py FILE SECONDS`.

It is strict about envelopes, control numbers and counts, and knows no segment of an 856: nothing
inside of ST and SE is looked at, and it writes nothing.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from rate import rate
from x12 import parse_x12_interchange, tokenize_x12

ALL = ("envelopes", "validate")  # it is all the same to it


def main(file, seconds):
    raw = Path(file).read_bytes()
    parse_x12_interchange(tokenize_x12(raw))  # raises for what it does not accept
    work = {name: lambda: parse_x12_interchange(tokenize_x12(raw)) for name in ALL}
    print(json.dumps({
        "side": f"ansi-x12 {version('ansi-x12')}",
        "rates": {name: rate(one, seconds) for name, one in work.items()},
        "found": [],
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
