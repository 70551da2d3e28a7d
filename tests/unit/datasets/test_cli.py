"""``modelyard datasets …`` over a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.cli.main import main
from modelyard.client.client import MlflowClient

NAME = "raw.csv"


class Yard:
    """A store, and the command line that looks at it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.client = MlflowClient(str(folder / "yard"))
        self._capsys = capsys

    def run(self, name: str) -> str:
        return self.client.create_run("0", run_name=name).info.run_id

    def log(self, run_id: str, text: str, name: str = NAME, *, reference: bool = False) -> Path:
        path = self.folder / name
        path.write_text(text)
        self.client.log_dataset(run_id, path, name, reference=reference)
        return path

    def say(self, *words: str, code: int = 0) -> str:
        assert main(["datasets", *words, "--tracking-uri", str(self.folder / "yard")]) == code
        told = self._capsys.readouterr()
        return told.out if code == 0 else told.err


@pytest.fixture
def yard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Yard:
    return Yard(tmp_path, capsys)


def test_lineage_is_a_tree_of_what_went_in_and_came_out(yard: Yard) -> None:
    download, clean = yard.run("download"), yard.run("clean")
    yard.log(download, "one")
    yard.client.use_dataset(NAME, run_id=clean)
    yard.log(clean, "two", "clean.csv")
    lines = yard.say("lineage", NAME).splitlines()
    assert lines[0] == f"{NAME}:v0"
    assert lines[1].startswith(f"├─ made by  download  {download}  20")
    assert lines[2].startswith(f"└─ used by  clean  {clean}  20")
    assert lines[3:] == ["   └─ into  clean.csv:v0"]
    made = yard.say("lineage", "clean.csv:latest").splitlines()
    assert made[2:] == [f"   └─ from  {NAME}:v0"]
    assert yard.say("lineage", "--run-id", clean).splitlines() == [
        f"clean  {clean}",
        f"├─ used  {NAME}:v0",
        "└─ made  clean.csv:v0",
    ]
    assert yard.say("lineage", "--run-id", yard.run("idle")) == "nobody made or used it\n"
    (first, *_) = json.loads(yard.say("lineage", NAME, "--output", "json"))
    assert (first["role"], first["run_name"]) == ("producer", "download")


def test_lists_are_for_people_and_for_programs(yard: Yard) -> None:
    yard.log(yard.run("download"), "one")
    heads, row = yard.say("list").splitlines()
    assert heads.split() == ["name", "type", "latest", "size", "updated", "description"]
    assert row.split()[:4] == [NAME, "v0", "3", "B"]
    (found,) = json.loads(yard.say("list", "--output", "json"))
    assert found["latest"]["version"] == 0
    assert (
        yard.say("versions", NAME, "--output", "csv").splitlines()[0]
        == "version,created,size,kind,digest,aliases,run_id"
    )
    assert ["kind", "stored"] in [line.split() for line in yard.say("show", NAME).splitlines()]


def test_two_versions_are_compared_as_they_are_named(yard: Yard) -> None:
    run_id = yard.run("download")
    for text in ("a\n1\n", "a\n2\n", "a\n3\n"):
        yard.log(run_id, text, "notes.txt")
    assert yard.say("diff", "notes.txt").splitlines()[2:] == [
        "--- before",
        "+++ after",
        "@@ -1,2 +1,2 @@",
        " a",
        "-2",
        "+3",
    ]
    assert yard.say("diff", "notes.txt:v0").splitlines()[-2:] == ["-1", "+3"]
    told = json.loads(yard.say("diff", "notes.txt:v0", "notes.txt:v1", "--output", "json"))
    assert (told["before"], told["after"], told["same"]) == ("notes.txt:v0", "notes.txt:v1", False)
    assert yard.say("diff", "notes.txt:v1", "notes.txt:v1").splitlines()[-1] == "the content is the same"


def test_what_changed_since_cannot_be_compared_inside(yard: Yard) -> None:
    run_id = yard.run("download")
    yard.log(run_id, "one", reference=True)
    yard.log(run_id, "two", reference=True)
    told = yard.say("diff", NAME).splitlines()
    assert told[2].startswith("what is inside cannot be compared: raw.csv:v0 has changed: ")
    assert "has changed" in json.loads(yard.say("diff", NAME, "--output", "json"))["note"]


def test_an_alias_is_set_and_taken_away(yard: Yard) -> None:
    yard.log(yard.run("download"), "one")
    assert yard.say("alias", NAME, "good", "v0") == f"{NAME}:good is {NAME}:v0 now.\n"
    assert yard.say("alias", NAME, "good", "--delete") == f"{NAME} has no alias good now.\n"
    assert "one of both" in yard.say("alias", NAME, "good", code=1)
    assert "has no version 'good'. It has v0." in yard.say("show", f"{NAME}:good", code=1)


def test_logging_a_file_that_fails_marks_its_run(yard: Yard) -> None:
    assert "There is no file or folder" in yard.say("log", str(yard.folder / "nothing"), "-n", NAME, code=1)
    (run,) = yard.client.search_runs(["0"])
    assert run.info.status == "FAILED"


def test_a_folder_is_logged_into_an_experiment_of_its_own(yard: Yard) -> None:
    (yard.folder / "images").mkdir()
    (yard.folder / "images" / "1.png").write_text("one")
    told = yard.say("log", str(yard.folder / "images"), "--experiment-name", "pictures", "--reference")
    assert told.startswith("images:v0  3 B  sha256:")
    found = yard.client.get_experiment_by_name("pictures")
    assert found is not None
    (run,) = yard.client.search_runs([found.experiment_id])
    assert run.info.status == "FINISHED"


def test_one_version_has_nothing_to_be_compared_with(yard: Yard) -> None:
    yard.log(yard.run("download"), "one")
    assert "nothing to compare it with" in yard.say("diff", NAME, code=1)
