"""What every plug-in of a family has to hold to: subclass the suite of yours in a test.

    class TestWeighScale(SystemSuite):
        kind = "weigh-scale"

The members of this package's own families pass the same suites.
"""

from __future__ import annotations

import asyncio
import inspect
import typing
from typing import Any, ClassVar

import orjson
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from simulator.core.chance import Chance
from simulator.core.durations import as_json
from simulator.core.errors import Refusal
from simulator.core.link import Moment, Treatment
from simulator.core.message import Message, Reply, Request
from simulator.core.ports import Capability, Contract, Document, Fault, System, Transport
from simulator.core.registry import registry
from simulator.stage.steps import STEP_KEYS

STRANGER = "no_such_key_by_any_chance"


def documented(thing: Any) -> bool:
    """Has it a docstring of its own?"""
    return bool((inspect.getdoc(thing) or "").strip())


class FaultSuite:
    """For one kind of fault. `examples` are parameters that people may write."""

    kind: ClassVar[str]
    examples: ClassVar[list[dict[str, Any]]] = []

    @property
    def model(self) -> type[Fault]:
        """The class, as everyone finds it."""
        return registry("faults", Fault).get(self.kind)

    def samples(self) -> list[dict[str, Any]]:
        """The suite's examples, else those of the model's JSON Schema, else the defaults."""
        extra = self.model.model_config.get("json_schema_extra")
        own = extra.get("examples", []) if isinstance(extra, dict) else []
        return self.examples or [dict(one) for one in typing.cast(list[Any], own)] or [{}]

    def test_it_says_what_it_is(self) -> None:
        assert self.model.kind == self.kind
        assert self.model.summary, "a fault has a one-line summary"
        assert documented(self.model)
        assert self.model.directions

    def test_unknown_parameters_are_refused(self) -> None:
        for sample in self.samples():
            self.model.model_validate(sample)
            with pytest.raises(ValidationError):
                self.model.model_validate({**sample, STRANGER: 1})

    def test_parameters_survive_being_saved(self) -> None:
        for sample in self.samples():
            fault = self.model.model_validate(sample)
            saved = fault.model_dump(mode="json", by_alias=True, exclude_unset=True)
            again = self.model.model_validate(orjson.loads(orjson.dumps(saved)))
            assert again == fault

    def test_it_has_a_json_schema_in_which_every_parameter_is_described(self) -> None:
        schema = self.model.model_json_schema()
        bare = [name for name, one in schema["properties"].items() if "description" not in one]
        assert not bare, f"parameters without a description: {bare}"

    def test_its_parameters_hide_none_of_a_steps_own_keys(self) -> None:
        taken = {*STEP_KEYS, "on", "for", "id", "fault"} & set(self.model.model_fields)
        assert not taken, f"a step that applies it could not set {sorted(taken)}"

    def test_it_needs_only_what_transports_can_have(self) -> None:
        for sample in self.samples():
            needs = self.model.model_validate(sample).needs
            assert needs <= set(typing.get_args(Capability))

    def test_probability_means_what_it_says(self) -> None:
        for sample in self.samples():
            for probability, touches in ((0.0, False), (1.0, True)):
                given = {k: v for k, v in sample.items() if k not in ("first", "every_nth", "skip")}
                fault = self.model.model_validate({**given, "probability": probability})
                assert fault.chosen(self._moment()) is touches

    def test_a_seed_repeats_what_it_does(self) -> None:
        for sample in self.samples():
            fault = self.model.model_validate(sample)
            assert self._treated(fault) == self._treated(fault)

    def _treated(self, fault: Fault) -> list[tuple[bool, Treatment]]:
        out = []
        stream = Chance(7, "suite").stream("fault")
        memory: dict[str, Any] = {}
        for seen in range(20):
            message = Message("mes.http", "in", Request("POST", "/x", "", {}, b'{"a":1}'))
            treatment = Treatment()
            moment = self._moment(seen, stream, memory)
            if fault.chosen(moment):
                out.append((fault.treat(treatment, message, moment), treatment))
        return out

    @staticmethod
    def _moment(seen: int = 0, stream: Any = None, memory: Any = None) -> Moment:
        given: dict[str, Any] = {
            "now": 1_000_000 * (seen + 1), "since": 0, "wall": float(seen + 1), "wall_since": 0.0,
            "stream": stream or Chance(0, "suite").stream("fault"), "seen": seen,
        }  # fmt: skip
        fields = inspect.signature(Moment).parameters
        if "memory" in fields:
            given["memory"] = {} if memory is None else memory
        return Moment(**given)


class SystemSuite:
    """For one kind of system."""

    kind: ClassVar[str]

    @property
    def model(self) -> type[System[Any]]:
        """The class, as everyone finds it."""
        return registry("systems", System).get(self.kind)

    def test_it_says_what_it_is(self) -> None:
        assert self.model.kind == self.kind
        assert documented(self.model)

    def test_every_operation_is_documented_and_strict(self) -> None:
        operations = self.model.operations()
        assert operations, "a system without operations can only be told things"
        for name, operation in operations.items():
            assert operation.summary != name, f"{name} has no docstring"
            schema = operation.adapter.json_schema()
            assert schema.get("additionalProperties") is False, f"{name} takes unknown keys"

    def test_what_it_says_has_a_name_and_keys(self) -> None:
        for document in self.model.says:
            assert document.document
            assert document.keys is not Document.keys, f"{document.__name__} has no business keys"

    def test_its_state_is_data(self) -> None:
        if self.model.State is None:
            return
        state = self.model.State()
        adapter = TypeAdapter(type(state))
        saved = orjson.dumps(adapter.dump_python(state, mode="json"), default=as_json)
        assert adapter.validate_python(orjson.loads(saved)) == state

    def test_its_settings_are_strict(self) -> None:
        with pytest.raises(ValidationError):
            self.model.Settings.model_validate({STRANGER: 1})

    def test_it_is_plain_synchronous_code(self) -> None:
        for name, member in inspect.getmembers(self.model, inspect.isfunction):
            assert not inspect.iscoroutinefunction(member), f"{name} is a coroutine"
            assert not inspect.isgeneratorfunction(member), f"{name} is a generator"


class ContractSuite:
    """For one kind of contract, made for the operations of `system`."""

    kind: ClassVar[str]
    system: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}

    def contract(self) -> Contract:
        """One, made as the stage makes it."""
        model = registry("contracts", Contract).get(self.kind)
        system = registry("systems", System).get(self.system)
        documents = {one.document: one for one in system.says}
        settings: BaseModel = model.Settings.model_validate(self.settings)
        base = f"/suite/{self.system}"
        contract: Contract = model(
            self.system, system.operations(), documents, settings, base, None
        )
        return contract

    def test_it_says_what_it_is(self) -> None:
        contract = self.contract()
        assert contract.kind == self.kind
        assert documented(type(contract))

    def test_what_it_does_not_know_it_refuses(self) -> None:
        contract = self.contract()
        for request in (
            Request("GET", "/no/such/place"),
            Request("BREW", "/"),
            Request("POST", "/no/such/place", "", {"content-type": "text/plain"}, b"\xff\xfe"),
        ):
            with pytest.raises(Refusal) as caught:
                contract.decode(request)
            answer = contract.refuse(request, caught.value)
            assert isinstance(answer, Reply)
            assert answer.status >= 400

    def test_a_failure_of_the_stand_in_is_told_without_its_insides(self) -> None:
        answer = self.contract().refuse(Request("GET", "/"), RuntimeError("secret insides"))
        assert answer.status >= 500
        assert b"secret insides" not in answer.body

    def test_its_openapi_document_can_be_written(self) -> None:
        document = self.contract().openapi()
        if document is not None:
            assert document["openapi"].startswith("3.")
            assert document["paths"]
            orjson.dumps(document)


class TransportSuite:
    """For one kind of transport: what can be told without an endpoint."""

    kind: ClassVar[str]

    @property
    def model(self) -> type[Transport]:
        """The class, as everyone finds it."""
        return registry("transports", Transport).get(self.kind)

    def transport(self) -> Transport:
        """One, with a stage side that nothing should be asked of."""
        return self.model(typing.cast(Any, object()))

    def test_it_says_what_it_is(self) -> None:
        assert self.model.kind == self.kind
        assert documented(self.model)
        assert self.model.directions
        assert set(self.model.can) <= set(self.model.directions)
        for capabilities in self.model.can.values():
            assert capabilities <= set(typing.get_args(Capability))

    def test_its_settings_are_strict(self) -> None:
        with pytest.raises(ValidationError) as caught:
            self.model.Settings.model_validate({STRANGER: 1})
        assert any(one["type"] == "extra_forbidden" for one in caught.value.errors())

    def test_without_endpoints_it_has_no_urls(self) -> None:
        assert self.transport().urls() == {}

    def test_stopping_what_was_never_started_is_fine(self) -> None:
        async def twice() -> None:
            transport = self.transport()
            await transport.stop()
            await transport.stop()

        asyncio.run(twice())
