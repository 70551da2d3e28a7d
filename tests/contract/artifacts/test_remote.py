"""Files keep the artifact contract when a server stands in between, and cross the wire without being kept in memory."""

from __future__ import annotations

import io

import pytest

from modelyard.client.transport import HttpTransport
from modelyard.core.errors import NotFound, NotSupported
from modelyard.services.artifacts.contract import ArtifactStore
from modelyard.services.artifacts.remote import RemoteArtifactStore
from modelyard.testing.artifacts import ArtifactStoreContract, put, read
from tests.support.remote import *  # noqa: F403


@pytest.fixture
def artifacts(transport: HttpTransport) -> ArtifactStore:
    return RemoteArtifactStore(transport)


class TestRemoteArtifactStore(ArtifactStoreContract):
    pass


def test_a_file_is_sent_without_a_copy_and_answered_with_its_digest(transport: HttpTransport) -> None:
    store = RemoteArtifactStore(transport)
    etag = store.send("a/f.bin", io.BytesIO(b"hello"), 5)
    assert etag == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert read(store, "a/f.bin") == b"hello"


def test_a_file_is_read_again_from_any_place(artifacts: ArtifactStore) -> None:
    content = bytes(range(256)) * 10_000
    put(artifacts, "large", content)
    with artifacts.open("large") as download:
        for _ in range(2):
            assert b"".join(download.chunks()) == content
        assert b"".join(download.chunks(1_000_000, 1_500_000)) == content[1_000_000:1_500_000]
        assert max(map(len, download.chunks())) <= 1 << 20
        assert list(download.chunks(len(content))) == []


def test_a_server_with_a_disk_has_no_addresses_to_fetch_from(artifacts: ArtifactStore) -> None:
    with pytest.raises(NotSupported):
        artifacts.presigned_url("f")


def test_a_missing_file_is_missed_when_it_is_opened(artifacts: ArtifactStore) -> None:
    with pytest.raises(NotFound), artifacts.open("f"):
        pytest.fail("opened")
