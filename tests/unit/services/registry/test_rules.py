"""Names in the registry that as files would be another one: refused as mlflow refuses them."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.services.registry import rules


@pytest.mark.parametrize("name", [".", "..", "..a", "a/.."])
def test_a_tag_key_that_is_another_file_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="must not resolve to other names"):
        rules.check_tag(name, "value")


@pytest.mark.parametrize("name", [".", ".."])
def test_a_model_name_that_is_another_file_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="must not resolve to other names"):
        rules.check_name(name)
