"""paho alone as the publisher: the bytes that are there, at the pace at which they came."""

from __future__ import annotations

import json
import pickle
import resource
import statistics
import sys
import time

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    port, _, file, *_ = sys.argv[1:]
    with open(file, "rb") as kept:
        messages = pickle.load(kept)
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", int(port))
    client.loop_start()
    late: list[float] = []
    again = [(at + rounds * (messages[-1][0] + 0.01), topic, body)
             for rounds in range(2) for at, topic, body in messages]  # fmt: skip
    began, used = time.perf_counter(), _cpu()
    end = messages[-1][0] + 2.5
    for at, topic, body in again:
        if at > end:
            break
        wait = began + at - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        client.publish(topic, body)
        late.append(max(0.0, time.perf_counter() - began - at) * 1000)
    cpu = (_cpu() - used) / (time.perf_counter() - began)
    client.disconnect()
    client.loop_stop()
    late.sort()
    told = {"cpu": cpu, "p50": statistics.median(late), "p99": late[int(len(late) * 0.99)]}
    print(json.dumps(told))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


main()
