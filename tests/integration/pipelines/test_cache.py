"""A step runs again when anything changed that its result depends on, and only then; `plan` says what that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard import MlflowClient
from modelyard.client.active import PROCESS
from modelyard.core.errors import InvalidParameter
from modelyard.pipelines import Options, plan, run
from tests.support.steps import write_files


def states(place: Path, *overrides: str, options: Options | None = None) -> dict[str, str]:
    """Run it; how each step ended."""
    return {step.step: step.state for step in run(place, overrides=overrides, options=options).steps}


def ran(place: Path, *overrides: str, options: Options | None = None) -> list[str]:
    """Run it; the steps that were executed."""
    return [name for name, state in states(place, *overrides, options=options).items() if state != "SKIPPED"]


def why(place: Path, step: str, *overrides: str) -> str:
    (reason,) = [reason for reason in plan(place, overrides=overrides) if reason.step == step]
    return f"{reason.action}: {reason.why}"


def stored(reference: str) -> list[Path]:
    """The files of a version in the store."""
    version = MlflowClient().get_dataset_version(reference).version
    run_id = version.uri.removeprefix("runs:/").partition("/")[0]
    found = Path(PROCESS.connect().location).rglob(f"*{run_id}*/**/{version.name}")
    return [path for path in found if path.is_file()]


@pytest.fixture
def done(words: Path) -> Path:
    """The pipeline after its first run."""
    assert ran(words) == ["download", "clean", "train"]
    return words


def test_what_has_not_changed_does_not_run_again(done: Path) -> None:
    runs = MlflowClient().search_runs([experiment()])
    assert states(done) == {"download": "SKIPPED", "clean": "SKIPPED", "train": "SKIPPED"}
    assert len(MlflowClient().search_runs([experiment()])) == len(runs) + 1  # the pipeline's own
    first = next(each for each in runs if each.data.tags.get("modelyard.step") == "download")
    assert why(done, "download") == f"skip: nothing changed since run {first.info.run_id[:12]}"


def experiment() -> str:
    found = MlflowClient().get_experiment_by_name("dev")
    assert found is not None
    return found.experiment_id


def test_a_helper_changed(done: Path) -> None:
    with open(done / "src/_utils/files.py", "a") as file:
        file.write("# more\n")
    assert why(done, "download").startswith("run: the file src/_utils/files.py changed (since run ")
    assert (
        why(done, "clean")
        == "run: raw_data.txt is made by download, which runs; if that comes out as before, it is skipped"
    )
    assert ran(done) == ["download"]  # what it made is the same, so that nothing follows


def test_a_helper_that_nobody_imports_changed(done: Path) -> None:
    (done / "src/_utils/unused.py").write_text("x = 1\n")
    (done / "src/clean/README.md").write_text("Words.\n")
    assert ran(done) == []


def test_a_helper_of_a_helper_changed_what_the_step_makes(done: Path) -> None:
    (done / "src/clean/tidy/rules.py").write_text("def key(word):\n    return [-ord(each) for each in word]\n")
    assert why(done, "clean").startswith("run: the file src/clean/tidy/rules.py changed")
    assert ran(done) == ["clean", "train"]
    (done / "src/clean/tidy/rules.py").write_text("def key(word):\n    return word\n")
    assert ran(done) == []  # as it was before: the first result still stands


def test_a_helper_was_deleted(done: Path) -> None:
    (done / "src/_utils/__init__.py").unlink()
    assert why(done, "download").startswith("run: the file src/_utils/__init__.py is gone")
    assert ran(done) == ["download"]


def test_data_that_a_parameter_names_changed(done: Path) -> None:
    (done / "source.csv").write_text("a\nb\nc\n")
    assert why(done, "download").startswith("run: the file ")
    assert "source.csv changed" in why(done, "download")
    assert ran(done) == ["download", "clean", "train"]


def test_a_folder_that_a_parameter_names_changed(tmp_path: Path) -> None:
    steps = "{a: {project: a.py, parameters: {source: data/in}}}"
    files = {"pipeline.yaml": f"steps: {steps}", "a.py": "pass", "data/in/deep/one.csv": "1"}
    place = write_files(tmp_path / "p", files)
    assert ran(place) == ["a"]
    assert ran(place) == []
    (place / "data/in/deep/one.csv").write_text("2")
    assert why(place, "a").startswith("run: the file data/in changed")
    assert ran(place) == ["a"]


def test_data_of_the_store_changed(done: Path) -> None:
    """A new version of an input that no step makes."""
    client = MlflowClient()
    maker = client.create_run(experiment()).info.run_id
    write_files(
        done, {"words.txt": "a\n", "two.yaml": "experiment: dev\nsteps: {train: {project: src/train/train.py}}"}
    )
    steps = "experiment: dev\nsteps:\n  train:\n    project: src/train/train.py\n    parameters: {depth: 1}\n"
    steps += "    inputs: {clean: words.txt}\n    outputs: {model: other.json}\n"
    (done / "two.yaml").write_text(steps)
    client.log_dataset(maker, done / "words.txt", "words.txt")
    assert ran(done / "two.yaml") == ["train"]
    assert ran(done / "two.yaml") == []
    (done / "words.txt").write_text("a\nb\n")
    client.log_dataset(maker, done / "words.txt", "words.txt")
    assert why(done / "two.yaml", "train").startswith("run: the input words.txt is now v1, and was v0 (since run ")
    assert ran(done / "two.yaml") == ["train"]


def test_a_parameter_changed(done: Path) -> None:
    assert why(done, "train", "model.depth=4").startswith("run: the parameter depth is 4, and was 3")
    assert ran(done, "model.depth=4") == ["train"]
    assert ran(done) == []
    assert ran(done, "model.name=other") == []  # no step is told


def test_the_environment_changed(done: Path) -> None:
    requirements = done / "src/train/requirements.txt"
    requirements.write_text("# nothing\n")
    own = "the environment changed: it was the one that runs this, and is one of its own"
    assert why(done, "train").startswith(f"run: {own} (since run ")
    assert ran(done) == ["train"]
    assert ran(done) == []
    requirements.write_text("tiny==1.0\n")
    assert why(done, "train").startswith("run: the environment changed: tiny is new (since run ")
    assert why(done, "clean").startswith("skip")
    options = Options(env_manager="local")
    assert ran(done, options=options) == []


def test_an_artifact_was_removed(done: Path) -> None:
    for file in stored("raw_data.txt:v0"):
        file.unlink()
    assert why(done, "download") == "run: its output is not what it was: the files of raw_data.txt:v0 are gone"
    assert ran(done) == ["download"]
    assert ran(done) == []


def test_an_artifact_was_changed(done: Path) -> None:
    for file in stored("clean_data.txt:v0"):
        text = file.read_text().replace("a", "c")
        file.unlink()
        file.write_text(text)
    assert why(done, "clean") == "run: its output is not what it was: the files of clean_data.txt:v0 changed"
    assert ran(done) == ["clean"]
    assert ran(done) == []


def test_the_run_that_made_it_was_deleted(done: Path) -> None:
    (made,) = MlflowClient().search_runs([experiment()], "tags.`modelyard.step` = 'train'")
    MlflowClient().delete_run(made.info.run_id)
    assert ran(done) == ["train"]


def test_a_step_that_is_opted_out_runs_each_time(done: Path) -> None:
    opted = "pipeline.steps.clean.cache=false"
    assert why(done, "clean", opted) == "run: its result depends on more than its inputs (cache: false)"
    assert ran(done, opted) == ["clean"]
    assert ran(done, opted) == ["clean"]


def test_steps_can_be_forced_and_chosen(done: Path) -> None:
    assert ran(done, options=Options(force=("clean",))) == ["clean"]
    assert ran(done, options=Options(force=("*",))) == ["download", "clean", "train"]
    assert states(done, options=Options(start="clean")) == {"clean": "FINISHED", "train": "FINISHED"}
    assert states(done, options=Options(only=("train", "clean"))) == {"clean": "SKIPPED", "train": "SKIPPED"}
    assert states(done, "model.depth=9", options=Options(only=("train",))) == {"train": "FINISHED"}


def test_a_seed_makes_results_repeatable(tmp_path: Path) -> None:
    """S3.35."""
    script = "import random, sys\nrandom.seed(int(sys.argv[2]))\nopen(sys.argv[4], 'w').write(str(random.random()))\n"
    steps = "{draw: {project: draw.py, parameters: {seed: '${random_seed}'}, outputs: {drawn: drawn.txt}}}"
    place = write_files(
        tmp_path / "p", {"pipeline.yaml": f"config: {{random_seed: 42}}\nsteps: {steps}", "draw.py": script}
    )

    def drawn(*overrides: str) -> str:
        return run(place, overrides=overrides, options=Options(force=("*",))).steps[0].outputs["drawn"]

    assert [drawn(), drawn(), drawn("random_seed=43"), drawn("random_seed=43")] == [
        "drawn.txt:v0",
        "drawn.txt:v0",
        "drawn.txt:v1",
        "drawn.txt:v1",
    ]


def test_code_that_is_changed_while_it_runs_makes_no_result_that_stands(tmp_path: Path) -> None:
    script = "import sys\nopen(__file__, 'a').write('# more\\n')\nopen(sys.argv[2], 'w').write('x')\n"
    steps = "{a: {project: a.py, outputs: {made: made.txt}}}"
    place = write_files(tmp_path / "p", {"pipeline.yaml": f"steps: {steps}", "a.py": script})
    assert ran(place) == ["a"]
    (place / "a.py").write_text(script)
    assert ran(place) == ["a"]


def test_data_that_stay_where_they_are_and_changed_are_refused(tmp_path: Path) -> None:
    steps = "{count: {project: count.py, inputs: {text: large.txt}, outputs: {number: number.txt}}}"
    script = "import sys\nopen(sys.argv[4], 'w').write(sys.argv[2])\n"
    files = {"pipeline.yaml": f"steps: {steps}", "count.py": script, "large.txt": "large"}
    place = write_files(tmp_path / "p", files)
    client = MlflowClient()
    client.log_dataset(client.create_run("0").info.run_id, place / "large.txt", "large.txt", reference=True)
    number = run(place).steps[0].outputs["number"]
    assert client.use_dataset(number).read_text() == str(place / "large.txt")  # no copy was made
    assert ran(place) == []
    (place / "large.txt").write_text("small")
    with pytest.raises(InvalidParameter, match=r"reads 'large\.txt': the files of large\.txt:v0 changed"):
        run(place)


def test_a_secret_is_kept_nowhere(words: Path, tmp_path: Path) -> None:
    secret = "correct-horse"
    given = [f"+pipeline.steps.train.parameters.api_key={secret}", f"+db_password={secret}"]
    script = (words / "src/train/train.py").read_text().replace('"model")', '"model", "api_key")')
    (words / "src/train/train.py").write_text(script)
    assert ran(words, *given) == ["download", "clean", "train"]
    assert ran(words, *given) == []
    PROCESS.reset()
    kept = [path for path in (tmp_path / "yard").rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert kept == []
