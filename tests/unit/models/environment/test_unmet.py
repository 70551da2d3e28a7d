"""Which requirements hold here, told by names and versions alone."""

from __future__ import annotations

import importlib.metadata

import pytest

from modelyard.models.unmet import broken, unmet

HERE = importlib.metadata.version("msgspec")
MAJOR, MINOR = HERE.split(".")[:2]

HOLD = [
    "msgspec",
    f"msgspec=={HERE}",
    f"msgspec == {HERE}",
    f"msgspec=={HERE}.0",
    f"msgspec==={HERE}",
    f"Msg_Spec=={HERE}".replace("Msg_Spec", "MSGSPEC"),
    f"msgspec=={MAJOR}.*",
    f"msgspec=={MAJOR}.{MINOR}.*",
    f"msgspec~={MAJOR}.{MINOR}",
    "msgspec>=0.1,<99",
    "msgspec (>=0.1)",
    "msgspec!=0.1",
    "msgspec>0.1rc1",
    f"msgspec>={HERE}rc1",
    f"msgspec<{HERE}.post1",
    "",
    "-i https://packages.example/simple",
    "--find-links wheels",
    "-c constraints.txt",
]
DO_NOT = [
    "msgspec==0.1",
    f"msgspec!={HERE}",
    f"msgspec=={HERE}rc1",
    "msgspec>99",
    "msgspec<=0.1",
    f"msgspec<{HERE}",
    f"msgspec>{HERE}",
    "msgspec==99.*",
    f"msgspec!={MAJOR}.*",
    "msgspec~=99.1",
    f"msgspec>=1!{HERE}",
    "msgspec>=0.1,<0.2",
    "no-such-package",
    "no-such-package>=1",
]
NOT_COMPARED = [
    "-r more.txt",
    "-e .",
    "msgspec @ https://packages.example/msgspec.whl",
    "https://packages.example/msgspec.whl",
    './msgspec; python_version < "4"',
    'msgspec; python_version < "4"',
    "msgspec>=",
    "msgspec>=seven",
]


@pytest.mark.parametrize("line", HOLD)
def test_it_holds(line: str) -> None:
    assert unmet([line]) == []


@pytest.mark.parametrize("line", DO_NOT)
def test_it_does_not_hold_and_what_is_here_is_said(line: str) -> None:
    (told,) = unmet([line])
    assert told in (f"{line}: {HERE} is here", f"{line}: it is not installed")


@pytest.mark.parametrize("line", NOT_COMPARED)
def test_what_cannot_be_compared_counts_as_not_met(line: str) -> None:
    assert len(unmet([line])) == 1


def test_each_line_is_told_for_itself() -> None:
    assert unmet(["msgspec", "msgspec==0.1", "no-such-package"]) == [
        f"msgspec==0.1: {HERE} is here",
        "no-such-package: it is not installed",
    ]


def test_a_constraint_asks_for_nothing_that_is_not_here() -> None:
    assert broken(["no-such-package==1", "msgspec>=0.1", ""]) == []
    assert broken(["msgspec<0.1"]) == [f"msgspec<0.1: {HERE} is here"]
