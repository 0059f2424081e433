"""The commands in processes of their own: exit codes, what they print, what they write."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import xml.etree.ElementTree as ET

import pytest

from simulator import __version__


def test_the_version_is_quick(stagefloor, environment, project):
    """It is told before anything slow is imported."""
    assert stagefloor("--version").stdout == f"stagefloor {__version__}\n"
    program = (
        "import sys; from simulator.cli.main import main; main(); "
        "print(sorted({'pydantic', 'asyncio', 'httpx', 'jinja2', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"],
        cwd=project, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"stagefloor {__version__}\n[]\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "serve"),
        (("--help",), "journal"),
        (("run", "--help"), "4 overloaded"),
        (("serve", "--help"), "--token"),
    ],
)
def test_help(stagefloor, words, said):
    done = stagefloor(*words)
    assert said in done.stdout + done.stderr
    assert done.returncode in (0, 2)


# --- run -----------------------------------------------------------------------------------------


def test_a_kept_scenario_exits_with_0_and_writes_its_reports(stagefloor, project):
    done = stagefloor(
        "run", "scenarios/made.yaml", "--port", "0",
        "--junit", "out/junit.xml", "--report", "out/report.json", "--journal", "out/journal.db",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kept" in done.stdout
    assert "mes.http  http://127.0.0.1:" in done.stderr
    suite = ET.parse(project / "out" / "junit.xml").getroot().find("testsuite")
    assert suite.get("failures") == "0"
    report = json.loads((project / "out" / "report.json").read_text())
    assert report["verdict"] == "kept"
    listed = stagefloor("journal", "out/journal.db", "document=confirmation", "--json")
    entries = [json.loads(line) for line in listed.stdout.splitlines()]
    assert entries
    assert all(one["document"] == "confirmation" for one in entries)


def test_a_broken_expectation_exits_with_1_and_shows_what_came_near(stagefloor):
    done = stagefloor("run", "scenarios/made.yaml", "scenarios/broken.yaml", "--port", "0", "-q")
    assert done.returncode == 1
    assert "BROKEN  the warehouse is asked" in done.stdout
    assert "nearly:" in done.stdout
    assert "scenarios/broken.yaml:" in done.stdout
    assert "1 of 2 scenarios kept" in done.stdout


def test_bad_files_exit_with_2_and_name_every_line(stagefloor, project):
    bad = project / "scenarios" / "bad.yaml"
    text = (project / "scenarios" / "made.yaml").read_text()
    bad.write_text(text.replace("latency", "latncy").replace("at_least", "at_lest"))
    done = stagefloor("run", "scenarios/bad.yaml", "scenarios/none.yaml", "--port", "0")
    assert done.returncode == 2
    assert "error: scenarios/bad.yaml:11:12: " in done.stderr
    assert "did you mean 'latency'?" in done.stderr
    assert "did you mean 'at_least'?" in done.stderr
    assert "there is no file scenarios/none.yaml" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("run",),
        ("run", "scenarios/made.yaml", "--sped", "3"),
        ("run", "scenarios/made.yaml", "--speed", "fast"),
        ("run", "scenarios/made.yaml", "--speed", "-1"),
        ("run", "scenarios/made.yaml", "--target", "erp"),
        ("run", "scenarios/made.yaml", "--port", "70000"),
        ("rnu", "scenarios/made.yaml"),
        ("run", "scenarios"),
        ("run", "scenarios/made.yaml", "--journal", "scenarios/made.yaml"),
        ("serve", "nowhere"),
        ("serve", "tiny", "--token", "short"),
        ("serve", "tiny", "--port", "0", "--token", "tny=long-enough-1"),
        ("serve", "tiny", "--start", "yesterday"),
        ("check",),
        ("check", "--schema", "nope"),
        ("plan", "nope.yaml"),
        ("journal",),
        ("journal", "scenarios/made.yaml"),
        ("journal", "--url", "nonsense"),
        ("new", "gadget", "x"),
        ("new", "fault", "Not A Name"),
    ],
)
def test_a_users_mistake_exits_with_2(stagefloor, words):
    done = stagefloor(*words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "rror" in done.stderr


def test_a_file_that_is_no_journal_is_left_alone(stagefloor, project):
    before = (project / "scenarios" / "made.yaml").read_text()
    stagefloor("run", "scenarios/made.yaml", "--port", "0", "--journal", "scenarios/made.yaml")
    assert (project / "scenarios" / "made.yaml").read_text() == before


def test_what_cannot_start_exits_with_3(stagefloor):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = stagefloor("run", "scenarios/made.yaml", "--port", port)
        assert done.returncode == 3
        assert f"port {port} of 127.0.0.1 is in use" in done.stderr
        assert stagefloor("serve", "tiny", "--port", port).returncode == 3
    beyond = stagefloor("serve", "tiny", "--host", "0.0.0.0", "--port", "0")
    assert beyond.returncode == 3
    assert "STAGEFLOOR_TOKENS" in beyond.stderr
    unwritable = stagefloor("run", "scenarios/made.yaml", "--junit", "/proc/nope/junit.xml")
    assert unwritable.returncode == 3
    nobody = stagefloor("journal", "--url", "http://127.0.0.1:9")
    assert nobody.returncode == 3


def test_an_interrupted_run_puts_everything_back(project, environment):
    text = (project / "scenarios" / "made.yaml").read_text()
    (project / "scenarios" / "slow.yaml").write_text(text.replace("speed: max", "speed: 1"))
    words = ["run", "scenarios/slow.yaml", "--port", "0", "--journal", "j.db"]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", *words],
        cwd=project, env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if "mes.http" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "interrupted" in errors
    ended = subprocess.run(
        [sys.executable, "-m", "simulator", "journal", "j.db", "event=run.ended"],
        cwd=project, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "run.ended" in ended.stdout


# --- plan and check ------------------------------------------------------------------------------


def test_a_plan_is_the_same_bytes_each_time(stagefloor):
    first = stagefloor("plan", "scenarios/made.yaml")
    again = stagefloor("plan", "scenarios/made.yaml", ERP_URL="http://elsewhere")
    other = stagefloor("plan", "scenarios/made.yaml", "--seed", "4")
    assert first.returncode == 0
    assert first.stdout == again.stdout
    assert other.returncode == 0
    entries = [json.loads(line) for line in first.stdout.splitlines()]
    assert any(one.get("document") == "confirmation" for one in entries)


def test_a_reader_may_have_had_enough(project, environment):
    text = (project / "scenarios" / "made.yaml").read_text()
    busy = text.replace("  - at: 1m\n", "  - at: 0m\n    every: 1s\n    times: 3000\n", 1)
    (project / "scenarios" / "busy.yaml").write_text(busy)
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "plan", "scenarios/busy.yaml"],
        cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert errors == b""


def test_check_says_good_or_what_is_wrong(stagefloor, project):
    good = stagefloor("check", "scenarios/made.yaml", "payloads/plants/tiny.yaml")
    assert good.returncode == 0, good.stderr
    assert good.stdout.splitlines() == [
        "scenarios/made.yaml: good",
        "payloads/plants/tiny.yaml: good",
    ]
    (project / "payloads" / "plants" / "bad.yaml").write_text(
        (project / "payloads" / "plants" / "tiny.yaml").read_text().replace("isa95", "isa59", 1)
    )
    bad = stagefloor("check", "payloads/plants/bad.yaml", "scenarios/made.yaml")
    assert bad.returncode == 2
    assert "payloads/plants/bad.yaml:19:" in bad.stderr
    assert "did you mean 'isa95'?" in bad.stderr
    assert "scenarios/made.yaml: good" in bad.stdout
    (project / "odd.yaml").write_text("a: 1\n")
    assert "neither a scenario nor a plant" in stagefloor("check", "odd.yaml").stderr


def test_warnings_are_mistakes_only_where_asked(stagefloor, project):
    text = (project / "scenarios" / "made.yaml").read_text()
    (project / "scenarios" / "short.yaml").write_text(text.replace("speed: max", "speed: 3600"))
    lax = stagefloor("check", "scenarios/short.yaml")
    if "warning:" not in lax.stderr:
        text = text.replace("speed: max", "speed: 36000")
        (project / "scenarios" / "short.yaml").write_text(text.replace("for: 30m", "for: 1m"))
        lax = stagefloor("check", "scenarios/short.yaml")
    assert lax.returncode == 0
    assert "warning: scenarios/short.yaml:" in lax.stderr
    assert stagefloor("check", "--strict", "scenarios/short.yaml").returncode == 2


@pytest.mark.parametrize("what", ["scenario", "plant"])
def test_schemas_are_json_schemas(stagefloor, what):
    document = json.loads(stagefloor("check", "--schema", what).stdout)
    assert document["$schema"].endswith("2020-12/schema")
    assert document["title"].startswith("A Stagefloor")


# --- serve ---------------------------------------------------------------------------------------


class Served:
    """`stagefloor serve` while it runs."""

    def __init__(self, project, environment, *words, **more):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "serve", *words],
            cwd=project, env={**environment, **more},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("ready"):
                break
        else:
            raise AssertionError(self.process.communicate()[1])
        line = next(one for one in self.said.splitlines() if one.startswith("control plane: "))
        self.url = line.split()[2].removesuffix("/control")

    def get(self, path, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        out, errors = self.process.communicate(timeout=20)
        assert "Traceback" not in errors, errors
        return out, errors


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serve_until_a_signal(project, environment, how):
    served = Served(project, environment, "tiny", "--port", "0")
    try:
        assert served.get("/control/health")["status"] == "ok"
        assert "tiny   mes.http" in served.said
        assert served.get("/tiny/mes/job-orders")
    finally:
        out, errors = served.stop(how)
    assert served.process.returncode == 0
    assert out.endswith("stopped\n")
    assert "give --target erp=URL" in errors


def test_a_restart_loses_nothing(project, environment):
    words = ("tiny", "--port", "0", "--data", "data", "--start", "2026-03-02T06:00", "--seed", "5")
    served = Served(project, environment, *words)
    try:
        body = json.dumps({"ID": "4711", "WorkMasterID": "GEAR", "Quantity": {"Value": 3}})
        request = urllib.request.Request(
            served.url + "/tiny/mes/job-orders", body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert reply.status == 201
        size = served.get("/control/plants/tiny/journal")["size"]
    finally:
        served.stop()
    again = Served(project, environment, *words)
    try:
        assert again.get("/tiny/mes/job-orders/4711")["ID"] == "4711"
        assert again.get("/control/plants/tiny/journal")["size"] > size
        found = again.get("/control/plants/tiny/journal?order=4711&operation=create_order")
        assert len(found["entries"]) == 1
    finally:
        again.stop()
    saved = subprocess.run(
        [sys.executable, "-m", "simulator", "journal", "data/tiny.journal", "order=4711"],
        cwd=project, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "create_order" in saved.stdout


def test_a_killed_plant_goes_on_from_its_last_save(project, environment, stagefloor):
    words = ("tiny", "--port", "0", "--data", "data")
    served = Served(project, environment, *words)
    body = json.dumps({"ID": "4711", "WorkMasterID": "GEAR", "Quantity": {"Value": 3}})
    request = urllib.request.Request(
        served.url + "/tiny/mes/job-orders", body.encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()
    saved = project / "data" / "tiny.snapshot"
    for _ in range(100):
        if saved.is_file() and b"4711" in saved.read_bytes():
            break
        time.sleep(0.1)
    served.process.kill()
    served.process.communicate()
    again = Served(project, environment, *words)
    try:
        assert again.get("/tiny/mes/job-orders/4711")["ID"] == "4711"
        found = again.get("/control/plants/tiny/journal?order=4711&operation=create_order")
        assert found["entries"][0]["status"] == 201
    finally:
        again.stop()
    plant = project / "payloads" / "plants" / "tiny.yaml"
    plant.write_text(plant.read_text().replace("      events:", "      pushes:"))
    changed = stagefloor("serve", *words)
    assert changed.returncode == 2
    assert "does not fit" in changed.stderr


def test_tokens_and_the_journal_of_a_running_plant(project, environment, stagefloor):
    served = Served(project, environment, "--port", "0", STAGEFLOOR_TOKENS="secret-token-1")
    try:
        served.get("/tiny/wms/stock")
        denied = stagefloor("journal", "--url", served.url)
        assert denied.returncode == 2
        assert "401" in denied.stderr
        for url in (served.url, f"{served.url}/tiny", f"{served.url}/control/plants/tiny"):
            found = stagefloor(
                "journal", "--url", url, "--token", "secret-token-1", "operation=list_stock"
            )
            assert found.returncode == 0, found.stderr
            assert "list_stock" in found.stdout
        wrong = stagefloor("journal", "--url", f"{served.url}/tiiny", "--token", "secret-token-1")
        assert "did you mean 'tiny'?" in wrong.stderr
    finally:
        served.stop()
