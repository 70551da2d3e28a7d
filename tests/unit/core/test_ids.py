"""Identifiers that are made here."""

from __future__ import annotations

import time
import uuid

from modelyard.core.ids import new_run_id


def test_a_run_id_is_a_uuid_that_begins_with_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = new_run_id()
    after = time.time_ns() // 1_000_000
    assert len(made) == 32
    assert made == made.lower()
    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (7, uuid.RFC_4122)
    assert before <= int(made[:12], 16) <= after


def test_run_ids_made_at_one_moment_differ() -> None:
    assert len({new_run_id() for _ in range(10_000)}) == 10_000
