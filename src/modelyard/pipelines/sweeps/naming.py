"""What a trial is called, and what its run has as params."""

from __future__ import annotations

import re
from collections.abc import Sequence

from modelyard.pipelines.sweeps.contract import Plan, Trial

_ODD = re.compile(r"[^\w\-. /:]")
_MOST_NAME = 120


def title_of(trial: Trial) -> str:
    """The name of a trial's run: its number and its values, by the last words of their keys."""
    values = " ".join(f"{key.rpartition('.')[2]}={value}" for key, value in trial.values.items())
    return f"{trial.number} {values}".strip()[:_MOST_NAME]


def params_of(plan: Plan, overrides: Sequence[str]) -> dict[str, str]:
    """The params of a trial's run: the parameters that stay, and its overrides."""
    pairs = [override.partition("=")[::2] for override in overrides]
    if plan.kind == "parameters":
        return {**plan.parameters, **dict(pairs)}
    return plan.parameters | {_ODD.sub("_", key.lstrip("+~")): unquoted(value) for key, value in pairs}


def unquoted(text: str) -> str:
    """The text of a quoted override without its quotes; other texts as they are."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace(f"\\{text[0]}", text[0])
    return text
