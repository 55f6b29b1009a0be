from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.destinations.stubbed import Ecr


@pytest.fixture
def ecr() -> Iterator[Ecr]:
    ecr = Ecr()
    with ecr.stub:
        yield ecr
    ecr.stub.assert_no_pending_responses()
