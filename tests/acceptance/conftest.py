"""One server of ours for each module of acceptance tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers import modelyard_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on an empty store."""
    with modelyard_server(tmp_path_factory.mktemp("server")) as address:
        yield address
