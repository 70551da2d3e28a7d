"""Which steps are run, in which order, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

import main


def config(**told: Any) -> DictConfig:
    """The configuration with other values below `main`."""
    loaded = OmegaConf.load(main.ROOT / "config.yaml")
    return OmegaConf.merge(loaded, {"main": told})


def test_all_are_the_steps_of_the_list() -> None:
    assert main.selected(config(execute_steps="all")) == main.selected(config()) == list(config().main.execute_steps)


@pytest.mark.parametrize(
    "steps", ["basic_cleaning,download", " download , basic_cleaning ", ["download", "basic_cleaning"]]
)
def test_some_steps_are_run_in_the_pipelines_order(steps: Any) -> None:
    assert main.selected(config(execute_steps=steps)) == ["download", "basic_cleaning"]


def test_an_unknown_step_is_refused_with_those_there_are() -> None:
    with pytest.raises(SystemExit, match=r"no step 'downlod'\. Did you mean 'download'\? Steps: download, eda, "):
        main.selected(config(execute_steps="downlod"))


def test_a_step_that_is_not_listed_comes_after_the_one_it_is_written_below() -> None:
    assert main.in_order(["a", "b", "c"], ["a", "extra", "c"]) == ["a", "extra", "b", "c"]


def test_every_step_has_a_component_and_its_parameters_are_texts() -> None:
    whole = config()
    for step in main.in_order(list(whole.main.execute_steps), list(whole.components)):
        folder, parameters = main.call(whole, step)
        assert (Path(folder) / "MLproject").is_file()
        assert all(isinstance(value, str) for value in parameters.values())


def test_a_listed_step_without_a_component_is_refused() -> None:
    with pytest.raises(SystemExit, match="'nowhere' has no component"):
        main.call(config(), "nowhere")
