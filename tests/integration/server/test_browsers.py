"""Requests that a foreign web page makes a browser send: refused on every kind of endpoint, whatever they look like."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.web.browsers import Browsers, parse_host, parse_origin
from tests.support.local_server import LocalServer, StartLocal

API = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts/artifacts"

# One of each class: method, path.
CLASSES = [
    ("GET", f"{API}/experiments/get?experiment_id=0"),
    ("POST", f"{API}/experiments/create"),
    ("POST", "/ajax-api/2.0/mlflow/runs/create"),
    ("GET", f"{FILES}/0/a"),
    ("PUT", f"{FILES}/0/a"),
    ("DELETE", f"{FILES}/0/a"),
    ("PATCH", f"{API}/registered-models/update"),
    ("GET", "/get-artifact?run_id=a&path=b"),
    ("GET", "/openapi.json"),
]

GOOD_HOSTS = [
    "localhost",
    "localhost:5000",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1",
    "127.0.0.1:1",
    "[::1]",
    "[::1]:65535",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
]
BAD_HOSTS = [
    "",
    "evil.example",
    "evil.example:5000",
    "localhost.evil.example",
    "evil-localhost",
    "localhostx",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io",
    "127.0.0.2",
    "10.0.0.1",
    "192.168.1.10:5000",
    "0.0.0.0",
    "0",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "[::]",
    "[::2]",
    "[127.0.0.1]",
    "::1",
    "localhost:",
    "localhost:0",
    "localhost:65536",
    "localhost:port",
    "localhost:50 00",
    "localhost:5000:5000",
    "localhost/evil",
    "localhost@evil.example",
    "evil.example@localhost",
    "localhost,evil.example",
    "localhost evil.example",
    "http://localhost",
    "*",
    "..",
    ".",
    "localhost..",
    "löcalhost",
    "localhost%00",
    "localhost\\evil",
    "[fe80::1%25lo]",
    "169.254.169.254",
    "a" * 5000,
]
BAD_ORIGINS = [
    "null",
    "",
    "https://evil.example",
    "http://evil.example",
    "http://localhost.evil.example",
    "http://localhost:1",
    "https://localhost:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://user@localhost:{port}",
    "http://localhost:{port}/",
    "http://localhost:{port}#x",
    "http://[::1]:{port}",
    "http://LOCALHOST.:{other}",
    "file://",
    "chrome-extension://abcdef",
    "//localhost:{port}",
    "localhost:{port}",
    "http://localhost:{port}, http://evil.example",
]


def send(local: LocalServer, method: str, path: str, headers: dict[str, str]) -> int:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    data = f"{method} {path} HTTP/1.1\r\n{lines}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    return int(local.exchange(data.encode())[9:12])


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_our_own_names_are_answered(local: LocalServer, host: str) -> None:
    assert send(local, "GET", "/openapi.json", {"Host": host}) == 200


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_other_names_are_refused_on_every_kind_of_endpoint(local: LocalServer, host: str) -> None:
    for method, path in CLASSES:
        assert send(local, method, path, {"Host": host}) == 403, (method, path)
    for path in ("/health", "/version", "/ready"):
        assert send(local, "GET", path, {"Host": host}) == 200


def test_no_host_at_all_is_refused(local: LocalServer) -> None:
    for method, path in CLASSES:
        assert send(local, method, path, {}) == 403
        assert send(local, method, path, {"Host": "localhost", "host": "evil.example"}) == 403


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_foreign_origins_are_refused_on_every_kind_of_endpoint(local: LocalServer, origin: str) -> None:
    named = origin.format(port=local.port, other=local.port + 1)
    for method, path in [*CLASSES, ("GET", "/health"), ("GET", "/ready"), ("OPTIONS", f"{API}/runs/create")]:
        headers = {"Host": f"localhost:{local.port}", "Origin": named}
        assert send(local, method, path, headers) == 403, (method, path)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_our_own_pages_may_call_us(local: LocalServer, host: str) -> None:
    headers = {"Host": f"{host}:{local.port}", "Origin": f"http://{host}:{local.port}", "Sec-Fetch-Site": "same-origin"}
    assert send(local, "GET", "/openapi.json", headers) == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "x", "same-origin, cross-site"])
def test_requests_from_other_sites_are_refused_even_without_an_origin(local: LocalServer, site: str) -> None:
    for method, path in CLASSES:
        headers = {"Host": "localhost", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        assert send(local, method, path, headers) == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_site_and_the_address_bar_are_answered(local: LocalServer, site: str) -> None:
    assert send(local, "GET", "/openapi.json", {"Host": "localhost", "Sec-Fetch-Site": site}) == 200


def test_nothing_changes_by_a_refused_request(local: LocalServer) -> None:
    body = {"name": "planted"}
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert local.request("POST", f"{API}/experiments/create", body, headers).status == 403
    found = local.request("POST", f"{API}/experiments/search", {}).json["experiments"]
    assert [each["name"] for each in found] == ["Default"]


def test_names_and_origins_of_an_operator_are_taken_exactly(start_local: StartLocal) -> None:
    server = start_local(
        allowed_hosts=("ml.example.com", "yard:5000", "10.1.2.3"), trusted_origins=("https://ui.example.com",)
    )
    for host in ("ml.example.com", "ML.example.com.:443", "yard:5000", "10.1.2.3:80", "localhost"):
        assert send(server, "GET", "/openapi.json", {"Host": host}) == 200, host
    for host in ("example.com", "x.ml.example.com", "yard", "yard:5001", "10.1.2.4"):
        assert send(server, "GET", "/openapi.json", {"Host": host}) == 403, host
    headers = {"Origin": "https://ui.example.com", "Sec-Fetch-Site": "cross-site"}
    reply = server.request("POST", f"{API}/experiments/search", {}, headers)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "https://ui.example.com")
    asked = server.request("OPTIONS", f"{API}/experiments/search", headers=headers)
    assert (asked.status, asked.body) == (204, b"")
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    for origin in ("https://ui.example.com:444", "http://ui.example.com", "https://x.ui.example.com"):
        assert server.request("POST", f"{API}/experiments/search", {}, {"Origin": origin}).status == 403


@pytest.mark.parametrize("host", ["*", "*.example.com", "http://a", "a b", "[::1", "a:b", "a/b"])
def test_wildcards_and_other_forms_are_refused_at_the_start(host: str) -> None:
    with pytest.raises(InvalidParameter):
        Browsers("127.0.0.1", allowed_hosts=[host])


@pytest.mark.parametrize("origin", ["*", "ui.example.com", "https://ui.example.com/path", "null", "ftp://a"])
def test_what_is_no_origin_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(InvalidParameter):
        Browsers("127.0.0.1", trusted_origins=[origin])


def test_bound_to_every_address_the_one_that_was_reached_is_ours(start_local: StartLocal) -> None:
    server = start_local(host="0.0.0.0")
    assert send(server, "GET", "/openapi.json", {"Host": f"127.0.0.1:{server.port}"}) == 200
    for host in ("127.0.0.2", "8.8.8.8", "evil.example", "0.0.0.0"):
        assert send(server, "GET", "/openapi.json", {"Host": host}) == 403, host


def test_hosts_and_origins_are_parsed_once_and_strictly() -> None:
    assert parse_host(b"A.b.:80") == ("a.b", 80)
    assert parse_host(b"[::1]:80") == parse_host(b"[0:0::1]:80")
    assert parse_host(b"\xff") is parse_host(b"a:b") is parse_host(b"[a]") is None
    assert parse_origin(b"https://a") == ("https", "a", 443)
    assert parse_origin(b"null") is parse_origin(b"\xff") is parse_origin(b"http://a/") is None
