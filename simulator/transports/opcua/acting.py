"""Services that act: writing and calling. Each operation is an arrival, like a POST.

It is journalled before it is done, the link's faults decide on it, and what the system refuses
becomes the status code that its contract names.
"""

from __future__ import annotations

from typing import Any

import orjson
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary

from simulator.core.errors import JournalFull
from simulator.core.message import Reply, Request
from simulator.transports.opcua.fault import STATUS, ServiceFault, status_of
from simulator.transports.opcua.occasion import Occasion, service
from simulator.transports.opcua.samples import Slot
from simulator.transports.opcua.values import VARIANT, plain
from simulator.transports.opcua.wire import NULL_ARRAY, Malformed, binary, i32, numbers

Codes = ua.StatusCodes
VALUE = 13


@service("Write", acts=True)
async def write(on: Occasion) -> bytes:
    """Values of tags, one after another."""
    reader = on.reader
    asked = []
    for _ in range(on.many(on.limits.writes)):
        node, attribute, part = reader.node(), reader.u32(), reader.text()
        buffer = Buffer(reader.data, reader.pos)
        try:
            value = struct_from_binary(ua.DataValue, buffer)
        except Exception as error:  # noqa: BLE001 - whatever it stumbles on, the bytes are wrong
            raise Malformed(f"no value: {error}") from None
        reader.pos = buffer.cur_pos
        asked.append((node, attribute, part, value))
    return numbers([await _written(on, *one) for one in asked]) + NULL_ARRAY


async def _written(
    on: Occasion, node: ua.NodeId, attribute: int, part: str | None, value: ua.DataValue
) -> int:
    slot = on.server.space.slots.get(node)
    if slot is None or attribute != VALUE:
        status = on.server.attributes.sample(node, attribute).status
        return int(status if status & 0x80000000 else Codes.BadNotWritable)
    if part:
        return int(Codes.BadWriteNotSupported)
    given = value.Value if value.Value is not None else ua.Variant(None)
    body = orjson.dumps(plain(given), default=str)
    request = Request("WRITE", slot.name, body=body, peer=on.channel.peer)
    wrong = None if _fits(slot, given) else "BadTypeMismatch"
    reply = await on.server.act(on, request, wrong)
    return status_of(reply)


def _fits(slot: Slot, given: ua.Variant) -> bool:
    """Has a value the type of the variable? What a server may convert, this one does not."""
    return (
        given.VariantType == VARIANT[slot.kind]
        and isinstance(given.Value, list) == slot.array
        and given.Value is not None
    )


@service("Call", acts=True)
async def call(on: Occasion) -> bytes:
    """Methods, one after another."""
    on.bounded(on.limits.calls)
    asked = on.reader.rest(ua.CallParameters)
    out = [i32(len(asked.MethodsToCall))]
    out += [binary(await _called(on, one)) for one in asked.MethodsToCall]
    out.append(NULL_ARRAY)
    return b"".join(out)


async def _called(on: Occasion, asked: ua.CallMethodRequest) -> ua.CallMethodResult:
    space = on.server.space
    given = [one.Value for one in asked.InputArguments or ()]
    if asked.ObjectId not in space.aspace:
        return result(Codes.BadNodeIdUnknown)
    method = space.methods.get(asked.MethodId)
    if method is None:
        return await on.server.conditions.call(on, asked)
    if space.id(method["parent"]) != asked.ObjectId:
        return result(Codes.BadMethodInvalid)
    wrong = misfits(method["inputs"], list(asked.InputArguments or ()))
    if wrong is not None:
        return wrong
    values = {one["name"]: plain(value) for one, value in zip(method["inputs"], given, strict=True)}
    body = orjson.dumps({**method["given"], **values}, default=str)
    request = Request("CALL", method["operation"], body=body, peer=on.channel.peer)
    reply = await on.server.act(on, request, None)
    made = result(status_of(reply))
    made.InputArgumentResults = [ua.StatusCode(0) for _ in given]
    if not made.StatusCode.value & 0x80000000 and method["outputs"]:
        made.OutputArguments = _outputs(method["outputs"], reply)
    return made


def misfits(wanted: list[Any], given: list[ua.Variant]) -> ua.CallMethodResult | None:
    """What is wrong with the arguments of a call; None where nothing is."""
    if len(given) < len(wanted):
        return result(Codes.BadArgumentsMissing)
    if len(given) > len(wanted):
        return result(Codes.BadTooManyArguments)
    codes = [
        0
        if one.VariantType == VARIANT[want["data"]] and isinstance(one.Value, list) == want["array"]
        else Codes.BadTypeMismatch
        for want, one in zip(wanted, given, strict=True)
    ]
    if not any(codes):
        return None
    made = result(Codes.BadInvalidArgument)
    made.InputArgumentResults = [ua.StatusCode(one) for one in codes]
    return made


def result(status: int) -> ua.CallMethodResult:
    """The result of a call that is nothing but a status."""
    return ua.CallMethodResult(StatusCode=ua.StatusCode(status))


def _outputs(wanted: list[Any], reply: Reply) -> list[ua.Variant]:
    from simulator.transports.opcua.values import variant

    try:
        said = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        said = {}
    found = said if isinstance(said, dict) else {}
    return [
        variant(found.get(one["name"]), one["data"], array=one["array"])
        if found.get(one["name"]) is not None
        else ua.Variant(None)
        for one in wanted
    ]


async def act(on: Occasion, request: Request, wrong: str | None) -> Reply:
    """Let one operation be an arrival, from the journal to its reply.

    `wrong` is the status code of what is refused before the system sees it. Raises ServiceFault,
    or Unanswered where a fault ends the conversation.
    """
    side = on.server.side
    if on.server.inbound is None:
        raise ServiceFault(Codes.BadNotSupported)
    try:
        arrival = side.arrive(on.server.endpoint, request)
    except JournalFull:
        raise ServiceFault(Codes.BadOutOfMemory) from None
    treatment = arrival.treatment
    if not treatment.untouched:
        answered = await on.server.dealing.before(on, arrival)
        if answered is not None:
            return answered
    if wrong is not None:
        reply = Reply(422, {STATUS: wrong})
        side.finish(arrival, "refused", reply)
        return reply
    reply = side.perform(arrival)
    for number in range(1, treatment.copies + 1):
        side.perform(side.copy_arrival(arrival, number))
    if side.durable:
        await side.committed()
    if not treatment.untouched:
        await on.server.dealing.after(on, arrival, reply)
    return reply
