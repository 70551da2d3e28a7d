"""A page of another site can make a browser send requests here; none of them does anything or is answered (C6)."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.acceptance.security.yard import PROXY, Yard
from tests.support.raw_http import Answer, exchange, message
from tests.support.server import API, StartServer, start_server

__all__ = ["start_server"]

# What a browser, or somebody behind one, may send; `{port}` is the server's. "-" sends no Host at all.
FOREIGN = {
    # a name that was made to lead here (DNS rebinding)
    "name": ("evil.example", ()),
    "name and port": ("evil.example:{port}", ()),
    "below localhost": ("evil.localhost:{port}", ()),
    "localhost below": ("localhost.evil.example", ()),
    "like localhost": ("localhostx", ()),
    "like an address": ("127.0.0.1.evil.example", ()),
    "like an address, with a port": ("127.0.0.1.nip.io:{port}", ()),
    "unbound address": ("127.0.0.2:{port}", ()),
    "any address": ("0.0.0.0:{port}", ()),
    "decimal": ("2130706433:{port}", ()),
    "hexadecimal": ("0x7f000001", ()),
    "octal": ("0177.0.0.1", ()),
    "short": ("127.1", ()),
    "private": ("192.168.0.1:{port}", ()),
    "private 10": ("10.0.0.1", ()),
    "metadata": ("169.254.169.254", ()),
    "six": ("[::]:{port}", ()),
    "six, another": ("[fe80::1]", ()),
    "user": ("localhost@evil.example", ()),
    "user in front": ("evil.example@localhost", ()),
    "port that is none": ("localhost:abc", ()),
    "port that is a host": ("localhost:80@evil.example", ()),
    "port too large": ("localhost:99999", ()),
    "port nought": ("localhost:0", ()),
    "two dots": ("localhost..", ()),
    "path": ("localhost/evil.example", ()),
    "two": ("localhost, evil.example", ()),
    "two headers": ("localhost", ("Host: evil.example",)),
    "empty": (" ", ()),
    "none": ("-", ()),
    "unicode": ("ⓛocalhost", ()),
    "punycode": ("xn--localhost-x", ()),
    "wildcard": ("*", ()),
    "forwarded": ("evil.example", ("X-Forwarded-Host: localhost", "Forwarded: host=localhost")),
    # a page of another origin
    "origin": ("localhost:{port}", ("Origin: http://evil.example",)),
    "origin https": ("localhost:{port}", ("Origin: https://localhost:{port}",)),
    "origin of another port": ("localhost:{port}", ("Origin: http://localhost:1",)),
    "origin of no port": ("localhost:{port}", ("Origin: http://localhost",)),
    "origin of another local name": ("localhost:{port}", ("Origin: http://127.0.0.1:{port}",)),
    "origin below": ("localhost:{port}", ("Origin: http://localhost:{port}.evil.example",)),
    "origin with a user": ("localhost:{port}", ("Origin: http://localhost:{port}@evil.example",)),
    "origin null": ("localhost:{port}", ("Origin: null",)),
    "origin empty": ("localhost:{port}", ("Origin:",)),
    "origin of a file": ("localhost:{port}", ("Origin: file://",)),
    "origin of an extension": ("localhost:{port}", ("Origin: chrome-extension://abcdef",)),
    "two origins": ("localhost:{port}", ("Origin: http://localhost:{port}", "Origin: http://evil.example")),
    "origin and a good site": ("localhost:{port}", ("Origin: http://evil.example", "Sec-Fetch-Site: same-origin")),
    # a page of another site, where the browser sends no origin: images, scripts, links, forms
    "cross-site": ("localhost:{port}", ("Sec-Fetch-Site: cross-site",)),
    "same-site": ("localhost:{port}", ("Sec-Fetch-Site: same-site",)),
    "image": ("localhost:{port}", ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image")),
    "link": (
        "localhost:{port}",
        ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"),
    ),
    "frame": ("localhost:{port}", ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: iframe")),
    "unknown site": ("localhost:{port}", ("Sec-Fetch-Site: elsewhere",)),
    "own origin, another site": (
        "localhost:{port}",
        ("Origin: http://localhost:{port}", "Sec-Fetch-Site: cross-site"),
    ),
}
ONLY_HOST = [
    name for name, (host, more) in FOREIGN.items() if not any("O" in line[:1] or "Sec" in line for line in more)
]
OWN = {
    "localhost": ("localhost", ()),
    "with the port": ("localhost:{port}", ()),
    "another port": ("localhost:8080", ()),  # a tunnel
    "capitals": ("LocalHost:{port}", ()),
    "last dot": ("localhost.:{port}", ()),
    "address": ("127.0.0.1:{port}", ()),
    "six": ("[::1]:{port}", ()),
    "six, written out": ("[0:0:0:0:0:0:0:1]:{port}", ()),
    "own page": ("localhost:{port}", ("Origin: http://localhost:{port}", "Sec-Fetch-Site: same-origin")),
    "typed in": ("localhost:{port}", ("Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate")),
}


class Call(NamedTuple):
    """A request that would do or tell something."""

    method: str
    target: str
    body: bytes | dict[str, Any] | None = None
    kind: str = ""


CALLS = (
    Call("GET", f"{API}/experiments/get?experiment_id=0"),
    Call("HEAD", f"{API}/experiments/get?experiment_id=0"),
    Call("GET", "/ajax-api/3.0/mlflow/experiments/search?max_results=5"),
    Call("GET", "/api/3.0/mlflow/server-info"),
    Call("GET", "/openapi.json"),
    Call("GET", f"{PROXY}/artifacts?path="),
    Call("GET", f"{PROXY}/artifacts/0/kept"),
    Call("GET", "/get-artifact?run_id={run}&path=kept"),
    Call("POST", f"{API}/experiments/create", {"name": "planted"}),
    Call("POST", "/ajax-api/2.0/mlflow/runs/delete", {"run_id": "{run}"}),
    Call("POST", f"{API}/runs/set-tag", b'{"run_id":"{run}","key":"planted","value":"x"}', "text/plain"),
    Call("POST", f"{API}/runs/set-tag", b"run_id={run}&key=planted&value=x", "application/x-www-form-urlencoded"),
    Call("POST", f"{API}/runs/set-tag", b"--x\r\n\r\nx\r\n--x--", "multipart/form-data; boundary=x"),
    Call("POST", f"{API}/registered-models/create", {"name": "planted"}),
    Call("PATCH", f"{API}/registered-models/update", {"name": "rm", "description": "planted"}),
    Call("DELETE", f"{API}/registered-models/delete", {"name": "rm"}),
    Call("PUT", f"{PROXY}/artifacts/0/planted", b"planted"),
    Call("DELETE", f"{PROXY}/artifacts/0/kept"),
    Call("POST", f"{PROXY}/mpu/create/0", {"path": "planted", "num_parts": 1}),
    Call("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=planted", b"planted"),
    Call("OPTIONS", f"{API}/runs/delete"),
    Call("PROPFIND", f"{API}/runs/delete"),
    Call("POST", "/graphql", {"query": "{ planted }"}),
    Call("GET", "/nothing"),
)
OPEN = ("/health", "/ready", "/version")


def send(yard: Yard, headers: tuple[str, tuple[str, ...]], call: Call) -> Answer:
    """Send a call with the headers of a combination."""
    port = yard.server.port
    host = headers[0].replace("{port}", str(port))
    lines = [line.replace("{port}", str(port)) for line in headers[1]]
    if call.kind:
        lines.append(f"Content-Type: {call.kind}")
    body = call.body
    if isinstance(body, dict):
        body = {
            name: str(value).replace("{run}", yard.run_id) if name == "run_id" else value
            for name, value in body.items()
        }
    elif body is not None:
        body = body.replace(b"{run}", yard.run_id.encode())
    data = message(call.method, call.target.replace("{run}", yard.run_id), *lines, body=body, host=host)
    return exchange(port, data, method=call.method)


@pytest.fixture(scope="module", autouse=True)
def kept(yard: Yard) -> None:
    """A file that is there before."""
    assert yard.ask("PUT", f"{PROXY}/artifacts/0/kept", body=b"kept").status == 200
    target = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={yard.run_id}&path=kept"
    assert yard.ask("POST", target, body=b"kept").status == 200


def state(yard: Yard) -> tuple[list[str], list[str], list[str]]:
    """All that a request could change."""
    return yard.rows(), yard.files(), sorted(path.name for path in (yard.store / "tmp").iterdir())


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_request_changes_nothing_and_is_not_answered(yard: Yard, name: str) -> None:
    before = state(yard)
    for call in CALLS:
        answer = send(yard, FOREIGN[name], call)
        unknown = call.target in ("/nothing", "/graphql")
        # 404, 405 and 400 for what is nothing here, or no request at all, tell as little as 403 does
        allowed = {404} if unknown else {405} if call.method == "PROPFIND" else {403}
        yard.check(answer, frozenset(allowed | {400, 403}))
        assert b"kept" not in answer.body
        assert "access-control-allow-origin" not in answer.headers
    assert state(yard) == before


@pytest.mark.parametrize("name", ONLY_HOST)
def test_health_is_told_under_any_name(yard: Yard, name: str) -> None:
    for target in OPEN:
        answer = send(yard, FOREIGN[name], Call("GET", target))
        assert answer.status == 200 or name in ("two headers", "unicode"), answer


@pytest.mark.parametrize("name", [name for name in FOREIGN if name not in ONLY_HOST])
def test_health_is_not_told_to_a_foreign_page(yard: Yard, name: str) -> None:
    for target in OPEN:
        assert send(yard, FOREIGN[name], Call("GET", target)).status == 403


@pytest.mark.parametrize("name", OWN)
def test_our_own_names_are_answered(yard: Yard, name: str) -> None:
    for call in (CALLS[0], CALLS[2], CALLS[6], Call("GET", "/health"), Call("OPTIONS", f"{API}/runs/get")):
        assert send(yard, OWN[name], call).status in (200, 204), (name, call)
    written = send(yard, OWN[name], Call("POST", f"{API}/experiments/create", {"name": f"made as {name}"}))
    assert written.status == 200


def test_what_an_operator_trusts_is_answered_and_nothing_like_it(start_server: StartServer) -> None:
    server = start_server(
        *("--drain-delay", "0", "--allowed-hosts", "ml.example.com,[2001:db8::1]:9000"),
        *("--trusted-origins", "https://ui.example.com"),
    )

    def status(host: str, *lines: str, method: str = "POST") -> Answer:
        data = message(method, f"{API}/experiments/search", *lines, body={"max_results": 1}, host=host)
        return exchange(server.port, data)

    for host in ("ml.example.com", "ML.example.com:443", "[2001:DB8:0::1]:9000", "localhost"):
        assert status(host).status == 200, host
    for host in ("x.ml.example.com", "ml.example.com.evil", "example.com", "[2001:db8::1]", "[2001:db8::1]:9001"):
        assert status(host).status == 403, host
    trusted = status("localhost", "Origin: https://ui.example.com", "Sec-Fetch-Site: cross-site")
    assert (trusted.status, trusted.headers["access-control-allow-origin"]) == (200, "https://ui.example.com")
    for origin in (
        "http://ui.example.com",
        "https://ui.example.com:8443",
        "https://x.ui.example.com",
        "https://evil.com",
    ):
        answer = status("localhost", f"Origin: {origin}")
        assert (answer.status, "access-control-allow-origin" in answer.headers) == (403, False)


@pytest.mark.parametrize("option", ["--allowed-hosts=*", "--allowed-hosts=*.example.com", "--trusted-origins=*"])
def test_there_are_no_wildcards(start_server: StartServer, option: str) -> None:
    with pytest.raises(AssertionError, match=r"did not start[\s\S]*'\*.*' is no (host|origin)"):
        start_server(option)
