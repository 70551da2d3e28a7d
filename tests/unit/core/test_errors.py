"""What is said of a library's error."""

from __future__ import annotations

import pytest

from modelyard.core.errors import first_line


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such column.\n  at row 3"), "no such column"),
        (ValueError("\n\n  no such column \nat row 3"), "no such column"),
        (ValueError(), "ValueError"),
        (TimeoutError("\n"), "TimeoutError"),
        (OSError(2, "No such file"), "[Errno 2] No such file"),
    ],
)
def test_the_first_line_is_told_without_its_full_stop(error: BaseException, said: str) -> None:
    assert first_line(error) == said
