"""Repositories behind https and ssh, with this user's credentials and without; data behind http(s)."""

from __future__ import annotations

import http.server
import shutil
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.core.errors import (
    InvalidParameter,
    ModelyardError,
    NotFound,
    PermissionDenied,
    ProjectFailed,
    TooLarge,
)
from modelyard.projects.download import download
from modelyard.projects.fetch import bring, fetch
from tests.support.ports import reserved_port
from tests.support.repositories import TLS, Repository, over_https

SSH = """#!/bin/sh
# stands for ssh: notes its words, and runs what it is asked to run
printf '%s\\n' "$@" > "$SSH_WORDS"
for last; do :; done
exec sh -c "$last"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This user's folders: HOME and ours."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "yard-home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    return tmp_path


@pytest.fixture
def wine(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit({"run.py": "print('1.0.0')\n"}, tag="1.0.0")
    made.commit({"run.py": "print('1.1.0')\n"}, tag="1.1.0")
    return made


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git believes the certificates of the tests."""
    monkeypatch.setenv("GIT_SSL_CAINFO", str(TLS / "authority.pem"))


def code(uri: str, version: str | None = None) -> str:
    with fetch(uri, version) as fetched:
        return (fetched.folder / "run.py").read_text()


def test_https_and_what_is_there_without_a_network(wine: Repository, authority: None) -> None:
    with over_https(wine.bare.parent) as address:
        uri = f"{address}/wine.git"
        with fetch(uri, "1.0.0") as fetched:
            assert (fetched.folder / "run.py").read_text() == "print('1.0.0')\n"
            assert (fetched.uri, fetched.repository, fetched.name) == (uri, uri, "wine")
        assert code(uri) == "print('1.1.0')\n"
    assert code(uri, "1.0.0") == "print('1.0.0')\n"
    assert code(uri, wine.git("rev-parse", "1.1.0")) == "print('1.1.0')\n"
    with pytest.raises(ProjectFailed, match="could not be fetched from"):
        code(uri, "main")
    with pytest.raises(ProjectFailed, match="could not be fetched from"):
        code(uri)
    assert code(uri, "1.0.0") == "print('1.0.0')\n"  # what failed for want of a network took nothing away


def test_a_certificate_of_nobody_known_is_refused(wine: Repository) -> None:
    with over_https(wine.bare.parent) as address, pytest.raises(ProjectFailed, match="certificate"):
        code(f"{address}/wine.git")


def test_credentials_come_from_a_helper_and_are_asked_of_nobody(wine: Repository, authority: None, home: Path) -> None:
    with over_https(wine.bare.parent, password="a-secret") as address:
        with pytest.raises(PermissionDenied, match="wants credentials") as caught:
            code(f"{address}/wine.git")
        assert "\n" not in caught.value.message
        helper = "!f() { echo username=me; echo password=a-secret; }; f"
        (home / ".gitconfig").write_text(f'[credential]\n\thelper = "{helper}"\n')
        with fetch(f"{address}/wine.git", "1.0.0") as fetched:
            kept = [path for path in (home / "yard-home").rglob("*") if path.is_file()]
            assert fetched.folder.is_dir()
            assert kept
            assert not [path for path in kept if b"a-secret" in path.read_bytes()]
        (home / ".gitconfig").write_text(
            f'[url "{address.replace("//", "//me:a-secret@")}/"]\n\tinsteadOf = {address}/\n'
        )
        with pytest.raises(NotFound) as missing:
            code(f"{address}/nothing.git")
        assert "a-secret" not in missing.value.message


def test_ssh_in_both_spellings(wine: Repository, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = home / "ssh"
    program.write_text(SSH)
    program.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(program))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    monkeypatch.setenv("SSH_WORDS", str(home / "words"))
    shutil.copytree(wine.bare, home / "wine.git")
    monkeypatch.chdir(home)
    for uri in (f"git@example.org:{home}/wine.git", f"ssh://git@example.org{home}/wine.git"):
        assert code(uri, "1.0.0") == "print('1.0.0')\n"
        words = (home / "words").read_text().splitlines()
        assert "git@example.org" in words
        assert words[-1] == f"git-upload-pack '{home}/wine.git'"
        with pytest.raises(NotFound, match="has no branch, tag or commit '2'"):
            code(uri, "2")
    with pytest.raises(NotFound, match=r"There is no Git repository at git@example\.org"):
        code("git@example.org:/nothing.git")
    program.write_text("#!/bin/sh\necho 'ssh: connect to host example.org port 22: Connection refused' >&2\nexit 255\n")
    with pytest.raises(ProjectFailed, match="Connection refused"):
        code("git@example.org:/wine.git")
    program.write_text("#!/bin/sh\necho 'git@example.org: Permission denied (publickey).' >&2\nexit 255\n")
    with pytest.raises(PermissionDenied, match="a key in ssh's agent"):
        code("git@example.org:/wine.git")


@pytest.fixture
def files(home: Path) -> Iterator[tuple[str, Path, ssl.SSLContext]]:
    """A server of files, its folder, and what believes its certificate."""
    folder = home / "served"
    folder.mkdir()
    (folder / "wine.csv").write_text("a,b\n1,2\n")
    with over_https(folder) as address:
        yield address, folder, ssl.create_default_context(cafile=str(TLS / "authority.pem"))


def test_a_file_behind_https(files: tuple[str, Path, ssl.SSLContext], tmp_path: Path) -> None:
    address, _, tls = files
    target = tmp_path / "data"
    target.mkdir()
    assert download(f"{address}/wine.csv?x=1", target, tls=tls) == target / "wine.csv"
    assert (target / "wine.csv").read_text() == "a,b\n1,2\n"
    with pytest.raises(NotFound, match="status 404"):
        download(f"{address}/none.csv", target, tls=tls)
    with pytest.raises(TooLarge, match="more than 7 bytes"):
        download(f"{address}/wine.csv", target, tls=tls, largest=7)
    with pytest.raises(ModelyardError, match="certificate is not accepted"):
        bring(f"{address}/wine.csv", target)
    with pytest.raises(InvalidParameter, match="not fetched"):
        download(f"{address.replace('//', '//me:secret@')}/wine.csv", target, tls=tls)
    with reserved_port() as port, pytest.raises(ModelyardError, match="could not be fetched"):
        download(f"http://127.0.0.1:{port}/x", target)
    assert [path.name for path in target.iterdir() if path.is_file()] == ["wine.csv"]


class _Odd(http.server.BaseHTTPRequestHandler):
    """Leads elsewhere, or breaks off."""

    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.send_header("Content-Length", "0")
        else:
            self.send_response(200)
            self.send_header("Content-Length", "10")
        self.end_headers()
        if not self.path.startswith("/to/"):
            self.wfile.write(b"12345" if self.path == "/short" else b"1234567890")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Odd) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_where_an_address_leads(odd: str, files: tuple[str, Path, ssl.SSLContext], tmp_path: Path) -> None:
    secure, _, tls = files
    assert bring(f"{odd}/to//whole").read_bytes() == b"1234567890"
    assert download(f"{odd}/to/{secure}/wine.csv", tmp_path, tls=tls).read_text() == "a,b\n1,2\n"
    for place in ("file:///etc/passwd", "ftp://host/x"):
        with pytest.raises(InvalidParameter, match="where it is not followed"):
            bring(f"{odd}/to/{place}")
    with pytest.raises(ModelyardError, match="more than 5 times"):
        bring(f"{odd}/to/{odd}" + "/to//to//to//to//to//whole")
    with pytest.raises(ModelyardError, match="broke off after 5 of 10 bytes"):
        bring(f"{odd}/short", tmp_path)


def test_https_never_leads_to_http(odd: str, home: Path) -> None:
    folder = home / "moved"
    folder.mkdir()

    class Moved(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(301)
            self.send_header("Location", f"{odd}/whole")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    with http.server.HTTPServer(("127.0.0.1", 0), Moved) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        tls = ssl.create_default_context(cafile=str(TLS / "authority.pem"))
        with pytest.raises(InvalidParameter, match="leads to http://"):
            download(f"https://localhost:{server.server_port}/x", folder, tls=tls)
        thread.join()


def test_data_of_other_kinds(home: Path) -> None:
    (home / "a b.csv").write_text("x")
    assert bring(f"file://{home}/a%20b.csv") == home / "a b.csv"
    with pytest.raises(NotFound):
        bring(f"file://{home}/none.csv")
    for uri in ("ftp://host/x", "dbfs:/x", "gs://bucket/x"):
        with pytest.raises(InvalidParameter, match="cannot be fetched for a path"):
            bring(uri)
