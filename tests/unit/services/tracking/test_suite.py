"""The contract suite itself: it is made of parts, and no part may hide a test of another."""

from __future__ import annotations

from collections import Counter

from modelyard.testing.tracking import TrackingStoreContract


def test_no_part_of_the_suite_hides_a_test_of_another() -> None:
    names = [name for part in TrackingStoreContract.__mro__ for name in vars(part) if name.startswith("test_")]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert len(names) > 100
