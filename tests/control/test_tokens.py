"""Tokens: who may touch which plant, and where the control plane may be bound."""

import httpx
import pytest

from simulator.control import Tokens
from simulator.control.tokens import guard_binding, is_loopback
from simulator.core.errors import CouldNotStart, Mistake


@pytest.fixture
def tokens():
    return Tokens(["everything-1", "tiny=only-tiny-1", "other=only-other"])


@pytest.mark.parametrize(
    ("token", "tiny", "other", "plants"),
    [
        ("everything-1", 200, 200, ["tiny", "other"]),
        ("only-tiny-1", 200, 403, ["tiny"]),
        ("only-other", 403, 200, ["other"]),
        ("wrong-token", 401, 401, None),
        ("", 401, 401, None),
    ],
)
async def test_each_token_opens_what_it_is_for(running, token, tiny, other, plants):
    headers = {"authorization": f"Bearer {token}".strip()}
    for plant, status in (("tiny", tiny), ("other", other)):
        reply = await running.client.get(f"/control/plants/{plant}/links", headers=headers)
        assert reply.status_code == status
    listed = await running.client.get("/control/plants", headers=headers)
    if plants is None:
        assert listed.status_code == 401
        assert listed.headers["www-authenticate"].startswith("Bearer")
    else:
        assert [one["name"] for one in listed.json()] == plants


async def test_without_a_token_only_health_readiness_and_docs_are_open(running):
    for path in ("/control/health", "/control/ready", "/control/docs", "/control/openapi.json"):
        assert (await running.client.get(path)).status_code == 200
    for path in ("/metrics", "/control/plants", "/control/plants/nowhere"):
        reply = await running.client.get(path)
        assert reply.status_code == 401, path
        assert "Bearer" in reply.json()["cure"]
    basic = {"authorization": "Basic everything-1"}
    assert (await running.client.get("/control/plants", headers=basic)).status_code == 401


async def test_every_route_of_a_plant_asks_for_a_token(running):
    document = (await running.client.get("/control/openapi.json")).json()
    asked = 0
    for path, verbs in document["paths"].items():
        if "{plant}" not in path:
            continue
        for verb in verbs:
            url = path.replace("{plant}", "tiny").replace("{seq}", "1")
            for name in ("system", "operation", "fault", "link", "run"):
                url = url.replace(f"{{{name}}}", "x")
            for headers, status in (({}, 401), ({"authorization": "Bearer only-other"}, 403)):
                reply = await running.client.request(verb.upper(), url, headers=headers)
                assert reply.status_code == status, (verb, path, reply.text)
            asked += 1
    assert asked > 25


async def test_a_plants_token_does_not_see_other_plants_in_the_metrics(running):
    headers = {"authorization": "Bearer only-tiny-1"}
    text = (await running.client.get("/metrics", headers=headers)).text
    assert 'plant="tiny"' in text
    assert "other" not in text


async def test_with_tokens_any_host_name_may_be_used(running):
    headers = {"host": "staging.example", "authorization": "Bearer everything-1"}
    assert (await running.client.get("/control/plants", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "text", ["short", "tiny=short", "with blank in it", "tiny=", "ümläutümläut"]
)
def test_a_bad_token_is_a_mistake(text):
    with pytest.raises(Mistake, match="token"):
        Tokens([text])


def test_a_padded_token_is_no_plant():
    tokens = Tokens(["c2VjcmV0c2VjcmV0=="])
    assert tokens.plants == set()
    assert tokens.check("c2VjcmV0c2VjcmV0==") is not None


def test_tokens_come_from_the_environment_too():
    tokens = Tokens.read(["given-token"], {"STAGEFLOOR_TOKENS": "one-token-x, tiny=two-token-x\n"})
    assert tokens.check("given-token").opens("anything")
    assert tokens.check("one-token-x").opens("anything")
    assert not tokens.check("two-token-x").opens("anything")
    assert not Tokens.read([], {"STAGEFLOOR_TOKENS": "  "})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "stagefloor.example", ""])
def test_beyond_loopback_a_token_is_needed(host):
    with pytest.raises(CouldNotStart, match="--token"):
        guard_binding(host, Tokens())
    guard_binding(host, Tokens(["some-token"]))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "[::1]"])
def test_loopback_is_loopback(host):
    assert is_loopback(host)
    guard_binding(host, Tokens())


async def test_no_token_is_written_down(running):
    endpoints = await running.client.get(
        "/control/plants/tiny/endpoints", headers={"authorization": "Bearer everything-1"}
    )
    url = endpoints.json()["wms.http"]["url"]
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"{url}/stock", headers={"authorization": "Bearer everything-1"})
    raws = [raw for _, raw in running.stage.journal.store.scan(0)]
    assert not any(b"everything-1" in raw for raw in raws)
