"""How many inputs are tried: the same few in `make test`, for MINUTES others in `make fuzz`."""

import os
import time
from collections.abc import Generator

import pytest
from fuzz_cases import COUNTS
from hypothesis import HealthCheck, settings

MINUTES = float(os.environ.get("MINUTES", "0"))
BEGAN = time.monotonic()

FREE = settings(deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("few", FREE, derandomize=True, max_examples=100)
settings.register_profile("many", FREE, derandomize=False, max_examples=300)
settings.load_profile("many" if MINUTES else "few")


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Round by round, each with other inputs, until the time is up or a test fails."""
    result = yield
    items = session.items
    while time.monotonic() < BEGAN + 60 * MINUTES and not session.testsfailed:
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MINUTES:
        terminalreporter.section("inputs by test")
        for test, count in sorted(COUNTS.items()):
            terminalreporter.line(f"{count:9,}  {test}")
