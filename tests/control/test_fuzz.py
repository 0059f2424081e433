"""The control plane against its own OpenAPI document: no input makes it fail."""

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from simulator.testing import RunningSite

SLOW = ("/journal/stream", "/journal/wait", "/verify", "/runs/{run}")
CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance]
NAMES = {
    "plant": ["tiny", "tny"],
    "system": ["mes", "wms"],
    "operation": ["create_order", "list_stock", "get_order", "create_receipt"],
    "link": ["mes.http", "wms.http.in", "mes.outbound", "x"],
    "fault": ["latency-1", "x"],
    "run": ["x"],
}


@pytest.fixture
def site(payloads):
    with RunningSite(payloads, variables={"ERP_URL": "http://127.0.0.1:9"}) as running:
        running.add("tiny")
        yield running


def document_of(site):
    document = httpx.get(f"{site.url}/control/openapi.json", trust_env=False).json()
    for path in [path for path in document["paths"] if path.endswith(SLOW)]:
        del document["paths"][path]
    for verbs in document["paths"].values():
        for operation in verbs.values():
            for one in operation.get("parameters", []):
                if one["in"] == "path" and one["name"] in NAMES:
                    one["schema"] = {"type": "string", "enum": NAMES[one["name"]]}
    return document


@pytest.mark.slow
def test_no_input_makes_it_fail(site):
    schema = schemathesis.openapi.from_dict(document_of(site))
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=12, deadline=None, database=None, derandomize=True,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def attempt(case):
            nonlocal tried
            tried += 1
            case.call_and_validate(base_url=site.url, checks=CHECKS, timeout=20)

        given(case=operation.as_strategy())(attempt)()
    assert tried > 150
    assert httpx.get(f"{site.url}/control/ready", trust_env=False).json() == {"ready": True}
