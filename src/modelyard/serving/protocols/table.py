"""The languages by name: the one place that knows all of them."""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.serving.protocols.invocations import Invocations
from modelyard.serving.protocols.openinference import OpenInference
from modelyard.serving.protocols.protocol import ScoringProtocol


def protocols_of(model: str, version: str) -> Mapping[str, ScoringProtocol]:
    """Name → protocol, for a model that answers under this name and version."""
    found: tuple[ScoringProtocol, ...] = (Invocations(), OpenInference(model, version))
    return {each.name: each for each in found}
