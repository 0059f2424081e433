"""Invoices of the plant's, as customers read them."""

from __future__ import annotations

from decimal import Decimal

from simulator.plant.quantities import ZERO
from simulator.plant.trading import AdviceNote, Invoice
from simulator.systems.customer.goods import Goods
from simulator.systems.customer.state import Announced

CENT = Decimal("0.01")


class Billing(Goods):
    """The part of a customer that checks invoices."""

    def _invoiced(self, invoice: Invoice) -> None:
        """An invoice of the plant's (810): its orders, prices and sum."""
        notes = []
        for one in invoice.lines:
            po = one.po or invoice.po
            meant = Announced(one.item, one.quantity, one.unit, po, one.po_line)
            known, lines = self._meant(invoice.partner, meant)
            agreed = lines[0].price if lines else None
            given = {"line": one.line, "item": one.item}
            if not known:
                notes.append(AdviceNote(reason="unknown-order", value=po, **given))
            elif not lines:
                notes.append(AdviceNote(reason="unknown-item", value=one.item, **given))
            elif agreed is not None and one.price != agreed:
                text = f"agreed on {agreed}"
                notes.append(
                    AdviceNote(reason="price-differs", value=str(one.price), text=text, **given)
                )
        net = sum(((one.quantity * one.price).quantize(CENT) for one in invoice.lines), ZERO)
        if (net + invoice.tax).quantize(CENT) != invoice.total.quantize(CENT):
            text = f"its lines and taxes add up to {net + invoice.tax}"
            notes.append(AdviceNote(reason="total-differs", value=str(invoice.total), text=text))
        self._advise(invoice, notes)
