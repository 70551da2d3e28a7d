"""No key leads out of the artifacts, however it is written (C1 of the rules)."""

from __future__ import annotations

import json
import os
import socket
from urllib.parse import unquote

import pytest

from tests.acceptance.security.yard import PROXY, REFUSED, Yard
from tests.support.raw_http import Answer
from tests.support.server import API

AJAX = "/ajax-api/2.0/mlflow"
PARTS = "/api/1.0/modelyard/artifacts/parts"

# As they stand in the request's target.
HOSTILE = {
    "parent": "../CANARY",
    "two parents": "../../CANARY",
    "only the parent": "..",
    "the parent as a folder": "../",
    "encoded dots": "%2e%2e/CANARY",
    "encoded slash": "..%2fCANARY",
    "all encoded": "%2e%2e%2fCANARY",
    "in capitals": "%2E%2E%2FCANARY",
    "half encoded": ".%2e/CANARY",
    "encoded twice": "%252e%252e%252fCANARY",
    "encoded three times": "%25252e%25252e%25252fCANARY",
    "twice encoded slash": "..%252fCANARY",
    "backslash": "..\\CANARY",
    "encoded backslash": "..%5cCANARY",
    "twice encoded backslash": "..%255cCANARY",
    "both slashes": "..\\/CANARY",
    "down and up": "a/../../CANARY",
    "down and up, encoded": "a/..%2f..%2fCANARY",
    "ends above": "a/..",
    "here": "./CANARY",
    "here in the middle": "a/./b",
    "encoded here": "a/%2e/b",
    "empty segment": "a//b",
    "ends in a slash": "a/",
    "absolute": "/etc/passwd",
    "absolute, encoded": "%2fetc%2fpasswd",
    "two slashes": "//etc/passwd",
    "of this process": "%2fproc/self/environ",
    "file scheme": "file:///etc/passwd",
    "file scheme, encoded": "file:%2f%2f%2fetc%2fpasswd",
    "drive": "C:/Windows/win.ini",
    "drive, encoded": "C%3a%5cWindows",
    "drive without a slash": "c:x",
    "network share": "%5c%5chost%5cshare",
    "home": "~/x",
    "home, encoded": "%7eroot/x",
    "overlong dots": "%c0%ae%c0%ae/CANARY",
    "overlong slash": "..%c0%afCANARY",
    "overlong in three": "%e0%80%ae%e0%80%ae/CANARY",
    "half of a pair": "%ed%a0%80/CANARY",
    "no text": "%ff%fe",
    "cut character": "a%e2%82",
    "NUL": "%00",
    "NUL before the end": "CANARY%00.txt",
    "NUL in dots": ".%00./CANARY",
    "encoded NUL": "a%2500",
    "newline": "a%0ab",
    "header": "a%0d%0aX-Injected:%20y",
    "escape": "a%1b[31m",
    "delete": "a%7f",
    "C1 control": "a%c2%85b",
    "fragment": "a%23b",
    "bare fragment": "a#/../CANARY",
    "dot at the end": "a.",
    "folder with a dot at the end": "a./b",
    "many dots": "....//CANARY",
    "three dots": ".../CANARY",
    "space at the end": "a%20",
    "folder with a space at the end": "a%20/b",
    "decomposed": "cafe%cc%81",
    "long segment": "a" * 256,
    "long key": "/".join(["abcdefgh"] * 130),
    "deep": "/".join("a" * 600),
    "longer than a target may be": "a/" * 9_000 + "a",
}
# Odd names that are names all the same: they stay below the root.
ODD = {
    "wide dots": "%ef%bc%8e%ef%bc%8e/CANARY",
    "wide slash": "..%ef%bc%8fCANARY",
    "dot leaders": "%e2%80%a4%e2%80%a4/CANARY",
    "another encoding": "%u002e%u002e/CANARY",
    "bidi": "a%e2%80%aeb",
    "semicolon": "..%3b/CANARY",
    "quotes": "a%22;%27b%3cscript%3e",
    "the canary's name": "CANARY",
    "device": "NUL/CON",
    "long but allowed": "/".join(["b" * 250] * 4),
}
# Refused in a path because proxies read them in different ways; in a query string they are characters like others.
ONLY_IN_PATHS = {
    "parameter": "..;/CANARY",
    "parameter at the end": "CANARY;x=y",
    "parameter in the middle": "a;/../CANARY",
}


def in_paths(yard: Yard, key: str) -> list[Answer]:
    """Ask for ``key`` wherever a path holds one."""
    part = {"path": "x.bin", "num_parts": 1}
    known = {"path": "x.bin", "upload_id": "0" * 32, "parts": [{"part_number": 1, "etag": "x", "url": "x"}]}
    return [
        yard.ask("GET", f"{PROXY}/artifacts/{key}"),
        yard.ask("HEAD", f"{PROXY}/artifacts/{key}"),
        yard.ask("GET", f"/ajax-api/2.0/mlflow-artifacts/artifacts/{key}", "Range: bytes=0-"),
        yard.ask("PUT", f"{PROXY}/artifacts/{key}", body=b"overwritten"),
        yard.ask("DELETE", f"{PROXY}/artifacts/{key}"),
        yard.ask("GET", f"{PROXY}/presigned/{key}"),
        yard.ask("POST", f"{PROXY}/mpu/create/{key}", body=part),
        yard.ask("POST", f"{PROXY}/mpu/complete/{key}", body=known),
        yard.ask("POST", f"{PROXY}/mpu/abort/{key}", body=known),
        yard.ask("PUT", f"{PARTS}/{'0' * 32}/1/{key}", body=b"overwritten"),
    ]


def in_queries(yard: Yard, key: str) -> list[Answer]:
    """Ask for ``key`` wherever a query string holds one."""
    return [
        yard.ask("GET", f"{PROXY}/artifacts?path={key}"),
        yard.ask("GET", f"{API}/artifacts/list?run_id={yard.run_id}&path={key}"),
        yard.ask("GET", f"/get-artifact?run_id={yard.run_id}&path={key}"),
        yard.ask("GET", f"/model-versions/get-artifact?name=rm&version=1&path={key}"),
        yard.ask("POST", f"{AJAX}/upload-artifact?run_uuid={yard.run_id}&path={key}", body=b"overwritten"),
        yard.ask("GET", f"{API}/logged-models/{yard.model_id}/artifacts/directories?artifact_directory_path={key}"),
        yard.ask("GET", f"{AJAX}/logged-models/{yard.model_id}/artifacts/files?artifact_file_path={key}"),
    ]


def in_bodies(yard: Yard, key: str) -> list[Answer]:
    """Ask for ``key`` wherever a body holds one: it is not percent-encoded there."""
    plain = unquote(key, errors="surrogateescape")
    body = json.dumps({"run_id": yard.run_id, "path": plain}).encode()
    typed = "Content-Type: application/json"
    return [
        yard.ask("POST", f"{API}/artifacts/presigned-upload-url", typed, body=body),
        yard.ask("POST", f"{API}/artifacts/presigned-download-url", typed, body=body),
    ]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", [*HOSTILE, *ONLY_IN_PATHS])
def test_a_hostile_key_is_refused_by_every_endpoint(yard: Yard, name: str) -> None:
    key = HOSTILE.get(name) or ONLY_IN_PATHS[name]
    before = yard.files()
    answers = in_paths(yard, key) + (in_queries(yard, key) + in_bodies(yard, key) if name in HOSTILE else [])
    for answer in answers:
        yard.check(answer)
        assert "x-injected" not in answer.headers
    assert yard.files() == before


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_stays_below_the_root(yard: Yard, name: str) -> None:
    for answer in in_paths(yard, ODD[name]) + in_queries(yard, ODD[name]):
        yard.check(answer, REFUSED | {200, 501})


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("path", ["../CANARY", "..", "a/..", "a\\..\\CANARY", "\x00", ".", "a\nb", "x."])
def test_the_name_in_the_body_of_a_multipart_upload_is_a_name_and_no_path(yard: Yard, path: str) -> None:
    before = yard.files()
    for verb, more in (
        ("create", {"num_parts": 1}),
        ("complete", {"upload_id": "0" * 32}),
        ("abort", {"upload_id": "x"}),
    ):
        answer = yard.ask("POST", f"{PROXY}/mpu/{verb}/0", body={"path": path, **more})
        yard.check(answer, REFUSED | {200})
    assert yard.files() == before


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("id_", ["..", "../..", "%2e%2e", "0" * 31 + "/", "../../yard", "*", "%00", "'", "parts-x"])
def test_an_id_of_an_upload_is_no_path(yard: Yard, id_: str) -> None:
    yard.check(yard.ask("PUT", f"{PARTS}/{id_}/1/0/x", body=b"x"))
    for verb in ("complete", "abort"):
        answer = yard.ask("POST", f"{PROXY}/mpu/{verb}/0", body={"path": "x", "upload_id": unquote(id_)})
        yard.check(answer, REFUSED | {200})  # to abort what is not there is fine
    assert (yard.store / "tmp").is_dir()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("id_", ["../..", "%2e%2e%2f", "..%2f..", "/", "0%00", "m-" + "0" * 32, "'", "*"])
def test_an_id_of_a_run_or_model_is_no_path(yard: Yard, id_: str) -> None:
    for target in (
        f"/get-artifact?run_id={id_}&path=CANARY",
        f"{API}/artifacts/list?run_id={id_}&path=CANARY",
        f"{API}/logged-models/{id_}/artifacts/directories",
        f"{AJAX}/logged-models/{id_}/artifacts/files?artifact_file_path=CANARY",
        f"/model-versions/get-artifact?name={id_}&version={id_}&path=CANARY",
    ):
        yard.check(yard.ask("GET", target))
    yard.check(yard.ask("POST", f"{AJAX}/upload-artifact?run_uuid={id_}&path=CANARY", body=b"x"))


# links and odd files that somebody with access to the disk planted


@pytest.fixture
def planted(yard: Yard) -> str:
    """A folder of artifacts with a link, a second name, a pipe and a socket in it; its key."""
    folder = yard.root / "0" / yard.run_id / "artifacts" / "planted"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("link", "links", "hard", "pipe", "socket"):
        (folder / name).unlink(missing_ok=True)
    (folder / "link").symlink_to(yard.canary)
    (folder / "links").symlink_to(yard.store)
    os.link(yard.folder / "CANARY", folder / "hard")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        here = os.getcwd()
        os.chdir(folder)  # a socket's path has to be short
        try:
            bound.bind("socket")
        finally:
            os.chdir(here)
    return f"0/{yard.run_id}/artifacts/planted"


@pytest.mark.parametrize("name", ["link", "links/CANARY", "links/../CANARY", "links", "hard", "pipe", "socket"])
def test_planted_links_and_pipes_are_not_read(yard: Yard, planted: str, name: str) -> None:
    for answer in (
        yard.ask("GET", f"{PROXY}/artifacts/{planted}/{name}"),
        yard.ask("GET", f"{PROXY}/artifacts/{planted}/{name}", "Range: bytes=0-5"),
        yard.ask("GET", f"/get-artifact?run_id={yard.run_id}&path=planted/{name}"),
    ):
        yard.check(answer, frozenset({400, 404}))


def test_a_listing_does_not_follow_links(yard: Yard, planted: str) -> None:
    for target in (f"{PROXY}/artifacts?path={planted}", f"{API}/artifacts/list?run_id={yard.run_id}&path=planted"):
        answer = yard.ask("GET", target)
        assert {entry["path"].rpartition("/")[2] for entry in answer.json["files"]} == {
            "hard"
        }  # its size and name only
    answer = yard.ask("GET", f"{PROXY}/artifacts?path={planted}/links")
    assert (answer.status, answer.json) == (200, {})


@pytest.mark.usefixtures("untouched")
def test_writing_and_deleting_does_not_go_through_links(yard: Yard, planted: str) -> None:
    store = sorted(os.listdir(yard.store))
    for name in ("links/new", "links/CANARY", "links/tmp/new", "link/new", "pipe/new", "links/tmp", "links/yard.db"):
        yard.check(yard.ask("PUT", f"{PROXY}/artifacts/{planted}/{name}", body=b"overwritten"), frozenset({400, 404}))
        yard.check(yard.ask("DELETE", f"{PROXY}/artifacts/{planted}/{name}"), frozenset({200, 400, 404}))
    for name in ("link", "hard", "pipe", "socket", "links"):
        yard.check(yard.ask("PUT", f"{PROXY}/artifacts/{planted}/{name}", body=b"new"), frozenset({200, 400}))
        yard.check(yard.ask("DELETE", f"{PROXY}/artifacts/{planted}/{name}"), frozenset({200, 400}))
    assert sorted(os.listdir(yard.store)) == store
    assert yard.canary.read_text() == yard.secret == (yard.folder / "CANARY").read_text()


def test_a_folder_with_links_in_it_is_deleted_without_what_they_lead_to(yard: Yard, planted: str) -> None:
    assert yard.ask("DELETE", f"{PROXY}/artifacts/{planted}").status == 200
    assert not (yard.root / planted).exists()
    assert yard.canary.read_text() == yard.secret == (yard.folder / "CANARY").read_text()
    assert (yard.store / "yard.db").is_file()


def test_the_log_holds_no_mistake_of_a_client(yard: Yard) -> None:
    assert "Traceback" not in yard.log
    assert "level=error" not in yard.log
