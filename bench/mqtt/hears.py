"""The subscriber: takes times, and keeps the messages for who is to say them again.

Waits for the first message, leaves out a second, and measures for the time that it is told.
"""

from __future__ import annotations

import json
import pickle
import statistics
import sys
import time
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from simulator.contracts.sparkplug.payload import _Payload


def main() -> None:
    port, seconds, file, keep = sys.argv[1:5]
    got: list[tuple[float, str, bytes]] = []

    def hear(client: Any, data: Any, message: paho.MQTTMessage) -> None:
        got.append((time.time(), message.topic, bytes(message.payload)))

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = hear
    client.connect("127.0.0.1", int(port))
    client.subscribe("spBv1.0/+/NDATA/#")
    while not got:
        client.loop(0.1)
    begin = got[0][0] + 1
    while time.time() < begin + float(seconds):
        client.loop(0.1)
    client.disconnect()
    measured = [one for one in got if one[0] >= begin]
    if keep:
        with open(file, "wb") as kept:
            pickle.dump([(at - begin, topic, body) for at, topic, body in measured], kept)
    payloads = [_Payload.FromString(body) for _, _, body in measured]
    lags = sorted(
        at * 1000 - payload.timestamp
        for (at, _, _), payload in zip(measured, payloads, strict=True)
    )
    if not keep:  # the bytes are old: their sender says how late they are
        lags = [0.0]
    metrics = sum(len(one.metrics) for one in payloads)
    print(
        json.dumps(
            {
                "metrics": metrics / float(seconds), "messages": len(measured) / float(seconds),
                "p50": statistics.median(lags), "p99": lags[int(len(lags) * 0.99) - 1],
            }
        )
    )  # fmt: skip


main()
