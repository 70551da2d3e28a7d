"""C8: what a project requires is read line by line and written anew; what comes from elsewhere than the index is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.projects.conda import read_channels, read_package
from modelyard.projects.requirements import Files, Line, Lines


def read(folder: Path, text: str, *, allow_urls: bool = False) -> Lines:
    """What a requirements file of this text asks for."""
    (folder / "requirements.txt").write_text(text)
    return Files(folder, allow_urls=allow_urls).read(folder / "requirements.txt")


def test_lines_are_written_anew(tmp_path: Path) -> None:
    text = """
        # what we need
        Pandas [excel]>=2,<3   # tables
        tomli ; python_version < "3.11"
        iniconfig== \\
            2.0.0
    """
    assert read(tmp_path, text).requirements == [
        "Pandas[excel]<3,>=2",
        'tomli; python_version < "3.11"',
        "iniconfig==2.0.0",
    ]


def test_hashes_are_kept(tmp_path: Path) -> None:
    digest = "a" * 64
    text = f"iniconfig==2.0.0 \\\n    --hash=sha256:{digest} \\\n    --hash=sha256:{'b' * 64}\n"
    assert read(tmp_path, text).requirements == [f"iniconfig==2.0.0 --hash=sha256:{digest} --hash=sha256:{'b' * 64}"]


@pytest.mark.parametrize(
    "line",
    [
        "https://example.org/evil.whl",
        "evil @ https://example.org/evil.whl",
        "git+https://example.org/evil.git",
        "evil @ git+ssh://git@example.org/evil.git",
        "-e .",
        "--editable=.",
        "-e git+https://example.org/evil.git#egg=evil",
        ".",
        "./evil",
        "../evil",
        "/opt/evil",
        "evil.whl",
        "--index-url https://example.org/simple",
        "-i https://example.org/simple",
        "--extra-index-url=https://example.org/simple",
        "--find-links /opt",
        "-f /opt",
        "--trusted-host example.org",
    ],
)
def test_what_comes_from_elsewhere_is_refused_unless_it_is_allowed(tmp_path: Path, line: str) -> None:
    with pytest.raises(InvalidParameter, match=r"requirements.txt, line 2: .* only with --allow-urls"):
        read(tmp_path, f"iniconfig\n{line}\n")
    assert len(read(tmp_path, f"{line}\n", allow_urls=True).requirements) == 1


@pytest.mark.parametrize(
    "line",
    [
        "--pre",
        "--no-binary :all:",
        "--config-settings=x",
        "iniconfig --global-option=x",
        "a b",
        "=1",
        "a==1; os.system('x')",
    ],
)
def test_what_is_no_requirement_is_refused(tmp_path: Path, line: str) -> None:
    for allow_urls in (False, True):
        with pytest.raises(InvalidParameter, match=r"requirements\.txt, line 1: "):
            read(tmp_path, f"{line}\n", allow_urls=allow_urls)


def test_passwords_are_not_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read(tmp_path, "--index-url https://me:secret@example.org/simple\n")
    assert "secret" not in refused.value.message


def test_folders_that_are_allowed_are_found_from_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    lines = read(tmp_path, "-e ./below\n./below[more]\n", allow_urls=True).requirements
    assert lines == [f"-e {tmp_path}/below", f"{tmp_path}/below[more]"]


def test_files_of_the_project_may_be_named_and_no_others(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "more").mkdir(parents=True)
    (project / "more" / "base.txt").write_text("iniconfig\n-c ../limits.txt\n")
    (project / "limits.txt").write_text("iniconfig<3\n")
    (tmp_path / "outside.txt").write_text("evil\n")
    found = read(project, "-r more/base.txt\npluggy\n")
    assert (found.requirements, found.constraints) == (["iniconfig", "pluggy"], ["iniconfig<3"])
    os.symlink(tmp_path / "outside.txt", project / "link.txt")
    for line in ("-r ../outside.txt", f"-r {tmp_path}/outside.txt", "-r link.txt", "-c ../outside.txt"):
        with pytest.raises(InvalidParameter, match="lies outside of the project"):
            read(project, f"{line}\n", allow_urls=True)
    with pytest.raises(InvalidParameter, match="names an address"):
        read(project, "-r https://example.org/requirements.txt\n")
    with pytest.raises(InvalidParameter, match="names itself"):
        read(project, "-r requirements.txt\n")
    with pytest.raises(InvalidParameter, match=r"none.txt cannot be read: No such file"):
        read(project, "-r none.txt\n")


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidParameter, match="is no text"):
        Files(tmp_path).read(tmp_path / "requirements.txt")
    (tmp_path / "requirements.txt").write_text("# \n" * 400_000)
    with pytest.raises(InvalidParameter, match="larger than 1 MB"):
        Files(tmp_path).read(tmp_path / "requirements.txt")


def test_this_package_is_told_apart(tmp_path: Path) -> None:
    found = read(tmp_path, "ModelYard[models]>=0.1\nmodelyard\nmodelyard-plugin\nmlflow\n")
    assert found.own == ["ModelYard[models]>=0.1", "modelyard"]
    assert found.requirements == ["modelyard-plugin", "mlflow"]


@pytest.mark.parametrize(
    ("conda", "pip"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy=1.26.4=py311h64a7726_0", "numpy==1.26.4.*"),
        ("numpy 1.26.4 py311h64a7726_0", "numpy==1.26.4"),
        ("numpy >=1.24, <2", "numpy<2,>=1.24"),
        ("conda-forge::Scikit-Learn>=1.5", "scikit-learn>=1.5"),
        ("pytorch=2.4", "torch==2.4.*"),
    ],
)
def test_packages_of_conda_as_pip_says_them(conda: str, pip: str) -> None:
    package = read_package(Line("conda.yml", conda))
    assert (package.is_python, package.for_pip()) == (True, pip)


@pytest.mark.parametrize(
    "name", ["cudatoolkit=11.8", "mkl", "gcc_linux-64", "r-base=4", "pytorch-cuda=12.1", "ffmpeg", "_libgcc_mutex"]
)
def test_programs_and_libraries_are_only_condas(name: str) -> None:
    assert not read_package(Line("conda.yml", name)).is_python


@pytest.mark.parametrize("text", ["-c evil", "numpy; rm", "https://example.org/numpy.conda", "$(x)", "numpy=1=2=3", ""])
def test_what_is_no_package_of_condas_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"conda.yml: .* is no package of conda's"):
        read_package(Line("conda.yml", text))


def test_channels_are_names() -> None:
    assert read_channels("conda.yml", ["conda-forge", "defaults"], allow_urls=False) == ["conda-forge", "defaults"]
    assert read_channels("conda.yml", None, allow_urls=False) == ["conda-forge"]
    with pytest.raises(InvalidParameter, match="is no name; an address is taken only with --allow-urls"):
        read_channels("conda.yml", ["https://example.org/evil"], allow_urls=False)
    assert read_channels("conda.yml", ["https://example.org/mine"], allow_urls=True) == ["https://example.org/mine"]
