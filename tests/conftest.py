"""What all tests share: the samples folder, and the rule that CI skips nothing.

With STAGEFLOOR_NO_SKIPS=1 a skipped test fails the session, and its name is printed. The one
exception is the folder of outside sample documents, which lies beside the repository and may be
missing there.
"""

import os
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
SAMPLES_MISSING = "../shared/samples is missing"

_skipped: dict[str, str] = {}


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real documents that nobody here wrote."""
    if not SAMPLES.is_dir():
        pytest.skip(SAMPLES_MISSING)
    return SAMPLES


def _note_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if SAMPLES_MISSING in reason and not SAMPLES.is_dir():
        return
    _skipped[report.nodeid] = reason


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note_skip(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note_skip(report)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker of pytest-xdist is done: take over what it skipped, whole modules included."""
    _skipped.update(getattr(node, "workeroutput", {}).get("skipped", {}))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    worker_output = getattr(session.config, "workeroutput", None)
    if worker_output is not None:
        worker_output["skipped"] = _skipped
    elif _skips_fail() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skips_fail():
        terminalreporter.section("skipped, which STAGEFLOOR_NO_SKIPS forbids", red=True)
        for name, reason in sorted(_skipped.items()):
            terminalreporter.line(f"{name}: {reason}")


def _skips_fail() -> bool:
    return bool(_skipped) and os.environ.get("STAGEFLOOR_NO_SKIPS") == "1"
