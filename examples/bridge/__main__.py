"""`python -m examples.bridge`: run it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import ssl
import sys
from pathlib import Path

import httpx
import uvicorn

from examples.bridge.app import Front
from examples.bridge.courier import Courier
from examples.bridge.flaws import FLAWS
from examples.bridge.floor.line import Lines, UnknownWire
from examples.bridge.flow import Flow
from examples.bridge.peers import Pace, Peer
from examples.bridge.stock import Ledger
from examples.bridge.store import Store
from examples.bridge.trading.counter import Counter
from examples.bridge.trading.ways import Folder, Mailbox
from examples.bridge.trading.wire import UnknownPartner


def main() -> int:
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for loud in ("httpx", "httpcore"):
        logging.getLogger(loud).setLevel(logging.WARNING)
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # the line says itself what it lost
    try:
        asyncio.run(run(options))
    except KeyboardInterrupt:
        return 130
    except UnknownWire as error:
        print(f"bridge: --plc: {error}", file=sys.stderr)
        return 2
    except UnknownPartner as error:
        print(f"bridge: --partner: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"bridge: cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 3
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m examples.bridge",
        description="Production orders to the MES, ship notices and finished lots to the WMS.",
    )
    parser.add_argument("--mes-url", required=True, help="e.g. http://127.0.0.1:8080/gearbox/mes")
    parser.add_argument("--wms-url", required=True, help="e.g. http://127.0.0.1:8091/gearbox/wms")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8070, help="0 takes a free one")
    parser.add_argument("--db", type=Path, default=Path("bridge.sqlite"))
    parser.add_argument("--token", help="bearer token for the MES and the WMS")
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="trust this authority's certificate for https://"
    )
    parser.add_argument("--webhook-secret", help="verify Standard Webhooks signatures with it")
    parser.add_argument(
        "--reconcile-every", type=float, default=10.0, metavar="S", help="stock, in seconds"
    )
    parser.add_argument("--timeout", type=float, default=5.0, metavar="S", help="for an answer")
    parser.add_argument(
        "--partner", action="append", default=[], metavar="NAME=URL",
        help="how a trading partner is reached: http://…, as2+http://… or sftp://user:pw@host:port",
    )  # fmt: skip
    parser.add_argument(
        "--plc", action="append", default=[], metavar="URL",
        help="count production from PLCs: opc.tcp://… or mqtt://… (Sparkplug B), one of each",
    )  # fmt: skip
    parser.add_argument("--as2-name", default="GEARBOX", help="the bridge's own, in AS2-From")
    parser.add_argument(
        "--payloads", type=Path, default=Path("payloads"), help="where partners/*.yaml lie"
    )
    parser.add_argument(
        "--no-dedupe",
        action="store_true",
        help="no inbox deduplication and no idempotency keys: the mistake to catch in a test",
    )
    parser.add_argument(
        "--break", action="append", default=[], choices=sorted(FLAWS), dest="flaws",
        help="one more mistake to catch: "
        + "; ".join(f"{name}: it {what}" for name, what in FLAWS.items()),
    )  # fmt: skip
    return parser.parse_args()


async def run(options: argparse.Namespace) -> None:
    """Serve until told to stop; a worker that fails takes the process with it."""
    listening = socket.create_server((options.host, options.port), backlog=512)
    pace = Pace()
    store = Store(options.db, dedupe=not options.no_dedupe, flaws=frozenset(options.flaws))
    headers = {"authorization": f"Bearer {options.token}"} if options.token else {}
    timeout = httpx.Timeout(options.timeout, connect=min(2.0, options.timeout))
    trusted = ssl.create_default_context(cafile=options.ca) if options.ca else True
    async with httpx.AsyncClient(
        timeout=timeout, headers=headers, trust_env=False, verify=trusted
    ) as client:
        mes = Peer("mes", options.mes_url, client, pace)
        wms = Peer("wms", options.wms_url, client, pace)
        flow = Flow(store)
        ledger = Ledger(store, wms, options.reconcile_every)
        wms.recovered.append(ledger.wake)
        counter = Counter(store, flow, options, client, pace) if options.partner else None
        ways = counter.ways if counter is not None else []
        lines = Lines(store, options.plc, options.db.parent) if options.plc else None
        couriers = [Courier(store, flow, peer, pace) for peer in (mes, wms, *ways)]
        flow.couriers = [courier.wake for courier in couriers]
        front = Front(store, flow, ledger, [mes, wms], options.webhook_secret, counter, lines)
        config = uvicorn.Config(
            front.app(), log_level="warning", lifespan="off", timeout_graceful_shutdown=5
        )
        server = Announced(config)
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(work)
                for work in (
                    flow.run(),
                    ledger.run(),
                    *(courier.run() for courier in couriers),
                    *(way.run() for way in ways if isinstance(way, Folder | Mailbox)),
                    *(line.run() for line in (lines.every if lines is not None else ())),
                )
            ]
            await server.serve(sockets=[listening])
            for worker in workers:
                worker.cancel()
    store.close()


class Announced(uvicorn.Server):
    """A server that says where it listens, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for one in sockets or []:
            host, port = one.getsockname()[:2]
            print(f"bridge listening on http://{host}:{port}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
