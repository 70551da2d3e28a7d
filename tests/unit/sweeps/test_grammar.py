"""Hydra's grammar: the same jobs in the same order as Hydra's own sweeper makes."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.sweeps.grammar import Words, space_of, unglobbed, words_of_option

pytest.importorskip("hydra", reason="hydra is not installed")

SWEEPS = [
    ["a=1,2", "b=x,y,z"],
    ["max_tfidf_features=10,15,30", "max_features=range(1,100,2)"],
    ["a='1,2'"],
    ["a='x,y',z", 'b="q,r"'],
    ["a=range(0,1,0.3)", "b=range(10,1,-3)"],
    ["a=0.001,1e-5,1E3", "b=null,true,False"],
    ["a=choice(1,'two',3.0)", "b=sort(3,1,2)", "c=sort(3,1,2,reverse=true)"],
    ["a=[1,2],[3]", "b={x:1},{y:2}"],
    ["+a=1,2", "++b=3,4", "db@src=mysql,postgres"],
    ["a=1,2", "c=0", "a=5,6"],
    ["a=int(range(0.5,3.5))", "b=str(1,2)", "c=tag(t,choice(1,2))"],
    ["a=x\\,y,z", "b=a\\ b", "c=${x.y},2"],
    ["a=", "b=1"],
    ["a=1"],
]


@pytest.mark.parametrize("overrides", SWEEPS, ids=" ".join)
def test_the_jobs_are_hydras_in_hydras_order(overrides: list[str]) -> None:
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser

    theirs = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(overrides), None)[0]
    space = space_of(overrides)
    assert space.size == len(theirs)
    assert [space.overrides(space.at(number)) for number in range(len(theirs))] == theirs


def test_n8_has_150_jobs_in_order() -> None:
    space = space_of(["modeling.max_tfidf_features=10,15,30", "modeling.random_forest.max_features=range(1,100,2)"])
    assert space.size == 150
    pairs = [tuple(space.at(number).values()) for number in (0, 49, 50, 149)]
    assert pairs == [("10", "1"), ("10", "99"), ("15", "1"), ("30", "99")]


def test_a_range_excludes_its_end_and_quoted_commas_are_one_value() -> None:
    assert "100" not in [space_of(["a=range(1,100,2)"]).at(number)["a"] for number in range(50)]
    assert space_of(["a='1,2'"]).size == 1
    assert space_of(["a='1,2'"]).overrides({}) == ["a='1,2'"]


def test_values_of_parameters_have_no_quotes() -> None:
    space = space_of(["name='a,b',c", "other='x y'"], plain=True)
    assert [space.overrides(space.at(number)) for number in range(2)] == [
        ["name=a,b", "other=x y"],
        ["name=c", "other=x y"],
    ]


def test_a_deletion_stays_one() -> None:
    assert space_of(["~a", "b=1,2"]).overrides({"b": "1"}) == ["~a", "b=1"]


def test_what_is_shuffled_is_the_same_each_time() -> None:
    space = space_of(["a=shuffle(range(1,50))", "b=shuffle(1,2,3)"], seed=1)
    again = space_of(["a=shuffle(range(1,50))", "b=shuffle(1,2,3)"], seed=1)
    other = space_of(["a=shuffle(range(1,50))", "b=shuffle(1,2,3)"], seed=2)
    order = [space.at(number) for number in range(49 * 3)]
    assert order == [again.at(number) for number in range(49 * 3)]
    assert order != [other.at(number) for number in range(49 * 3)]
    assert sorted({int(values["a"]) for values in order}) == list(range(1, 50))


def test_a_glob_is_the_choice_of_what_is_there() -> None:
    options = {"model": ["forest", "linear", "lasso"]}.__getitem__
    assert unglobbed(["model=glob(*)", "a=1"], options) == ["model=choice(forest,linear,lasso)", "a=1"]
    assert unglobbed(["model=glob([f*,l*],exclude=la*)"], options) == ["model=choice(forest,linear)"]
    with pytest.raises(InvalidParameter, match="matches nothing in the group 'model', which has forest, linear, lasso"):
        unglobbed(["model=glob(z*)"], options)
    with pytest.raises(InvalidParameter, match="needs the groups of a configuration"):
        unglobbed(["model=glob(*)"], None)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("a=b=c", "a=b=c: mismatched input '=' expecting <EOF>."),
        ("a=choice()", "empty choice is not legal"),
        ("a=interval(5,1)", "two numbers, the lower one first"),
        ("a=tag(log,interval(0,1))", "bounds above 0"),
        ("a=range(1,5,0)", "must not be 0"),
        ("a=range(5,1)", "has no values"),
        ("a=range(0,10000000)", "the most are 1,000,000"),
        ("hydra.job.name=a,b", "Sweeping over Hydra's configuration is not supported"),
        ("a=[1,2", "a=["),
    ],
)  # fmt: skip
def test_what_hydra_refuses_is_one_line(override: str, said: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        space_of([override])
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert "http" not in caught.value.message


def test_words_are_told_apart_without_hydra() -> None:
    assert words_of_option(["a=1,2", "--multirun"]) == Words([], ["a=1,2"], multirun=True)
    assert words_of_option(["-cn", "other", "a=1", "--config-dir=x"]) == Words(
        ["-cn", "other", "--config-dir=x"], ["a=1"]
    )
    assert words_of_option(["hydra/launcher=joblib", "-m"]).is_left_to_hydra
    assert words_of_option(["--cfg", "job", "-m"]).is_left_to_hydra
    assert not words_of_option(["hydra.sweep.dir=x", "a=1,2", "-m"]).is_left_to_hydra
