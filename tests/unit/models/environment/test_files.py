"""The three files of a model's environment: one set of facts, whatever the caller gives."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.environment import CONDA, CONSTRAINTS, PYTHON_ENV, REQUIREMENTS, gather, merge, write

yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")


def _conda(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / CONDA).read_text())
    return found


def _pip_part(folder: Path) -> list[str]:
    return [line for entry in _conda(folder)["dependencies"] if isinstance(entry, dict) for line in entry["pip"]]


def _agree(folder: Path, lines: list[str]) -> bool:
    """Whether the three files say these lines, and one Python."""
    env = yaml.safe_load((folder / PYTHON_ENV).read_text())
    python = next(line for line in _conda(folder)["dependencies"] if str(line).startswith("python="))
    return (
        (folder / REQUIREMENTS).read_text().splitlines() == lines
        and _pip_part(folder) == lines
        and env["dependencies"] == [f"-r {REQUIREMENTS}"]
        and env["python"] == python.partition("=")[2]
    )


@pytest.mark.parametrize("lines", [[], ["numpy==2.0.0", "scikit-learn==1.6.1"]])
def test_the_three_files_agree(tmp_path: Path, lines: list[str]) -> None:
    write(tmp_path, lines)
    assert _agree(tmp_path, lines)
    assert yaml.safe_load((tmp_path / PYTHON_ENV).read_text())["python"] == platform.python_version()
    assert not (tmp_path / CONSTRAINTS).exists()


def test_what_builds_packages_is_named_once() -> None:
    found = merge(["numpy==2.0.0", "Pillow==11.0.0"], ["numpy<2", "pandas"])
    assert found == ["Pillow==11.0.0", "numpy<2", "pandas"]
    assert merge(["scikit-learn==1.6.1"], ["Scikit_Learn[x]>=1.5 ; python_version>'3'"]) == [
        "Scikit_Learn[x]>=1.5 ; python_version>'3'"
    ]


def test_options_for_pip_replace_no_package() -> None:
    assert merge(["--extra-index-url=a", "numpy"], ["--extra-index-url=b"]) == [
        "--extra-index-url=a",
        "numpy",
        "--extra-index-url=b",
    ]


def test_a_file_of_requirements_is_read_with_those_it_names(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "base.txt").write_text("numpy==2.0.0\n-c limits.txt\n")
    (tmp_path / "below" / "limits.txt").write_text("scipy<2\n-r more-limits.txt\n")
    (tmp_path / "below" / "more-limits.txt").write_text("joblib<2  # for now\n")
    (tmp_path / "all.txt").write_text(
        "# what we need\n\n-r below/base.txt\npandas \\\n  >=2  # tables\n--no-binary x\n"
    )
    lines = gather(tmp_path / "all.txt")
    assert lines == ["numpy==2.0.0", f"-c {tmp_path}/below/limits.txt", "pandas    >=2", "--no-binary x"]
    write(tmp_path, lines)
    assert _agree(tmp_path, ["numpy==2.0.0", "pandas    >=2", "--no-binary x", f"-c {CONSTRAINTS}"])
    assert (tmp_path / CONSTRAINTS).read_text() == "scipy<2\njoblib<2\n"


def test_several_files_of_constraints_become_one_beside_the_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.txt").write_text("scipy<2\nnumpy<3\n")
    Path("two.txt").write_text("numpy<3\n")
    folder = tmp_path / "model"
    folder.mkdir()
    write(folder, gather(["scikit-learn", "-c one.txt", "--constraint=two.txt", "-c https://example.org/limits.txt"]))
    assert _agree(folder, ["scikit-learn", "-c https://example.org/limits.txt", f"-c {CONSTRAINTS}"])
    assert (folder / CONSTRAINTS).read_text() == "scipy<2\nnumpy<3\n"


@pytest.mark.parametrize("given", ["nowhere.txt", ["-r nowhere.txt"]])
def test_a_file_that_is_not_there_is_named(given: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"There is no requirements file '.*nowhere\.txt'"):
        gather(given)


def test_constraints_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"There is no requirements file '.*nowhere\.txt'"):
        write(tmp_path, gather(["numpy", "-c nowhere.txt"]))


def test_files_that_name_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("-r two.txt\n")
    (tmp_path / "two.txt").write_text("-r one.txt\n")
    with pytest.raises(InvalidParameter, match="names itself"):
        gather(tmp_path / "one.txt")


# ----------------------------------------------------------------------------------------------------------------------
# A conda environment decides


CONDA_ENV: dict[str, Any] = {
    "name": "mine",
    "channels": ["conda-forge"],
    "dependencies": ["python=3.12.1", "gcc", {"pip": ["numpy==2.0.0", "pandas"]}],
}


@pytest.mark.parametrize("as_file", [False, True])
def test_a_conda_environment_decides_instead_of_what_was_found(tmp_path: Path, as_file: bool) -> None:
    given: Any = CONDA_ENV
    if as_file:
        given = tmp_path / "given.yaml"
        given.write_text(yaml.safe_dump(CONDA_ENV))
    write(tmp_path, ["scikit-learn==1.6.1"], given)
    assert _conda(tmp_path) == CONDA_ENV
    assert _agree(tmp_path, ["numpy==2.0.0", "pandas"])
    assert yaml.safe_load((tmp_path / PYTHON_ENV).read_text())["python"] == "3.12.1"


def test_files_that_a_conda_environment_names_travel_with_it(tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("numpy<3\n")
    (tmp_path / "given.yaml").write_text(
        yaml.safe_dump({"name": "mine", "dependencies": ["python=3.12.1", {"pip": ["numpy", "-c limits.txt"]}]})
    )
    write(tmp_path, [], tmp_path / "given.yaml")
    assert _agree(tmp_path, ["numpy", f"-c {CONSTRAINTS}"])
    assert (tmp_path / CONSTRAINTS).read_text() == "numpy<3\n"


def test_a_conda_environment_without_pip_stays_as_it_is(tmp_path: Path) -> None:
    given = {"name": "mine", "dependencies": ["python>=3.11", "numpy"]}
    write(tmp_path, ["scikit-learn"], given)
    assert _conda(tmp_path) == given
    assert (tmp_path / REQUIREMENTS).read_text() == ""


@pytest.mark.parametrize("given", [{}, {"dependencies": "numpy"}])
def test_what_is_no_conda_environment_is_refused(tmp_path: Path, given: Any) -> None:
    with pytest.raises(InvalidParameter, match="a map with a list of 'dependencies'"):
        write(tmp_path, [], given)
