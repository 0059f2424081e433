"""pydifact at the same bytes, run by its own interpreter: `python peer_pydifact.py FILE SECONDS`.

It cuts segments and groups them into messages. Its `validate` of an interchange is empty but for
UNB, so nothing of a DESADV is looked at. It has no documents, so there is nothing that it builds.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from pydifact.segmentcollection import Interchange
from rate import rate


def main(file, seconds):
    text = Path(file).read_text("latin-1")
    work = {"validate": lambda: list(Interchange.from_str(text).get_messages())}
    print(json.dumps({
        "side": f"pydifact {version('pydifact')}",
        "rates": {name: rate(one, seconds) for name, one in work.items()},
        "found": [],
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
