"""All that can be trained, by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from modelyard.core.errors import InvalidParameter
from modelyard.training.trainers import keras, pytorch, sklearn, text
from modelyard.training.trainers.contract import Trainer

ALL: tuple[Trainer, ...] = (
    *sklearn.TRAINERS,
    *text.TRAINERS,
    *pytorch.TRAINERS,
    *keras.TRAINERS,
)
TRAINERS: Mapping[str, Trainer] = MappingProxyType({each.name: each for each in ALL})


def trainer(name: str) -> Trainer:
    """The trainer of a name; ``InvalidParameter`` with the list of all for another.

    >>> trainer("Ridge").task
    'regression'
    """
    found = TRAINERS.get(name)
    if found is not None:
        return found
    close = difflib.get_close_matches(name, TRAINERS, n=1, cutoff=0.7)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    raise InvalidParameter(f"There is no model {name[:100]!r} to train.{meant} There are: {', '.join(TRAINERS)}.")
