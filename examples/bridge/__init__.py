"""A small, real integration between an ERP, an MES and a WMS: something to test.

It knows its peers only by their HTTP interfaces. What it acknowledges is in its database first, and
what it sends goes through an outbox, so it may be killed at any moment:

    ERP  -- POST /production-orders -->  bridge  -- POST /job-orders -------------->  MES
    MES  -- POST /mes/events -------->   bridge  -- POST /receipts ---------------->  WMS
    ERP  -- POST /asns -------------->   bridge  -- POST /inbound-deliveries, … --->  WMS
    WMS  -- POST /wms/events -------->   bridge  (a stock ledger of its own)

Run it with `python -m examples.bridge --mes-url URL --wms-url URL`.
"""
