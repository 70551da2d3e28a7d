"""What is known of a Hydra program without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.sweeps.app import App, app_of
from modelyard.pipelines.sweeps.grammar import space_of

pytest.importorskip("hydra", reason="hydra is not installed")

MAIN = """
import hydra
open("imported", "w").close()

@hydra.main({})
def go(config):
    pass
"""


def program(
    folder: Path, arguments: str = 'config_path="conf", config_name="config", version_base="1.3"', more: str = ""
) -> App | None:
    (folder / "conf" / "model").mkdir(parents=True)
    (folder / "conf" / "config.yaml").write_text(
        f"defaults: [_self_, model: a]\nmodeling: {{depth: 3, forest: {{trees: 5}}}}\n{more}"
    )
    for name in "ab":
        (folder / "conf" / "model" / f"{name}.yaml").write_text("x: 1\n")
    (folder / "main.py").write_text(MAIN.format(arguments))
    return app_of(folder, ["python", "main.py", "a=1"])


def test_the_configuration_is_found_by_reading_the_script(tmp_path: Path) -> None:
    app = program(tmp_path)
    assert app is not None
    assert app.folder == tmp_path / "conf"
    assert app.options("model") == ["a", "b"]
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    "arguments", ['config_path=None, config_name="config"', 'config_path="conf"', 'config_path=WHERE, config_name="c"']
)
def test_what_the_script_does_not_say_is_not_known(tmp_path: Path, arguments: str) -> None:
    assert program(tmp_path, arguments) is None


def test_flags_say_which_configuration(tmp_path: Path) -> None:
    program(tmp_path)
    (tmp_path / "conf" / "other.yaml").write_text("x: 1\n")
    app = app_of(tmp_path, ["python", "main.py"], ["-cn", "other"])
    assert app is not None
    app.check(["x=2"])
    with pytest.raises(InvalidParameter, match="Could not override 'modeling'"):
        app.check(["modeling=1"])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("modeling.forest.tres=10", "Did you mean 'modeling.forest.trees'"),
        ("trees=10", "Did you mean 'modeling.forest.trees'"),
        ("model=c", "Available options in 'model'"),
        ("modeling.depth=1,2", "To use it as string, quote the value"),
        ("modeling.depth=range(1,3)", "requires --multirun"),
        ("modeling.depth==", "modeling.depth=="),
    ],
)
def test_an_override_that_cannot_be_is_refused_with_hydras_words(tmp_path: Path, override: str, said: str) -> None:
    app = program(tmp_path)
    assert app is not None
    with pytest.raises(InvalidParameter) as caught:
        app.check([override])
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_overrides_that_can_be_pass(tmp_path: Path) -> None:
    app = program(tmp_path)
    assert app is not None
    app.check(["modeling.forest.trees=10", "+new=1", "model=b", "~modeling.depth", "hydra.job.name=x"])


def test_each_option_of_a_group_is_tried_before_a_sweep(tmp_path: Path) -> None:
    app = program(tmp_path)
    assert app is not None
    app.check_space(space_of(["model=a,b", "modeling.depth=range(1,9)"]))
    with pytest.raises(InvalidParameter, match="Could not find 'model/c'"):
        app.check_space(space_of(["model=a,b,c", "modeling.depth=range(1,9)"]))


def test_nothing_is_refused_that_only_the_script_knows(tmp_path: Path) -> None:
    program(tmp_path)
    (tmp_path / "main.py").write_text(MAIN.format('config_path="conf", config_name="config"') + "\n# ConfigStore\n")
    app = app_of(tmp_path, ["main.py"])
    assert app is not None
    app.check(["nothing.like.it=1"])


def test_what_the_configuration_sweeps_over_itself_is_known(tmp_path: Path) -> None:
    app = program(tmp_path, more="hydra: {sweeper: {params: {modeling.depth: 'choice(1,2)'}}}\n")
    assert app is not None
    assert app.params() == ["modeling.depth=choice(1,2)"]
    assert not app.is_left_to_hydra()
