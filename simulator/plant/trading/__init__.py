"""Trading documents: what crosses the border between the plant and its partners, on no wire yet."""

from simulator.plant.trading.answers import (
    AdviceNote,
    ApplicationAdvice,
    ElementNote,
    FunctionalAcknowledgement,
    InterchangeAcknowledgement,
    SegmentNote,
    SetNote,
    Verdict,
)
from simulator.plant.trading.interchange import (
    ACKNOWLEDGEMENTS,
    ANSWERS,
    Enclosed,
    Finding,
    Interchange,
    Received,
    Standard,
)
from simulator.plant.trading.orders import (
    Invoice,
    InvoiceLine,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ResponseLine,
)
from simulator.plant.trading.partners import Partner, PartnerProfile, load_partner
from simulator.plant.trading.parts import Party, Reference, TradingDocument
from simulator.plant.trading.schedules import (
    CallOff,
    Demand,
    Forecast,
    InventoryLine,
    InventoryReport,
    ScheduleLine,
)
from simulator.plant.trading.shipping import (
    HandlingUnit,
    PackedItem,
    ReceivedLine,
    ReceivingAdvice,
    ShipmentStatus,
    ShipNotice,
    TransportEvent,
)
from simulator.plant.trading.warehouse import (
    WarehouseLine,
    WarehouseReceiptAdvice,
    WarehouseShippingAdvice,
    WarehouseShippingOrder,
    WarehouseTransferAdvice,
)

__all__ = [
    "ACKNOWLEDGEMENTS", "ANSWERS", "AdviceNote", "ApplicationAdvice", "CallOff", "Demand",
    "ElementNote", "Enclosed", "Finding", "Forecast", "FunctionalAcknowledgement", "HandlingUnit",
    "Interchange", "InterchangeAcknowledgement", "InventoryLine", "InventoryReport", "Invoice",
    "InvoiceLine", "OrderLine", "PackedItem", "Partner", "PartnerProfile", "Party", "PurchaseOrder",
    "PurchaseOrderChange", "PurchaseOrderResponse", "Received", "ReceivedLine", "ReceivingAdvice",
    "Reference", "ResponseLine", "ScheduleLine", "SegmentNote", "SetNote", "ShipNotice",
    "ShipmentStatus", "Standard", "TradingDocument", "TransportEvent", "Verdict", "WarehouseLine",
    "WarehouseReceiptAdvice", "WarehouseShippingAdvice", "WarehouseShippingOrder",
    "WarehouseTransferAdvice", "load_partner",
]  # fmt: skip
