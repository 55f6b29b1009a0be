"""The audit of truth: simulated worlds, the real commands, and an oracle that knows nothing of how they work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from tests.audit.auditing import verdicts
from tests.audit.driving import Driver
from tests.audit.scenarios import Scenario, scenarios
from tests.soaking import SCENARIOS


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with pytest.MonkeyPatch.context() as patch:
        yield Driver(tmp_path_factory.mktemp("audit"), patch)


@settings(max_examples=SCENARIOS)
@given(scenario=scenarios())
def test_nothing_is_said_that_is_not_so(scenario: Scenario, driver: Driver) -> None:
    assert verdicts(scenario, driver) == []
