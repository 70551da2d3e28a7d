"""What changed, in words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from modelyard.pipelines.cache import Parts, Record
from modelyard.pipelines.explain import differences

BEFORE = Record(
    parts=Parts(
        step="train",
        command='["python","run.py"]',
        code={"run.py": "1", "src/_utils/io.py": "2"},
        parameters={"depth": "3"},
        inputs={"raw": "raw.csv sha256:1"},
        files={"source.csv": "1"},
        outputs={"model": "model"},
        environment={"key": "1", "numpy": "numpy==2.0"},
    ),
    inputs={"raw": "raw.csv:v2"},
)


def changed(reference: str = "raw.csv:v2", **parts: Any) -> Record:
    return Record(parts=msgspec.structs.replace(BEFORE.parts, **parts), inputs={"raw": reference})


def test_what_is_the_same_has_no_difference_and_the_same_key() -> None:
    assert list(differences(BEFORE, changed())) == []
    assert changed().parts.key() == BEFORE.parts.key()
    assert changed("raw.csv:v5").parts.key() == BEFORE.parts.key()


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (changed(code={"run.py": "1", "src/_utils/io.py": "3"}), ["the file src/_utils/io.py changed"]),
        (changed(code={"run.py": "1"}), ["the file src/_utils/io.py is gone"]),
        (changed(code={**BEFORE.parts.code, "new.py": "1"}), ["the file new.py is new"]),
        (changed(parameters={"depth": "4"}), ["the parameter depth is 4, and was 3"]),
        (changed(parameters={}), ["the parameter depth is gone"]),
        (changed(parameters={"depth": "3", "seed": "1"}), ["the parameter seed is new"]),
        (changed("raw.csv:v3", inputs={"raw": "raw.csv sha256:2"}), ["the input raw.csv is now v3, and was v2"]),
        (
            changed("other.csv:v0", inputs={"raw": "other.csv sha256:1"}),
            ["the input is other.csv:v0, and was raw.csv:v2"],
        ),
        (changed(inputs={}), ["the input raw.csv:v2 is gone"]),
        (changed(files={"source.csv": "2"}), ["the file source.csv changed"]),
        (
            changed(environment={"key": "2", "numpy": "numpy==2.1"}),
            ["the environment changed: numpy is numpy==2.1, and was numpy==2.0"],
        ),
        (changed(environment={"key": "2", "numpy": "numpy==2.0"}), ["the environment changed"]),
        (
            changed(environment={"python": "3.11"}),
            ["the environment changed: it was one of its own, and is the one that runs this"],
        ),
        (changed(command="[]"), ["its command changed"]),
        (changed(outputs={}), ["its outputs are declared otherwise"]),
        (changed(format=2), ["an earlier release kept its result"]),
    ],
)
def test_each_change_is_named_and_changes_the_key(now: Record, told: list[str]) -> None:
    assert list(differences(BEFORE, now)) == told
    assert now.parts.key() != BEFORE.parts.key()
