"""HTTP over real sockets, to a server that says what it is told to: retries, kept connections, keys, errors by name."""

from __future__ import annotations

import gc
import gzip
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelyard.client.artifacts.proxy import ProxyPlace
from modelyard.client.credentials import Credentials, read_credentials
from modelyard.client.route import route_to
from modelyard.client.sockets import Pool
from modelyard.client.transport import HttpTransport, Patience
from modelyard.client.uris import parse_address
from modelyard.core import errors
from modelyard.core.settings import Settings
from modelyard.core.wire.messages.experiments import CreateExperiment, GetExperiment
from modelyard.core.wire.messages.message import Empty
from modelyard.core.wire.messages.runs import CreateRun, LogMetric, RunReply
from modelyard.services.artifacts.remote import RemoteArtifactStore
from modelyard.services.tracking.remote import RemoteTrackingStore
from tests.support.ports import port_of, reserve
from tests.support.waiting import wait_for

CREATED = b'{"experiment_id": "3"}'


class Answer(NamedTuple):
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = {}
    cut: bool = False


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


class Script:
    """The answers a server gives, one after the other and then the last one again, and what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [Answer()]
        self.asked: list[Asked] = []
        self.keep_open = True
        self.port = 0

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def script() -> Iterator[Script]:
    plan = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            plan.asked.append(Asked(self.command, self.path, headers, body, self.client_address[1]))
            answer = plan.next()
            if answer.cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = not plan.keep_open

        do_CONNECT = do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    plan.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield plan
    server.shutdown()
    server.server_close()


Connect = Callable[..., HttpTransport]


@pytest.fixture
def connect(script: Script) -> Iterator[Connect]:
    pools: list[Pool] = []

    def make(*, prefix: str = "", authorization: str = "", patience: Patience | None = None) -> HttpTransport:
        pools.append(Pool(f"http://127.0.0.1:{script.port}{prefix}", Settings()))
        return HttpTransport(pools[-1], authorization, patience or Patience(retries=3, timeout=30))

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("hasty", [False, True])
def test_an_answer_that_breaks_off_leaves_no_descriptor_open(
    script: Script, connect: Connect, status: int, hasty: bool
) -> None:
    script.keep_open = False
    script.answers = [Answer(status, CREATED, {"Content-Length": "100", "Connection": "close"})]
    transport = connect(patience=Patience(retries=0, timeout=30, hasty=hasty))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(errors.Unreachable if status == 200 else errors.EndpointNotFound):
        RemoteTrackingStore(transport).create_experiment(CreateExperiment(name="x"))
    wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before, 10)


def test_who_is_hasty_reads_an_answer_that_is_the_connection_s_last(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=CREATED, headers={"Connection": "close"})]
    transport = connect(patience=Patience(retries=0, timeout=30, hasty=True))
    assert RemoteTrackingStore(transport).create_experiment(CreateExperiment(name="x")).experiment_id == "3"


def pool_to(listener: socket.socket) -> Pool:
    return Pool(f"http://127.0.0.1:{port_of(listener)}", Settings())


def calls_to(listener: socket.socket) -> int:
    """How many connections wait to be taken."""
    listener.setblocking(False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            count += 1
    return count


def make_experiment(transport: HttpTransport) -> str:
    return RemoteTrackingStore(transport).create_experiment(CreateExperiment(name="wine")).experiment_id


def test_requests_share_one_connection(script: Script, connect: Connect) -> None:
    store = RemoteTrackingStore(connect())
    for step in range(5):
        store.log_metric(LogMetric(run_id="a", key="loss", value=0.5, timestamp=1, step=step))
    assert len({asked.connection for asked in script.asked}) == 1


def test_a_connection_the_server_has_closed_is_no_failure(script: Script, connect: Connect) -> None:
    script.keep_open = False
    store = RemoteTrackingStore(connect(patience=Patience(retries=0, timeout=30)))
    for _ in range(3):
        store.log_metric(LogMetric(run_id="a", key="loss", value=0.5, timestamp=1))
        time.sleep(0.05)
    assert len(script.asked) == 3


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_an_answer_that_means_later_is_tried_again(script: Script, connect: Connect, status: int) -> None:
    script.answers = [Answer(status), Answer(status), Answer(body=CREATED)]
    assert make_experiment(connect()) == "3"
    assert len(script.asked) == 3


def test_a_create_that_is_sent_again_carries_the_same_key(script: Script, connect: Connect) -> None:
    script.answers = [Answer(cut=True), Answer(503), Answer(body=CREATED)]
    transport = connect()
    make_experiment(transport)
    make_experiment(transport)
    keys = [asked.headers["idempotency-key"] for asked in script.asked]
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_the_key_of_a_run_is_its_id(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=b'{"run": {"info": {"run_id": "x", "experiment_id": "0"}}}')]
    reply = RemoteTrackingStore(connect()).create_run(CreateRun(experiment_id="0", run_id="b" * 32))
    assert isinstance(reply, RunReply)
    assert script.asked[0].headers["idempotency-key"] == "b" * 32
    assert json.loads(script.asked[0].body)["run_id"] == "b" * 32


def test_what_the_server_asks_to_wait_is_waited(script: Script, connect: Connect) -> None:
    script.answers = [Answer(503, headers={"Retry-After": "1"}), Answer(body=CREATED)]
    started = time.monotonic()
    make_experiment(connect())
    assert 0.9 < time.monotonic() - started < 30


def test_the_last_answer_is_raised_when_patience_ends(script: Script, connect: Connect) -> None:
    script.answers = [Answer(503, b'{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "busy"}')]
    with pytest.raises(errors.Unavailable, match="busy"):
        make_experiment(connect(patience=Patience(retries=2, timeout=30)))
    assert len(script.asked) == 3


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "INVALID_PARAMETER_VALUE", errors.InvalidParameter),
        (400, "RESOURCE_ALREADY_EXISTS", errors.AlreadyExists),
        (404, "RESOURCE_DOES_NOT_EXIST", errors.NotFound),
        (409, "RESOURCE_CONFLICT", errors.Conflict),
        (500, "INVALID_STATE", errors.InvalidState),
        (501, "NOT_IMPLEMENTED", errors.NotSupported),
        (403, "SOMETHING_NEW", errors.PermissionDenied),
    ],
)
def test_an_error_is_raised_by_its_name_and_not_tried_again(
    script: Script, connect: Connect, status: int, code: str, kind: type[errors.ModelyardError]
) -> None:
    script.answers = [Answer(status, json.dumps({"error_code": code, "message": "so it is"}).encode())]
    with pytest.raises(kind, match="so it is") as caught:
        make_experiment(connect())
    assert type(caught.value) is kind
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(401, errors.Unauthenticated), (404, errors.EndpointNotFound), (500, errors.ModelyardError)]
)
def test_an_answer_that_is_not_mlflows_is_told_with_its_beginning(
    script: Script, connect: Connect, status: int, kind: type[errors.ModelyardError]
) -> None:
    script.answers = [Answer(status, b"<html>some proxy</html>")]
    with pytest.raises(kind, match=f"127.0.0.1:{script.port} answered with status {status}: <html>some proxy"):
        make_experiment(connect())


def test_a_server_that_moved_is_named(script: Script, connect: Connect) -> None:
    script.answers = [Answer(308, headers={"Location": "https://new.example/"})]
    with pytest.raises(errors.BadRequest, match=r"has moved to https://new\.example/"):
        make_experiment(connect())


def test_nobody_there_is_unreachable_and_says_what_to_check() -> None:
    with (
        reserve() as taken,
        closing(pool_to(taken)) as pool,
        pytest.raises(errors.Unreachable, match=f"No answer from http://127.0.0.1:{port_of(taken)}"),
    ):
        make_experiment(HttpTransport(pool, patience=Patience(retries=1, timeout=1)))


def test_a_server_that_never_answers_is_given_up(script: Script) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(errors.Unreachable), closing(pool_to(silent)) as pool:
            make_experiment(HttpTransport(pool, patience=Patience(retries=0, timeout=0.3)))
        assert time.monotonic() - started < 30


def test_who_is_hasty_neither_waits_nor_tries_again_after_a_timeout(script: Script, connect: Connect) -> None:
    script.answers = [Answer(503, headers={"Retry-After": "30"}), Answer(body=CREATED)]
    started = time.monotonic()
    assert make_experiment(connect(patience=Patience(retries=1, timeout=20, hasty=True))) == "3"
    assert time.monotonic() - started < 20
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(errors.Unreachable), closing(pool_to(silent)) as pool:
            make_experiment(HttpTransport(pool, patience=Patience(retries=5, timeout=0.3, hasty=True)))
        assert calls_to(silent) == 1


def test_a_proxy_of_the_environment_is_asked_for_the_whole_address(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:secret@127.0.0.1:{script.port}")
    monkeypatch.setenv("no_proxy", "inside.example")
    script.answers = [Answer(body=CREATED)]
    with closing(Pool("http://tracking.example:5000/base", Settings())) as pool:
        make_experiment(HttpTransport(pool))
    assert script.asked[0].path == "http://tracking.example:5000/base/api/2.0/mlflow/experiments/create"
    assert script.asked[0].headers["proxy-authorization"] == "Basic bWU6c2VjcmV0"
    assert route_to("http://inside.example").through == ""
    assert route_to("http://127.0.0.1:5000").through == ""


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("hasty", [False, True])
def test_a_tunnel_is_asked_of_a_proxy_for_https(script: Script, monkeypatch: pytest.MonkeyPatch, hasty: bool) -> None:
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{script.port}")
    script.keep_open = False
    script.answers = [Answer(502, b"no")]
    before = len(os.listdir("/proc/self/fd"))
    with closing(Pool("https://tracking.example", Settings())) as pool, pytest.raises(errors.Unreachable) as refused:
        make_experiment(HttpTransport(pool, patience=Patience(retries=0, timeout=2, hasty=hasty)))
    wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before, 10)
    del refused  # its traceback holds what the standard library left open
    assert [(asked.method, asked.path) for asked in script.asked] == [("CONNECT", "tracking.example:443")]


def test_a_deadline_ends_all_patience(script: Script) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with closing(pool_to(silent)) as pool:
            pool.hurry(time.monotonic() + 0.3)
            with pytest.raises(errors.Unreachable):
                make_experiment(HttpTransport(pool, patience=Patience(retries=7, timeout=60)))
            with pytest.raises(errors.Unreachable, match="No time is left"):
                make_experiment(HttpTransport(pool, patience=Patience(retries=7, timeout=60)))
        assert time.monotonic() - started < 30


def test_a_compressed_answer_is_read(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=gzip.compress(CREATED), headers={"Content-Encoding": "gzip"})]
    assert make_experiment(connect()) == "3"


def test_the_path_of_an_address_goes_before_every_endpoint(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=CREATED)]
    make_experiment(connect(prefix="/prefix"))
    assert script.asked[0].path == "/prefix/api/2.0/mlflow/experiments/create"


def test_arguments_of_reads_go_into_the_query(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=b'{"experiment": {"experiment_id": "0", "name": "Default", "unknown": 1}}')]
    RemoteTrackingStore(connect()).get_experiment(GetExperiment(experiment_id="a b&c"))
    assert script.asked[0].path == "/api/2.0/mlflow/experiments/get?experiment_id=a+b%26c"


def test_an_answer_that_is_cut_off_leaves_no_file(script: Script, connect: Connect, tmp_path: Path) -> None:
    script.answers = [Answer(body=b"half", headers={"Content-Length": "8"})]
    script.keep_open = False
    with pytest.raises(errors.Unreachable):
        ProxyPlace(connect()).download("a/b.bin", tmp_path / "b.bin")
    assert list(tmp_path.glob("*b.bin")) == []
    assert list(tmp_path.glob(".*")) == []


def test_an_upload_that_is_refused_early_says_why(script: Script, connect: Connect, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with open(large, "wb") as file:
        file.truncate(3_000_000)
    script.answers = [Answer(403, b'{"error_code": "PERMISSION_DENIED", "message": "not yours"}')]
    with pytest.raises(errors.PermissionDenied, match="not yours"):
        ProxyPlace(connect()).upload(large, "a/large.bin")


def test_an_upload_is_sent_whole_again_after_a_broken_connection(
    script: Script, connect: Connect, tmp_path: Path
) -> None:
    local = tmp_path / "x.json"
    local.write_bytes(b'{"a": 1}' * 1000)
    script.answers = [Answer(cut=True), Answer()]
    ProxyPlace(connect()).upload(local, "1/x.json")
    assert [asked.body for asked in script.asked] == [local.read_bytes()] * 2
    assert script.asked[1].headers["content-type"] == "application/json"
    assert script.asked[1].path == "/api/2.0/mlflow-artifacts/artifacts/1/x.json"


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/passwd", "..", "sub/file"])
def test_a_name_a_server_lists_never_leads_out_of_the_folder(script: Script, connect: Connect, name: str) -> None:
    script.answers = [Answer(body=json.dumps({"files": [{"path": name, "is_dir": False, "file_size": 1}]}).encode())]
    with pytest.raises(errors.InvalidParameter, match="not allowed"):
        ProxyPlace(connect()).list("folder")


def test_basic_wins_over_a_token_and_the_address_over_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = Settings(tracking_username="u", tracking_password="p", tracking_token="t")
    assert read_credentials(settings).header() == "Basic dTpw"
    assert read_credentials(settings, parse_address("http://a:b@host")).header() == "Basic YTpi"
    assert Credentials(token="t").header() == "Bearer t"
    assert Credentials(username="only").header() == ""


def test_credentials_are_read_from_mlflows_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".mlflow").mkdir()
    (tmp_path / ".mlflow" / "credentials").write_text(
        "[mlflow]\nmlflow_tracking_username = me\nmlflow_tracking_password = 100%\n"
    )
    assert read_credentials(Settings()) == Credentials("me", "100%")
    assert read_credentials(Settings(tracking_username="other")).username == "other"


def test_credentials_are_sent(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=CREATED)]
    make_experiment(connect(authorization="Bearer t"))
    assert script.asked[0].headers["authorization"] == "Bearer t"


def test_a_certificate_file_that_is_not_there_is_named() -> None:
    with pytest.raises(errors.InvalidParameter, match=r"no certificate file '/nowhere\.pem'"):
        Pool("https://127.0.0.1", Settings(tracking_server_cert_path="/nowhere.pem"))


def test_an_empty_answer_is_an_empty_reply(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=b"")]
    request = LogMetric(run_id="a", key="loss", value=float("nan"), timestamp=1)
    assert RemoteTrackingStore(connect()).log_metric(request) == Empty()
    assert json.loads(script.asked[0].body)["value"] == "NaN"


def test_a_part_is_taken_out_of_the_whole_file_that_an_old_server_sends(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=b"0123456789"), Answer(body=b"0123456789")]
    with RemoteArtifactStore(connect()).open("a.bin") as download:
        assert b"".join(download.chunks(3, 7)) == b"3456"
    assert [asked.headers.get("range") for asked in script.asked] == [None, "bytes=3-6"]


def test_a_file_that_arrives_changed_is_refused(script: Script, connect: Connect) -> None:
    script.answers = [Answer(body=b"{}", headers={"ETag": f'"{"0" * 64}"'})]
    upload = RemoteArtifactStore(connect()).upload("a.bin")
    upload.write(b"hello")
    with pytest.raises(errors.Unreachable, match="did not arrive"):
        upload.finish()


@pytest.mark.parametrize("part", ["head", "body"])
def test_who_is_hasty_gives_up_on_an_answer_that_drips(part: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection = listener.accept()[0]
        with connection:
            connection.sendall(head if part == "body" else head[:10])
            while not ended.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        started = time.monotonic()
        with closing(Pool(f"http://127.0.0.1:{listener.getsockname()[1]}", Settings())) as pool:
            with pytest.raises(errors.Unreachable, match="timed out"):
                make_experiment(HttpTransport(pool, patience=Patience(retries=0, timeout=0.3, hasty=True)))
            assert time.monotonic() - started < 4  # all of it takes five
        ended.set()
        thread.join()
