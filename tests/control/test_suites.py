"""The public suites, held against this package's own plug-ins."""

import pytest

from simulator.core.ports import Fault, System, Transport
from simulator.core.registry import registry
from simulator.testing.suites import ContractSuite, FaultSuite, SystemSuite, TransportSuite


@pytest.fixture(scope="class")
def kind(request: pytest.FixtureRequest) -> None:
    request.cls.kind = request.param


def each(family: str, port: type) -> pytest.MarkDecorator:
    kinds = registry(family, port).kinds()
    return pytest.mark.parametrize("kind", kinds, indirect=True, scope="class")


@pytest.mark.usefixtures("kind")
@each("faults", Fault)
class TestFaults(FaultSuite):
    pass


@pytest.mark.usefixtures("kind")
@each("systems", System)
class TestSystems(SystemSuite):
    pass


@pytest.mark.usefixtures("kind")
@each("transports", Transport)
class TestTransports(TransportSuite):
    pass


class TestIsa95(ContractSuite):
    kind, system = "isa95", "mes"


class TestRest(ContractSuite):
    kind, system = "rest", "wms"
