"""A small, real integration between an ERP, an MES, a WMS and trading partners: something to test.

It knows its peers only by their interfaces. What it acknowledges is in its database first, and
what it sends goes through an outbox, so it may be killed at any moment:

    ERP  -- POST /production-orders -->  bridge  -- POST /job-orders -------------->  MES
    MES  -- POST /mes/events -------->   bridge  -- POST /receipts ---------------->  WMS
    ERP  -- POST /asns -------------->   bridge  -- POST /inbound-deliveries, … --->  WMS
    WMS  -- POST /wms/events -------->   bridge  (a stock ledger of its own)

    ERP  -- POST /purchase-orders -->    bridge  -- 850, ORDERS ------------------->  suppliers
    suppliers  -- 855, 856, 997 … --->   bridge  -- 997, 824, 861; to the WMS ----->  suppliers
    customers  -- 850, 830, 862 … --->   bridge  -- 855, 997, 824 ----------------->  customers
    ERP  -- POST /shipments --------->   bridge  -- POST /shipments, then 856 ----->  customers

Partners are reached over AS2, SFTP or a mailbox (`--partner NAME=URL`); their profiles are read
from `payloads/partners`. `POST /reset` begins with empty books, `--break` makes a mistake.

Run it with `python -m examples.bridge --mes-url URL --wms-url URL`; `examples/demo.py` does, too.
"""
