"""Steps at work: several at once, what they read and make, what becomes of one that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard import MlflowClient
from modelyard.core.errors import InvalidParameter, NotFound, ProjectFailed
from modelyard.pipelines import Options, PipelineResult, run
from modelyard.pipelines.execute import execute
from modelyard.pipelines.prepare import prepare
from modelyard.pipelines.show import Silent
from tests.support.steps import write_files

MEET = """
import sys, time
from pathlib import Path
mine, theirs = Path(sys.argv[2]), Path(sys.argv[4])
mine.write_text("here")
until = time.monotonic() + 60
while not theirs.exists():
    assert time.monotonic() < until, "nobody came"
    time.sleep(0.01)
"""
COPY = """
import shutil, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
shutil.copyfile(given["--source"], given["--target"])
"""


def finished(place: Path, *overrides: str, options: Options | None = None) -> PipelineResult:
    """The result, also of a pipeline that fails."""
    return execute(prepare(place, overrides, options or Options()), Silent())


def states(result: PipelineResult) -> dict[str, str]:
    return {step.step: step.state for step in result.steps}


def document(run_id: str, folder: Path) -> dict[str, object]:
    file = MlflowClient().download_artifacts(run_id, "pipeline.json", str(folder))
    found: dict[str, object] = json.loads(Path(file).read_text())
    return found


def test_independent_steps_work_at_the_same_time(tmp_path: Path) -> None:
    step = "{{project: meet.py, parameters: {{mine: {0}/{1}, theirs: {0}/{2}}}}}"
    steps = f"  a: {step.format(tmp_path, 'a', 'b')}\n  b: {step.format(tmp_path, 'b', 'a')}\n"
    place = write_files(tmp_path / "p", {"pipeline.yaml": f"steps:\n{steps}", "meet.py": MEET})
    assert states(run(place, options=Options(jobs=2))) == {"a": "FINISHED", "b": "FINISHED"}


def test_a_pipeline_is_one_run_with_a_child_for_each_step(words: Path, tmp_path: Path) -> None:
    """S3.11, and the picture and the document of the pipeline."""
    result = run(words, overrides=["model.depth=5"])
    client = MlflowClient()
    parent = client.get_run(result.run_id)
    assert (parent.info.status, parent.data.tags["modelyard.kind"]) == ("FINISHED", "pipeline")
    assert parent.data.params == {"model.depth": "5"}
    children = [client.get_run(step.run_id) for step in result.steps]
    assert [child.data.tags["mlflow.parentRunId"] for child in children] == [result.run_id] * 3
    assert [child.info.run_name for child in children] == ["download", "clean", "train"]
    assert [child.info.status for child in children] == ["FINISHED"] * 3
    assert children[2].data.params == {"clean": "clean_data.txt:v0", "depth": "5", "model": "model.json"}
    assert {info.path for info in client.list_artifacts(result.run_id)} >= {"pipeline.json", "pipeline.svg"}
    told = document(result.run_id, tmp_path)
    assert told["status"] == "FINISHED"
    assert [step["needs"] for step in told["steps"]] == [[], ["download"], ["clean"]]  # type: ignore[attr-defined]


def test_versions_have_their_makers_and_users(words: Path) -> None:
    result = run(words)
    reply = MlflowClient().get_dataset_version("raw_data.txt:v0")
    assert (reply.dataset.type, reply.dataset.description) == ("raw_data", "Data as downloaded")
    uses = {(use.role, use.run_id) for use in MlflowClient().get_dataset_lineage("raw_data.txt")}
    assert uses == {("producer", result.steps[0].run_id), ("consumer", result.steps[1].run_id)}


def test_what_a_step_was_handed_is_gone_when_it_has_ended(tmp_path: Path) -> None:
    script = (
        f"import sys\nopen({str(tmp_path / 'told')!r}, 'w').write(sys.argv[2])\nopen(sys.argv[2], 'w').write('x')\n"
    )
    steps = "{a: {project: a.py, outputs: {made: made.txt}}}"
    run(write_files(tmp_path / "p", {"pipeline.yaml": f"steps: {steps}", "a.py": script}))
    told = Path((tmp_path / "told").read_text())
    assert told.name == "made.txt"
    assert not told.parent.parent.exists()


FAILING = """
    steps:
      first: {project: copy.py, parameters: {source: SOURCE}, outputs: {target: first.txt}}
      drawn: {project: copy.py, parameters: {source: SOURCE}, outputs: {target: drawn.txt}, cache: false}
      broken: {project: broken.py, needs: [drawn], inputs: {source: first.txt}, outputs: {target: broken.txt}}
      after: {project: copy.py, inputs: {source: broken.txt}, outputs: {target: after.txt}}
      beside: {project: copy.py, inputs: {source: first.txt}, outputs: {target: beside.txt}}
    """


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A pipeline whose step `broken` fails until there is a file `mended`."""
    mended = tmp_path / "mended"
    broken = f"import os, sys\nif not os.path.exists({str(mended)!r}):\n    sys.exit('it is broken')\n{COPY}"
    source = str(write_files(tmp_path, {"source.txt": "x"}) / "source.txt")
    files = {"pipeline.yaml": FAILING.replace("SOURCE", source), "copy.py": COPY, "broken.py": broken}
    return write_files(tmp_path / "p", files)


def test_when_a_step_fails_those_that_follow_do_not_run_and_others_do(failing: Path, tmp_path: Path) -> None:
    result = finished(failing)
    expected = {"first": "FINISHED", "drawn": "FINISHED", "broken": "FAILED", "after": "BLOCKED", "beside": "FINISHED"}
    assert states(result) == expected
    assert result.status == MlflowClient().get_run(result.run_id).info.status == "FAILED"
    broken = next(step for step in result.steps if step.step == "broken")
    assert "it is broken" in broken.why
    assert MlflowClient().get_run(broken.run_id).info.status == "FAILED"
    told = {step["step"]: step["state"] for step in document(result.run_id, tmp_path)["steps"]}  # type: ignore[attr-defined]
    assert told == expected
    with pytest.raises(ProjectFailed, match=r"broken: .*it is broken"):
        run(failing)


def test_the_same_again_goes_on_from_the_step_that_failed(failing: Path, tmp_path: Path) -> None:
    first = finished(failing)
    (tmp_path / "mended").touch()
    again = {"first": "SKIPPED", "drawn": "FINISHED", "broken": "FINISHED", "after": "FINISHED", "beside": "SKIPPED"}
    assert states(finished(failing)) == again
    resumed = finished(failing, options=Options(resume=first.run_id))
    assert states(resumed) == dict.fromkeys(again, "SKIPPED")
    assert MlflowClient().get_run(resumed.run_id).data.tags["modelyard.pipeline.resumes"] == first.run_id
    third = finished(failing, options=Options(resume=resumed.run_id))  # what it took itself is taken from it
    assert states(third) == dict.fromkeys(again, "SKIPPED")


def test_only_a_run_of_this_pipeline_is_resumed(failing: Path, words: Path) -> None:
    other = run(words)
    with pytest.raises(InvalidParameter, match="no run of the pipeline 'p'"):
        run(failing, options=Options(resume=other.run_id))
    with pytest.raises(InvalidParameter, match="no run of the pipeline 'p'"):
        run(failing, options=Options(resume=other.steps[0].run_id))
    with pytest.raises(NotFound):
        run(failing, options=Options(resume="0" * 32))


def test_an_output_that_is_not_there_fails_the_step_by_its_name(tmp_path: Path) -> None:
    steps = "{a: {project: a.py, outputs: {made: made.txt}}}"
    result = finished(write_files(tmp_path / "p", {"pipeline.yaml": f"steps: {steps}", "a.py": "pass"}))
    assert states(result) == {"a": "FAILED"}
    assert "'made.txt' is missing" in result.steps[0].why
    made = MlflowClient().get_run(result.steps[0].run_id)
    assert (made.info.status, made.data.tags["modelyard.failure"]) == ("FAILED", result.steps[0].why)
    assert states(finished(tmp_path / "p")) == {"a": "FAILED"}  # it is no result that stands


def test_a_project_that_declares_its_parameters_reads_and_logs_the_others_by_itself(tmp_path: Path) -> None:
    script = """
        import modelyard
        with modelyard.start_run():
            path = modelyard.datasets.use_dataset("first.txt")
            modelyard.datasets.log_dataset(path, "second.txt", type="copy")
        """
    files = {
        "pipeline.yaml": """
            steps:
              first: {project: first.py, outputs: {made: first.txt}}
              second: {project: second, inputs: {raw: first.txt}, outputs: {copy: second.txt}}
            """,
        "first.py": "import sys\nopen(sys.argv[2], 'w').write('x')\n",
        "second/MLproject": "entry_points: {main: {command: python run.py}}",
        "second/run.py": script,
    }
    place = write_files(tmp_path / "p", files)
    result = run(place)
    assert result.steps[1].outputs == {"copy": "second.txt:v0"}
    assert states(run(place)) == {"first": "SKIPPED", "second": "SKIPPED"}


def test_an_output_may_stay_where_it_is(tmp_path: Path) -> None:
    """S3.10: a reference is a version without a copy; a change of the file is seen."""
    steps = "{a: {project: a.py, outputs: {made: {dataset: large.txt, path: data/large.txt, reference: true}}}}"
    script = "import sys\nopen(sys.argv[2], 'w').write('large')\n"
    place = write_files(tmp_path / "p", {"pipeline.yaml": f"steps: {steps}", "a.py": script})
    run(place)
    version = MlflowClient().get_dataset_version("large.txt").version
    assert (version.kind, version.uri) == ("reference", (place / "data/large.txt").as_uri())
    assert states(run(place)) == {"a": "SKIPPED"}
    (place / "data/large.txt").write_text("small")
    assert states(run(place)) == {"a": "FINISHED"}
    (place / "data/large.txt").unlink()
    assert states(run(place)) == {"a": "FINISHED"}


def test_folders_are_datasets_too(tmp_path: Path) -> None:
    files = {
        "pipeline.yaml": """
            steps:
              split: {project: split.py, outputs: {parts: parts}}
              count: {project: count.py, inputs: {parts: parts}, outputs: {number: number.txt}}
            """,
        "split.py": "import os, sys\nos.mkdir(sys.argv[2])\nfor n in 'ab': open(f'{sys.argv[2]}/{n}', 'w').write(n)\n",
        "count.py": "import os, sys\nopen(sys.argv[4], 'w').write(','.join(sorted(os.listdir(sys.argv[2]))))\n",
    }
    place = write_files(tmp_path / "p", files)
    result = run(place)
    assert MlflowClient().use_dataset(result.steps[1].outputs["number"]).read_text() == "a,b"
    assert states(run(place)) == {"split": "SKIPPED", "count": "SKIPPED"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"pipeline.steps.train.project": "src/trian"}, "Step 'train': there is no project 'src/trian'"),
        ({"pipeline.steps.clean.entry": "mian"}, "Step 'clean': The project 'clean' has no entry point 'mian'"),
        ({"~pipeline.steps.download.parameters.rows": None}, "needs rows"),
        ({"pipeline.steps.clean.inputs.raw": "other.txt"}, "reads 'other.txt', which is not in the store"),
        ({"pipeline.steps.clean.inputs.raw": "raw_data.txt:v7"}, "reads 'raw_data.txt:v7', which is not in the store"),
    ],
)
def test_what_could_not_run_is_refused_before_anything_runs(words: Path, change: dict[str, object], told: str) -> None:
    overrides = [key if value is None else f"{key}='{value}'" for key, value in change.items()]
    with pytest.raises((InvalidParameter, NotFound)) as error:
        run(words, overrides=overrides)
    assert told in error.value.message
    found = MlflowClient().get_experiment_by_name("dev")
    assert found is None or not MlflowClient().search_runs([found.experiment_id])


def test_one_step_alone_needs_what_others_make(words: Path) -> None:
    with pytest.raises(InvalidParameter, match="run the step 'download', which makes it, too"):
        run(words, options=Options(only=("clean",)))


def test_a_pipeline_in_a_run_is_nested_in_it(words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = MlflowClient()
    outer = client.create_run("0").info.run_id
    monkeypatch.setenv("MODELYARD_RUN_ID", outer)
    result = run(words, options=Options(only=("download",)))
    assert client.get_run(result.run_id).data.tags["mlflow.parentRunId"] == outer
    assert client.get_run(result.steps[0].run_id).data.tags["mlflow.parentRunId"] == result.run_id


def test_a_step_that_something_else_ended_is_told(tmp_path: Path) -> None:
    script = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    place = write_files(tmp_path / "p", {"pipeline.yaml": "steps: {a: {project: a.py}}", "a.py": script})
    result = finished(place)
    assert (result.status, result.steps[0].state) == ("FAILED", "KILLED")
    assert result.steps[0].why
    assert MlflowClient().get_run(result.steps[0].run_id).info.status == "KILLED"
    with pytest.raises(ProjectFailed, match=r"failed in its run \w+: a: "):
        run(place)
