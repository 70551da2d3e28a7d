"""The pages as files: one document for every address of a page, what it asks for, and nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from modelyard.server.pages import NOT_BUILT
from tests.support.local_server import LocalServer, StartLocal

SCRIPT = b"console.log('pages');" * 100
DOCUMENT = '<!doctype html><html><head><base href="/" /><title>modelyard</title></head><body></body></html>'
ADDRESSES = [
    "/",
    "/experiments",
    "/experiments/",
    "/experiments/1/runs?filter=metrics.a%20%3E%201",
    "/runs/0123/artifacts?path=a%2Fb",
    "/compare?runs=a,b",
    "/models/wine/3/predict",
    "/models/a%2Fb%20c",
    "/datasets/x/y",
    "/settings",
]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(DOCUMENT)
    (folder / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "assets" / "index-AbC1.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-AbC1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "index-AbC1.js.br").write_bytes(b"as brotli")
    (folder / "assets" / "ort-9.wasm.gz").write_bytes(gzip.compress(b"\0asm"))
    (folder / "assets" / "notes.html").write_text("<script>alert(1)</script>")
    (folder / "secret.js").write_text("CANARY")
    (tmp_path / "secret.js").write_text("CANARY")
    (folder / "assets" / "link.js").symlink_to(tmp_path / "secret.js")
    return folder


@pytest.fixture
def local(start_local: StartLocal, built: Path) -> LocalServer:
    return start_local(pages=built)


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_of_a_page_is_the_document(local: LocalServer, address: str) -> None:
    reply = local.request("GET", address)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b'<base href="/"><meta name="modelyard-prefix" content="">' in reply.body
    assert reply.headers["cache-control"] == "no-cache"
    assert "require-trusted-types-for 'script'" in reply.headers["content-security-policy"]
    assert reply.headers["x-frame-options"] == "DENY"
    head = local.request("HEAD", address)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(reply.body)))


@pytest.mark.parametrize(
    "address", ["/experimentsx", "/run", "/Models", "/index.html", "/assets", "/assets/", "/secret.js"]
)
def test_other_addresses_are_none(local: LocalServer, address: str) -> None:
    reply = local.request("GET", address)
    assert (reply.status, reply.headers["content-type"]) == (404, "application/json")


def test_a_page_is_only_looked_at(local: LocalServer) -> None:
    assert local.request("POST", "/experiments", b"").status == 405


def test_a_document_that_is_known_is_not_sent_again(local: LocalServer, built: Path) -> None:
    etag = local.request("GET", "/").headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        reply = local.request("GET", "/runs/1", headers={"If-None-Match": known})
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", etag)
    (built / "index.html").write_text(DOCUMENT.replace("modelyard", "anew"))
    assert local.request("GET", "/", headers={"If-None-Match": etag}).status == 200


def test_a_file_is_sent_in_the_smallest_form_and_kept_for_good(local: LocalServer) -> None:
    address = "/assets/index-AbC1.js"
    for accepted, encoding, body in [
        ("gzip, deflate, br", "br", b"as brotli"),
        ("gzip", "gzip", gzip.compress(SCRIPT)),
        ("", None, SCRIPT),
    ]:
        reply = local.request("GET", address, headers={"Accept-Encoding": accepted})
        assert (reply.status, reply.headers.get("content-encoding")) == (200, encoding)
        assert (gzip.decompress(reply.body) == SCRIPT) if encoding == "gzip" else (reply.body == body)
        assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["vary"] == "accept-encoding"
        assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_file_that_is_there_compressed_alone_is_unpacked_for_who_wants_it(local: LocalServer) -> None:
    reply = local.request("GET", "/assets/ort-9.wasm", headers={"Accept-Encoding": "identity"})
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"\0asm", "application/wasm")


@pytest.mark.parametrize(
    "name",
    [
        "../secret.js",
        "..%2fsecret.js",
        "%2e%2e/secret.js",
        "..%5csecret.js",
        "./index-AbC1.js",
        "//index-AbC1.js",
        "x/../index-AbC1.js",
        "link.js",
        "notes.html",
        "index-AbC1.js.gz",
        "index-AbC1.js%00",
        "/etc/passwd",
        "..;/secret.js",
        "%ff",
    ],
)
def test_no_other_file_can_be_had(local: LocalServer, name: str) -> None:
    answer = local.exchange(f"GET /assets/{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.split()[1] in (b"400", b"404")
    assert b"CANARY" not in answer


def test_a_prefix_stands_before_every_address(start_local: StartLocal, built: Path) -> None:
    local = start_local(pages=built, static_prefix="/lab")
    for address in ("/lab", "/lab/", "/lab/runs/1"):
        assert b'<base href="/lab/"><meta name="modelyard-prefix" content="/lab">' in local.request("GET", address).body
    assert local.request("GET", "/lab/assets/index-AbC1.js").status == 200
    assert local.request("GET", "/lab/icon.svg").headers["content-type"] == "image/svg+xml"
    assert local.request("GET", "/").status == local.request("GET", "/runs/1").status == 404


def test_a_server_whose_pages_were_not_built_says_so(start_local: StartLocal, tmp_path: Path) -> None:
    local = start_local(pages=tmp_path / "nothing")
    reply = local.request("GET", "/")
    assert (reply.status, reply.headers["content-type"]) == (501, "text/html; charset=utf-8")
    assert NOT_BUILT.replace("'", "&#x27;") in reply.body.decode()
    assert local.request("GET", "/assets/index.js").status == 404
    assert local.new_run()


def test_another_site_may_lead_to_a_page_and_not_fetch_it(local: LocalServer) -> None:
    led = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert local.request("GET", "/experiments", headers=led).status == 200
    for other in ({"Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Dest": "embed"}):
        assert local.request("GET", "/experiments", headers=led | other).status == 403
    api = "/api/2.0/mlflow/experiments/get?experiment_id=0"
    for address in ("/assets/index-AbC1.js", api, "/get-artifact?run_id=1&path=a"):
        assert local.request("GET", address, headers=led).status == 403
    assert local.request("GET", "/experiments", headers={"Host": "evil.example"}).status == 403
