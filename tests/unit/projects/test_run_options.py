"""The options of ``run`` that are given by name."""

from __future__ import annotations

import pytest

import modelyard


def test_an_option_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'env_manger'"):
        modelyard.run(".", env_manger="local")  # type: ignore[call-arg]  # a slip of the pen
