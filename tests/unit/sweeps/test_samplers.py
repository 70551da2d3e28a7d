"""Who thinks of trials: every combination, some by chance, or by what was learned."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.core import plugins
from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.sweeps.contract import Plan, Sampler, Trial
from modelyard.pipelines.sweeps.grammar import Space, space_of

pytest.importorskip("hydra", reason="hydra is not installed")
pytest.importorskip("optuna", reason="optuna is not installed")

MIXED = [
    "x=interval(-5.0,5.0)",
    "kind=choice(a,b,c)",
    "steps=range(0,10)",
    "rate=tag(log,interval(0.001,1.0))",
    "n=int(interval(1,9))",
]


def sampler(name: str, overrides: list[str], **plan: Any) -> tuple[Sampler, Space]:
    space = space_of(overrides)
    made = plugins.load("samplers", name)(space, Plan(key="", uri="", sampler=name, **plan))
    return made, space


def loss(values: dict[str, str]) -> float:
    return (float(values["x"]) - 1) ** 2 + "abc".index(values["kind"]) + abs(int(values["steps"]) - 7)


def drawn(name: str, count: int, *, from_: int = 0, told: list[Trial] | None = None, **plan: Any) -> list[Trial]:
    made, _ = sampler(name, MIXED, trials=count, metric="loss", direction="minimize", **plan)
    trials = list(told or ())
    for trial in trials:
        made.tell(trial)
    for number in range(from_, count):
        asked = dict(made.ask(number) or {})
        trials.append(Trial(number=number, values=asked, state="FINISHED", value=loss(asked)))
        made.tell(trials[-1])
    assert made.ask(count) is None
    return trials


def test_a_grid_is_all_combinations_and_ends() -> None:
    made, space = sampler("grid", ["a=1,2", "b=range(0,3)"])
    assert made.size() == 6
    assert [made.ask(number) for number in range(6)] == [space.at(number) for number in range(6)]
    assert made.ask(6) is None


def test_a_grid_cannot_go_through_an_interval() -> None:
    with pytest.raises(
        InvalidParameter, match=r"does not support sweep type : INTERVAL_SWEEP.*--sampler tpe --trials 50"
    ):
        sampler("grid", ["a=interval(0,1)"])


def test_chance_draws_no_combination_twice() -> None:
    made, _ = sampler("random", ["a=1,2,3", "b=range(0,3)"])
    assert made.size() == 9
    assert len({tuple((made.ask(number) or {}).items()) for number in range(9)}) == 9


@pytest.mark.parametrize("name", ["random", "tpe"])
def test_what_is_drawn_is_of_the_kind_that_was_asked_for(name: str) -> None:
    for trial in drawn(name, 12):
        assert -5 <= float(trial.values["x"]) <= 5
        assert trial.values["kind"] in "abc"
        assert trial.values["steps"] in map(str, range(10))
        assert 0.001 <= float(trial.values["rate"]) <= 1
        assert trial.values["n"] in map(str, range(1, 10))


@pytest.mark.parametrize("name", ["random", "tpe"])
def test_a_sampler_that_is_told_goes_on_as_if_it_had_never_stopped(name: str) -> None:
    whole = drawn(name, 16)
    assert drawn(name, 16, from_=11, told=whole[:11]) == whole
    assert drawn(name, 16, seed=7) != whole


def test_tpe_finds_better_values_than_chance() -> None:
    learned, chance = (sorted(trial.value or 0 for trial in drawn(name, 40))[:10] for name in ("tpe", "random"))
    assert sum(learned) < sum(chance)


def test_tpe_does_not_repeat_what_runs_and_takes_failures() -> None:
    made, _ = sampler("tpe", ["a=1,2,3"], metric="loss")
    assert made.size() == 3
    seen = set()
    for number in range(3):
        asked = dict(made.ask(number) or {})
        seen.add(asked["a"])
        made.tell(Trial(number=number, values=asked, state="RUNNING" if number else "FAILED"))
    assert seen == {"1", "2", "3"}


def test_what_has_no_end_needs_a_number_and_what_learns_a_metric() -> None:
    with pytest.raises(InvalidParameter, match="How many trials"):
        sampler("random", ["a=interval(0,1)"])
    with pytest.raises(InvalidParameter, match="learns from a metric"):
        sampler("tpe", ["a=interval(0,1)"], trials=3)
    with pytest.raises(InvalidParameter, match=r"no 'gird' among samplers. Known: grid, random, tpe"):
        sampler("gird", ["a=1"])
