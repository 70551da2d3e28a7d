"""What a pipeline's file says, and what is wrong with one in words that name the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.pipelines.read import read
from modelyard.pipelines.spec import Output
from tests.support.steps import write_files


def pipeline(folder: Path, steps: str, config: str = "data: {rows: 6}") -> Path:
    return write_files(folder, {"config.yaml": config, "pipeline.yaml": f"config: config.yaml\nsteps:\n{steps}"})


def test_a_file_is_read_with_its_configuration(words: Path) -> None:
    found = read(words)
    assert (found.name, found.experiment, found.folder) == ("words", "dev", words)
    assert list(found.steps) == ["download", "clean", "train"]
    assert found.steps["download"].parameters == {"file": "source.csv", "rows": 6}
    assert found.steps["download"].outputs["raw"] == Output(
        dataset="raw_data.txt", type="raw_data", description="Data as downloaded"
    )
    assert found.steps["clean"].outputs["clean"] == Output(dataset="clean_data.txt")
    assert found.config["random_seed"] == 42


def test_a_configuration_may_hold_the_pipeline(tmp_path: Path) -> None:
    text = "main: {experiment_name: dev}\nrows: 4\npipeline:\n  steps:\n    a: {project: a, parameters: {rows: '${rows}'}}\n"
    write_files(tmp_path, {"config.yaml": text})
    found = read(tmp_path, ["rows=5"])
    assert found.steps["a"].parameters == {"rows": 5}
    assert (found.name, found.experiment) == (tmp_path.name, "dev")
    assert "pipeline" not in found.config


def test_values_may_stand_in_the_file_itself(tmp_path: Path) -> None:
    write_files(tmp_path, {"p.yaml": "config: {rows: 1}\nsteps:\n  a: {project: a, parameters: {rows: '${rows}'}}\n"})
    assert read(tmp_path / "p.yaml", ["rows=2"]).steps["a"].parameters == {"rows": 2}


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("data.rows=7", 7),
        ("data.rows=0.5", 0.5),
        ("data.rows='7'", "7"),
        ("data.rows=true", True),
        ("data.rows=null", None),
        ("data.rows='a,b'", "a,b"),
        ("data.rows=[1,2]", [1, 2]),
        ("data.rows='${model.depth}'", 3),
        ("++data.rows=9", 9),
    ],
)
def test_overrides_keep_types_and_leave_the_file_alone(words: Path, override: str, value: object) -> None:
    """S3.27."""
    before = (words / "config.yaml").read_bytes()
    found = read(words, [override]).steps["download"].parameters["rows"]
    assert found == value
    assert type(found) is type(value)
    assert (words / "config.yaml").read_bytes() == before


def test_an_override_reaches_a_step(words: Path) -> None:
    assert read(words, ["pipeline.steps.clean.cache=false"]).steps["clean"].cache is False
    assert "train" not in read(words, ["~pipeline.steps.train"]).steps


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("data.rwos=1", "no 'data.rwos'. Did you mean 'data.rows'"),
        ("depth=1", "Did you mean 'model.depth'"),
        ("~data.rwos", "Did you mean 'data.rows'"),
        ("+data.rows=1", "is there already"),
        ("data.rows", "write key=value"),
        ("data.rows=1,2", "sweep"),
        ("data.rows=range(1,5)", "sweep"),
        ("data.rows='1", "write key=value"),
    ],
)
def test_an_override_that_means_nothing_is_refused(words: Path, override: str, told: str) -> None:
    with pytest.raises(InvalidParameter) as error:
        read(words, [override])
    assert told in error.value.message
    assert override in error.value.message


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("  clean: {}", ["step 'clean'", "no project"]),
        ("  clean: src/clean", ["step 'clean'", "project: FOLDER"]),
        ("  clean: {project: a, parmeters: {}}", ["step 'clean'", "'parmeters'", "'parameters'"]),
        ("  clean: {project: a, parameters: {rows: '${data.rwos}'}}", ["step 'clean', parameters.rows", "data.rwos"]),
        ("  clean: {project: a, parameters: {rows: '???'}}", ["step 'clean'", "parameters.rows"]),
        ("  clean: {project: a, cache: perhaps}", ["step 'clean'", "cache"]),
        ("  clean: {project: a, env_manager: poetry}", ["step 'clean'", "env_manager"]),
        ("  clean: {project: a, outputs: {x: {dataset: a/b}}}", ["outputs.x", "'a/b'"]),
        ("  clean: {project: a, outputs: {x: {datset: b}}}", ["outputs.x", "dataset: NAME"]),
        ("  clean: {project: a, outputs: {x: {dataset: b, tpye: c}}}", ["outputs.x", "'tpye'", "'type'"]),
        ("  clean: {project: a, outputs: {x: {dataset: b, reference: true}}}", ["outputs.x", "path:"]),
        ("  clean: {project: a, outputs: {x: {dataset: ..}}}", ["outputs.x", "'..'"]),
        ("  clean: {project: a, outputs: {../x: b}}", ["step 'clean'", "'../x'"]),
        ("  clean: {project: a, inputs: {x: a/b}}", ["inputs.x", "'a/b'"]),
        ("  clean: {project: a, inputs: {x: a}, parameters: {x: 1}}", ["step 'clean'", "'x' stands there twice"]),
        ("  'a b': {project: a}", ["'a b'", "letters"]),
        ("  [a]", ["steps"]),
        ("  a: {project: a}\n  a: {project: b}", ["not YAML", "duplicate"]),
        ("  a: {project: 'a}", ["not YAML"]),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, steps: str, told: list[str]) -> None:
    folder = pipeline(tmp_path, steps)
    with pytest.raises(InvalidParameter) as error:
        read(folder)
    assert "pipeline.yaml" in error.value.message
    assert [part for part in told if part not in error.value.message] == []
    assert "\n" not in error.value.message


def test_what_is_no_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no pipeline in"):
        read(tmp_path)
    with pytest.raises(NotFound, match="There is no pipeline"):
        read(tmp_path / "none")
    write_files(
        tmp_path,
        {"config.yaml": "a: 1\n", "list.yaml": "- a\n", "p.yaml": "config: no.yaml\nsteps: {a: {project: a}}\n"},
    )
    with pytest.raises(NotFound, match="no pipeline in"):
        read(tmp_path)
    with pytest.raises(InvalidParameter, match="neither 'steps:'"):
        read(tmp_path / "config.yaml")
    with pytest.raises(InvalidParameter, match="list"):
        read(tmp_path / "list.yaml")
    with pytest.raises(NotFound, match=r"no\.yaml"):
        read(tmp_path / "p.yaml")
