"""Codes that several transaction sets share, to our words and back.

Only those that are written or read here, and in our own words; of codes that mean the same to a
plant, the first is written.
"""

from __future__ import annotations

from simulator.plant.trading.parts import Role, Scheme
from simulator.plant.trading.shipping import Package


def turned(codes: dict[str, str]) -> dict[str, str]:
    """The other way round."""
    return {theirs: ours for ours, theirs in codes.items()}


ROLES: dict[Role, str] = {
    "buyer": "BY", "seller": "SU", "ship-to": "ST", "ship-from": "SF", "bill-to": "BT",
    "carrier": "CA", "warehouse": "WH", "submitter": "41", "receiver": "40",
    "intermediate-consignee": "IC", "final-recipient": "UC",
}  # fmt: skip
"""Element 98, N101."""
ROLE_OF: dict[str, Role] = {theirs: ours for ours, theirs in ROLES.items()} | {
    "SE": "seller", "VN": "seller", "RE": "seller", "RI": "seller", "DE": "seller",
    "OB": "buyer", "MI": "buyer", "BS": "ship-to", "CN": "ship-to", "SH": "ship-from",
    "BP": "bill-to", "CR": "carrier",
}  # fmt: skip
"""Who issues a release buys; whom one pays, and who deposits goods, sells."""

SCHEMES: dict[Scheme, str] = {
    "gln": "UL", "ean": "UL", "duns": "1", "scac": "2", "mutual": "ZZ", "buyer": "92",
    "seller": "91", "": "ZZ",
}  # fmt: skip
"""Element 66, N103. DUNS with its suffix, 13 characters, is `9`; an EAN is a GLN."""
SCHEME_OF: dict[str, Scheme] = {
    "UL": "gln", "1": "duns", "9": "duns", "2": "scac", "4": "scac", "ZZ": "mutual", "92": "buyer",
    "91": "seller",
}  # fmt: skip

REFERENCES: dict[str, str] = {
    "bill-of-lading": "BM", "packing-list": "PK", "order": "PO", "release": "RE", "invoice": "IV",
    "lot": "LT", "delivery": "DO", "pro-number": "CN", "contract": "CT", "account": "11",
    "kanban": "KB", "dock": "DK", "seal": "SN", "warehouse-receipt": "WR", "shipment": "SI",
}  # fmt: skip
"""Element 128, REF01 and N901. Any other kind is the qualifier itself."""
REFERENCE_OF = turned(REFERENCES)

PACKAGES: dict[Package, str] = {
    "pallet": "PLT", "carton": "CTN", "container": "CNT", "rack": "RCK",
}  # fmt: skip
"""Element 103, its first three characters."""
PACKAGE_OF: dict[str, Package] = {theirs: ours for ours, theirs in PACKAGES.items()} | {
    "PAL": "pallet", "SKD": "pallet", "BOX": "carton", "CAS": "carton", "PKG": "carton",
    "TOT": "container", "BIN": "container", "CRT": "container",
}  # fmt: skip

BUYER_NUMBERS = ("BP", "IN", "PN", "CB")
SELLER_NUMBERS = ("VP", "VN", "VC", "MG", "SK")
GTINS = ("UK", "EN", "UP", "UA", "UI", "UD")
"""Element 235: whose number of an item it is. UK has 14 digits, EN 13, UP 12."""

ZONES = {
    "UT": 0, "GM": 0, "AS": -4, "AD": -3, "ES": -5, "ED": -4, "CS": -6, "CD": -5, "MS": -7,
    "MD": -6, "PS": -8, "PD": -7,
}  # fmt: skip
"""Element 623: hours before UTC."""
PLACES = {
    "AT": "America/Halifax", "ET": "America/New_York", "CT": "America/Chicago",
    "MT": "America/Denver", "PT": "America/Los_Angeles",
}  # fmt: skip
"""Element 623: a time zone with its summer time."""
