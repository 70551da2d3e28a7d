"""What a project's URI and version may be: what is refused never reaches git."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.projects.source import shown, source_of


@pytest.mark.parametrize(
    "uri",
    [
        "--upload-pack=touch pwned",
        "-oProxyCommand=touch pwned",
        "ext::sh -c touch% pwned",
        "fd::17",
        "http://host/me/wine.git",
        "git://host/me/wine.git",
        "ftp://host/me/wine.git",
        "ssh://-oProxyCommand=touch@host/wine.git",
        "ssh://me@-oProxyCommand=touch/wine.git",
        "ssh://me:secret@host/wine.git",
        "https://me:secret@host/wine.git",
        "https://token@host/wine.git",
        "https:///wine.git",
        "https://host",
        "https://host:port/wine.git",
        "https://host/wine.git?token=secret",
        "git@-host:wine.git",
        "https://host/wine.git\n",
        "https://host/wi\x1bne.git",
        "https://host/wine.git#../up",
        "https://host/wine.git#a/.git/hooks",
        "",
    ],
)
def test_an_address_that_could_do_more_than_fetch_is_refused(uri: str) -> None:
    with pytest.raises((InvalidParameter, NotFound)) as caught:
        source_of(uri)
    assert "\n" not in caught.value.message
    assert "secret" not in caught.value.message or "token=" in uri


@pytest.mark.parametrize(
    "version", ["-x", "--upload-pack=touch", "", "a b", "a\nb", "a..b", "v1^{}", "v*", "a@{1}", "a:b", "~1", "x" * 300]
)
def test_a_version_that_is_no_name_is_refused(version: str) -> None:
    with pytest.raises(InvalidParameter, match="version"):
        source_of("https://host/wine.git", version)


@pytest.mark.parametrize(
    ("uri", "address", "name", "inside", "protocol"),
    [
        ("https://host/me/wine.git", "https://host/me/wine.git", "wine", "", "https"),
        ("https://host:8443/me/wine", "https://host:8443/me/wine", "wine", "", "https"),
        ("https://host/me/wine.git#src/train", "https://host/me/wine.git", "train", "src/train", "https"),
        ("ssh://git@host:2222/me/wine.git", "ssh://git@host:2222/me/wine.git", "wine", "", "ssh"),
        (
            "git@github.com:mlflow/mlflow-example.git",
            "git@github.com:mlflow/mlflow-example.git",
            "mlflow-example",
            "",
            "ssh",
        ),
        ("git@host:wine.git#a/b.c", "git@host:wine.git", "b.c", "a/b.c", "ssh"),
    ],
)
def test_the_forms_of_an_address(uri: str, address: str, name: str, inside: str, protocol: str) -> None:
    source = source_of(uri, "1.0.0")
    assert (source.address, source.name, source.subfolder, source.protocol) == (address, name, inside, protocol)
    assert source.uri == uri
    assert source.folder is None


def test_a_folder_is_used_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("git@host:wine", "a#b", "part"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    for uri, name in (
        ("./git@host:wine", "git@host:wine"),
        ("a#b", "a#b"),
        (".", ""),
        (f"file://{tmp_path}/part", "part"),
    ):
        assert source_of(uri).folder == tmp_path / name
    assert source_of(".#part").folder == tmp_path / "part"


def test_what_is_no_folder_is_told_with_what_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    with pytest.raises(InvalidParameter, match=r"is a file.* -e train.py"):
        source_of(str(tmp_path / "train.py"))
    with pytest.raises(NotFound, match=r"write https://github\.com/me/wine"):
        source_of("github.com/me/wine")
    with pytest.raises(InvalidParameter, match="in no Git repository"):
        source_of(str(tmp_path), "1.0.0")


def test_passwords_are_taken_out_of_messages() -> None:
    assert shown("at 'https://me:s%2Fe@host/x' and ssh://a@b/c") == "at 'https://host/x' and ssh://b/c"
    assert shown("https://token@host/x") == "https://host/x"
