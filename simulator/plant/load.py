"""Reading a plant file: every mistake in one pass, each with its line, column and cure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from simulator.core.durations import parse_instant
from simulator.core.errors import Mistake, Mistakes, UnknownName
from simulator.core.yamlfile import Located, Path_, read_yaml
from simulator.plant.calendar import Calendar
from simulator.plant.model import BinModel, OrderLineModel, PlantModel


def load_plant(path: Path, payloads: Path) -> PlantModel:
    """Read and check a plant file.

    `payloads` is the folder that files are shown relative to. Raises Mistakes (or Mistake where
    the file is no YAML at all).
    """
    shown = path.resolve()
    root = payloads.resolve().parent
    name = str(shown.relative_to(root)) if shown.is_relative_to(root) else str(path)
    return check_plant(read_yaml(path, name))


def check_plant(located: Located) -> PlantModel:
    """The plant that a file describes. Raises Mistakes."""
    model = located.validate(PlantModel)
    model._located = located
    mistakes = list(_Check(model, located).run())
    if mistakes:
        mistakes.sort(key=lambda one: (one.place.line, one.place.column) if one.place else (0, 0))
        raise Mistakes(mistakes)
    return model


class _Check:
    """What no single part of the file can see: names that others define, and order among them."""

    def __init__(self, model: PlantModel, located: Located) -> None:
        self.model = model
        self.located = located
        self.found: list[Mistake] = []
        self.bins: dict[str, BinModel] = {}

    def run(self) -> list[Mistake]:
        self._warehouses()
        self._items()
        self._work_centres()
        self._routings()
        self._boms()
        self._stock()
        self._orders()
        self._calendar()
        return self.found

    def _say(self, what: str, cure: str, *path: str | int, of_key: bool = False) -> None:
        self.found.append(Mistake(what, cure=cure, place=self.located.place(path, of_key=of_key)))

    def _known(
        self,
        kind: str,
        name: str | None,
        known: Iterable[str],
        *path: str | int,
        of_key: bool = False,
    ) -> bool:
        names = known if isinstance(known, Collection) else list(known)
        if name is None or name in names:
            return True
        place = self.located.place(path, of_key=of_key)
        self.found.append(UnknownName(kind, name, names, place=place))
        return False

    def _unique(
        self, kind: str, id: str | int | None, seen: dict[str | int, Path_], at: Path_
    ) -> None:
        if id is None:
            return
        if id in seen:
            line = self.located.place(seen[id]).line
            self._say(f"{kind} {id!r} stands twice", f"it is already on line {line}", *at)
        else:
            seen[id] = at

    def _warehouses(self) -> None:
        seen: dict[str | int, Path_] = {}
        for name, warehouse in self.model.warehouses.items():
            for n, one in enumerate(warehouse.bins):
                place = one if isinstance(one, BinModel) else BinModel(id=one)
                self._unique("bin", place.id, seen, ("warehouses", name, "bins", n))
                self.bins[place.id] = place
        settings = self.model.warehouse
        self._known("bin", settings.receiving_bin, self.bins, "warehouse", "receiving_bin")
        if self._known("bin", settings.shipping_bin, self.bins, "warehouse", "shipping_bin"):
            chosen = self.bins.get(settings.shipping_bin or "")
            if chosen is not None and chosen.kind != "shipping":
                cure = f"write {{id: {chosen.id}, kind: shipping}} in the list of bins"
                what = f"bin {chosen.id} is a {chosen.kind} bin"
                self._say(what, cure, "warehouse", "shipping_bin")

    def _items(self) -> None:
        for name, item in self.model.items.items():
            self._known("bin", item.bin, self.bins, "items", name, "bin")
            suppliers = self.model.suppliers
            self._known("supplier", item.supplier, suppliers, "items", name, "supplier")
            if item.tracking == "serial" and not item.whole:
                cure = "count it in pcs, or track it by lot"
                what = f"{name} is tracked by serial and counted in {item.unit}"
                self._say(what, cure, "items", name, "tracking")
            if item.kind == "make" and name not in self.model.routings:
                cure = "give it a routing, or make it kind: buy"
                self._say(f"{name} is made, and no routing makes it", cure, "items", name, "kind")

    def _work_centres(self) -> None:
        seen: dict[str | int, Path_] = {}
        shifts = self.model.calendar.shifts if self.model.calendar else {}
        for name, centre in self.model.work_centres.items():
            at = ("work_centres", name)
            for n, machine in enumerate(centre.machines):
                self._unique("machine", machine.id, seen, (*at, "machines", n, "id"))
            for n, shift in enumerate(centre.shifts or ()):
                self._known("shift", shift, shifts, *at, "shifts", n)
            if centre.shifts == []:
                self._say("no shift at all", "leave it out for all shifts", *at, "shifts")
            if centre.continuous and centre.shifts:
                self._say("continuous, and has shifts", "keep one of the two", *at, "shifts")

    def _routings(self) -> None:
        for name, routing in self.model.routings.items():
            at = ("routings", name)
            known = self._known("item", name, self.model.items, *at, of_key=True)
            if known and self.model.items[name].kind == "buy":
                self._say(f"{name} is bought", "make it kind: make", *at, of_key=True)
            before = 0
            for n, one in enumerate(routing.operations):
                step = (*at, "operations", n)
                centres = self.model.work_centres
                self._known("work centre", one.work_centre, centres, *step, "work_centre")
                if one.no <= before:
                    cure = f"number it above {before}"
                    self._say(f"operation {one.no} is out of order", cure, *step, "no")
                before = one.no
                if one.scrap + one.rework >= 1:
                    what = "scrap and rework together leave nothing"
                    self._say(what, "below 100% together", *step, "scrap")
                self._pieces(name, one.confirm_every, (*step, "confirm_every"))

    def _pieces(self, item: str, quantity: object, at: Path_) -> None:
        known = self.model.items.get(item)
        if quantity is None or known is None or not known.whole:
            return
        if quantity != int(str(quantity).partition(".")[0]):
            self._say(f"{quantity} {known.unit} of {item}", "a whole number of pieces", *at)

    def _boms(self) -> None:
        for name, bom in self.model.boms.items():
            at = ("boms", name)
            self._known("item", name, self.model.items, *at, of_key=True)
            routing = self.model.routings.get(name)
            if name in self.model.items and routing is None:
                cure = f"give {name} a routing"
                self._say(f"{name} has a BOM and no routing", cure, *at, of_key=True)
            numbers = [one.no for one in routing.operations] if routing else []
            seen: dict[str | int, Path_] = {}
            for n, line in enumerate(bom.components):
                step = (*at, "components", n)
                self._known("item", line.item, self.model.items, *step, "item")
                self._unique("component", f"{line.item} at {line.operation}", seen, (*step, "item"))
                if line.operation is not None and routing and line.operation not in numbers:
                    shown = ", ".join(map(str, numbers))
                    what = f"{name} has no operation {line.operation}"
                    self._say(what, f"its routing has {shown}", *step, "operation")
        self._cycles()

    def _cycles(self) -> None:
        done: set[str] = set()

        def visit(item: str, above: tuple[str, ...]) -> None:
            if item in done:
                return
            bom = self.model.boms.get(item)
            for n, line in enumerate(bom.components if bom else ()):
                if line.item in (*above, item):
                    loop = (*above, item)[(*above, item).index(line.item) :]
                    shown = " > ".join((*loop, line.item))
                    cure = "an item cannot be part of itself"
                    at = ("boms", item, "components", n, "item")
                    self._say(f"the BOMs go round: {shown}", cure, *at)
                else:
                    visit(line.item, (*above, item))
            done.add(item)

        for name in self.model.boms:
            visit(name, ())

    def _stock(self) -> None:
        serials: dict[str | int, Path_] = {}
        for n, one in enumerate(self.model.stock):
            at = ("stock", n)
            self._known("bin", one.bin, self.bins, *at, "bin")
            if not self._known("item", one.item, self.model.items, *at, "item"):
                continue
            item = self.model.items[one.item]
            self._pieces(one.item, one.quantity, (*at, "quantity"))
            if item.tracking == "lot" and not one.lot:
                self._say(f"{one.item} is tracked by lot, and this stock has none", "add lot:", *at)
            if one.serials and len(one.serials) != one.quantity:
                what = f"{len(one.serials)} serials for {one.quantity} {item.unit}"
                self._say(what, "one serial a piece", *at, "serials")
            for k, serial in enumerate(one.serials):
                self._unique("serial", f"{one.item}/{serial}", serials, (*at, "serials", k))

    def _orders(self) -> None:
        bought: dict[str | int, Path_] = {}
        for n, one in enumerate(self.model.purchase_orders):
            at = ("purchase_orders", n)
            self._unique("purchase order", one.id, bought, (*at, "id"))
            self._known("supplier", one.supplier, self.model.suppliers, *at, "supplier")
            self._order_lines(one.lines, at)
        sold: dict[str | int, Path_] = {}
        for n, sale in enumerate(self.model.sales_orders):
            at = ("sales_orders", n)
            self._unique("sales order", sale.id, sold, (*at, "id"))
            self._known("customer", sale.customer, self.model.customers, *at, "customer")
            self._order_lines(sale.lines, at)
        made: dict[str | int, Path_] = {}
        for n, order in enumerate(self.model.production_orders):
            at = ("production_orders", n)
            self._unique("production order", order.id, made, (*at, "id"))
            self._pieces(order.item, order.quantity, (*at, "quantity"))
            self._moment(order.start, (*at, "start"))
            self._moment(order.due, (*at, "due"))
            known = self._known("item", order.item, self.model.items, *at, "item")
            if known and order.item not in self.model.routings:
                cure = "order an item that has a routing"
                self._say(f"no routing makes {order.item}", cure, *at, "item")

    def _order_lines(self, lines: list[OrderLineModel], at: Path_) -> None:
        seen: dict[str | int, Path_] = {}
        for n, line in enumerate(lines):
            step = (*at, "lines", n)
            self._unique("line", line.line or 10 * (n + 1), seen, (*step, "line"))
            self._known("item", line.item, self.model.items, *step, "item")
            self._pieces(line.item, line.quantity, (*step, "quantity"))
            self._moment(line.due, (*step, "due"))

    def _moment(self, text: str | None, at: Path_) -> None:
        if text is not None:
            try:
                parse_instant(text, self.model.zone)
            except Mistake as mistake:
                self._say(mistake.what, mistake.cure, *at)

    def _calendar(self) -> None:
        calendar = self.model.calendar
        if calendar is None:
            return
        chosen = {
            ",".join(centre.shifts or ()): centre.shifts
            for centre in self.model.work_centres.values()
            if not centre.continuous and set(centre.shifts or ()) <= set(calendar.shifts)
        }
        for shifts in chosen.values():
            if shifts == []:
                continue
            try:
                start = parse_instant("2026-01-01", self.model.zone)
                Calendar(calendar, self.model.zone, shifts).after(start, 1)
            except Mistake as mistake:
                self._say(mistake.what, mistake.cure, "calendar", of_key=True)
                return
