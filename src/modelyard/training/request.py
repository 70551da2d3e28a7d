"""What a training is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter

DEFAULT_MODEL = "LinearRegression"
DEFAULT_TEST_SIZE = 0.33
DEFAULT_SEED = 42
MOST_PARAMS = 100
_NAME = re.compile(r"[^/:@\x00-\x1f]{1,200}")
_MOST_SEED = 2**32 - 1


class TrainRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One training: which column is predicted, by which model with which params, and how the rows are split.

    ``name`` is the registered model that gets a new version; the model's own name when it is empty. ``plots`` asks for
    pictures of the fit, ``verify`` for a proof that the saved model loads in a clean process.
    """

    target: str
    model: str = DEFAULT_MODEL
    params: dict[str, Any] = {}
    test_size: float = DEFAULT_TEST_SIZE
    seed: int = DEFAULT_SEED
    name: str = ""
    plots: bool = False
    verify: bool = False

    @property
    def registered_name(self) -> str:
        """The registered model that gets the version."""
        return self.name or self.model


def checked(request: TrainRequest) -> TrainRequest:
    """The request, when all its values are possible; raises ``InvalidParameter`` naming the first that is not."""
    target: Any = request.target
    if not isinstance(target, str) or not target:
        raise InvalidParameter("target names the column to predict; it is empty.")
    check_test_size(request.test_size)
    check_seed(request.seed)
    if request.name and not _NAME.fullmatch(request.name):
        raise InvalidParameter(f"name {request.name!r}: a name has no '/', ':' or '@', and at most 200 characters.")
    params: Any = request.params
    if not isinstance(params, Mapping) or len(params) > MOST_PARAMS:
        raise InvalidParameter(f"params is an object of at most {MOST_PARAMS} names and values.")
    return request


def check_test_size(value: Any) -> None:
    """Refuse what is no share of the rows."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise InvalidParameter(
            f"test_size {value!r}: the share of the rows to test with, between 0 and 1, such as 0.33."
        )


def check_seed(value: Any) -> None:
    """Refuse what random generators do not take."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_SEED:
        raise InvalidParameter(f"seed {value!r}: a whole number from 0 to {_MOST_SEED}.")
