"""Forecasts and call-offs: what suppliers check, and what they plan to ship for them."""

from __future__ import annotations

from decimal import Decimal

from simulator.core.durations import Instant
from simulator.plant.quantities import ZERO
from simulator.plant.trading import AdviceNote, CallOff, Forecast
from simulator.systems.supplier.answering import Answering
from simulator.systems.supplier.state import Called, Foreseen

REMEMBERED = 100  # forecast releases of one buyer


class Schedules(Answering):
    """The part of a supplier that reads schedules."""

    def _foreseen(self, forecast: Forecast) -> None:
        if not self._advise(forecast, self._wrong_lines(forecast.partner, forecast.lines)):
            return
        known = self.state.forecasts.setdefault(forecast.partner, [])
        known.append(forecast.number)
        del known[:-REMEMBERED]
        wanted: dict[str, Decimal] = {}
        for line in forecast.lines:
            total = sum((one.quantity for one in line.demands), ZERO)
            wanted[line.item] = wanted.get(line.item, ZERO) + total
        for item, quantity in wanted.items():
            name = f"{forecast.partner}/{item}"
            self.state.foreseen[name] = Foreseen(forecast.number, quantity)

    def _called_off(self, call: CallOff) -> None:
        supplier = call.partner
        notes = self._wrong_lines(supplier, call.lines)
        wanted: dict[str, Decimal] = {}
        for line in call.lines:
            total = sum((one.quantity for one in line.demands), ZERO)
            wanted[line.item] = wanted.get(line.item, ZERO) + total
        notes += self._uncovered(call, wanted)
        for line in call.lines:
            if line.received is not None and self._gap(supplier, line.item, line.received):
                shipped = self.state.cumulative.get(f"{supplier}/{line.item}", ZERO)
                notes.append(
                    AdviceNote(
                        reason="cumulative-gap", line=line.line, item=line.item,
                        value=str(line.received), text=f"shipped so far: {shipped}",
                    )
                )  # fmt: skip
        if not self._advise(call, notes):
            return
        mine = self.state.called.setdefault(supplier, [])
        # a call-off replaces what was called off of its items before, and is not shipped yet
        mine[:] = [one for one in mine if one.item not in wanted]
        for item, quantity in wanted.items():
            foreseen = self.state.foreseen.get(f"{supplier}/{item}")
            if foreseen is not None:
                foreseen.called += quantity
        starts: dict[Instant, None] = {}
        for line in call.lines:
            for one in line.demands:
                mine.append(
                    Called(
                        call.number, line.item, one.quantity, one.start, line.unit,
                        line.po or call.po, line.dock, one.reference,
                    )
                )  # fmt: skip
                starts[one.start] = None
        how = self.behaviour(supplier)
        for start in sorted(starts) if how.automatic else ():
            transit = self._draw(supplier, "transit", how.transit)
            wait = max(start - transit - self.stage.now, 0)
            self.stage.after(
                wait, "supplier.ship_called", supplier=supplier, schedule=call.number, start=start,
                transit=transit,
            )  # fmt: skip

    def _uncovered(self, call: CallOff, wanted: dict[str, Decimal]) -> list[AdviceNote]:
        """What a call-off wants beyond the forecast; nothing where there never was one."""
        supplier = call.partner
        releases = self.state.forecasts.get(supplier, [])
        if call.forecast and call.forecast not in releases:
            text = f"there is no forecast {call.forecast}"
            return [AdviceNote(reason="contradicts-forecast", value=call.forecast, text=text)]
        notes = []
        for item, quantity in wanted.items() if releases else ():
            foreseen = self.state.foreseen.get(f"{supplier}/{item}")
            left = foreseen.quantity - foreseen.called if foreseen is not None else ZERO
            if quantity > left:
                text = f"the forecast has {left} of it left"
                notes.append(
                    AdviceNote(
                        reason="contradicts-forecast", item=item, value=str(quantity), text=text
                    )
                )
        return notes

    def _gap(self, supplier: str, item: str, received: Decimal) -> bool:
        """Has the buyer counted more than was ever shipped? Its first count is taken over."""
        name = f"{supplier}/{item}"
        shipped = self.state.cumulative.get(name)
        if shipped is None:
            self.state.cumulative[name] = received
            return False
        return received > shipped
