"""The pages of the documentation that are written from the code."""

from __future__ import annotations

import sys

from simulator.cli.catalogue import fault_catalogue
from simulator.cli.transports import transport_page
from simulator.core.errors import UnknownName

PAGES = {"faults": fault_catalogue, "transports": transport_page}


def print_page(what: str) -> None:
    """Print a page. Raises UnknownName."""
    if what not in PAGES:
        raise UnknownName("page", what, tuple(PAGES))
    sys.stdout.write(PAGES[what]())
