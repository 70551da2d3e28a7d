"""Several callers at once: each gets what it would get alone, whatever the others send."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.moody import MoodyServer
from tests.support.plain_http import Reply

rows = st.lists(st.integers(0, 99).map(lambda x: [float(x), ""]), min_size=1, max_size=3)
requests = st.one_of(
    rows.map(lambda each: (each, None)),
    rows.map(lambda each: (each, 3.0)),
    rows.map(lambda each: ([*each, [1.0, "fail"]], None)),
    rows.map(lambda each: ([*each, [1.0, 5]], None)),
    rows.map(lambda each: ([*each, [1.0, "few"]], None)),
)


def ask(server: MoodyServer, asked: tuple[list[Any], float | None]) -> Reply:
    data, factor = asked
    return server.score(*map(tuple, data), **({} if factor is None else {"params": {"factor": factor}}))


def expected(asked: tuple[list[Any], float | None]) -> tuple[int, Any]:
    """What a caller who is alone is answered: predictions, or the first word of what is wrong."""
    data, factor = asked
    kinds = {what for _, what in data}
    if 5 in kinds:
        return 400, "INVALID_PARAMETER_VALUE"
    if "fail" in kinds:
        return 400, "BAD_REQUEST"
    if "few" in kinds:
        return 200, [1.0]
    return 200, [x * (factor or 2.0) for x, _ in data]


def answered(reply: Reply) -> tuple[int, Any]:
    return reply.status, reply.json["predictions"] if reply.status == 200 else reply.json["error_code"]


@given(st.lists(requests, min_size=2, max_size=12))
@settings(max_examples=25)
def test_any_interleaving_gives_each_caller_what_a_lone_call_gives(moody: MoodyServer, asked: list[Any]) -> None:
    with ThreadPoolExecutor(len(asked)) as threads:
        replies = list(threads.map(lambda each: ask(moody, each), asked))
    assert [answered(reply) for reply in replies] == [expected(each) for each in asked]


def test_requests_sent_ahead_on_one_connection_are_answered_in_order(moody: MoodyServer) -> None:
    def request(x: float) -> bytes:
        body = json.dumps({"dataframe_split": {"columns": ["x", "do"], "data": [[x, ""]]}}).encode()
        return (
            b"POST /invocations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            % len(body)
            + body
        )

    with moody.connect() as sock:
        sock.sendall(b"".join(request(float(x)) for x in range(10)))
        sock.shutdown(1)
        said = b""
        while chunk := sock.recv(65536):
            said += chunk
    bodies = [each.partition(b"\r\n\r\n")[2] for each in said.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [json.loads(body) for body in bodies] == [{"predictions": [2.0 * x]} for x in range(10)]


def test_what_the_model_prints_goes_to_the_log(moody: MoodyServer) -> None:
    assert moody.score((1.0, "print")).json == {"predictions": [2.0]}
    assert "the model prints this" in moody.log


def test_a_model_s_own_error_is_one_sentence_without_a_traceback(moody: MoodyServer) -> None:
    reply = moody.score((1.0, "fail"))
    assert reply.status == 400
    assert reply.json == {
        "error_code": "BAD_REQUEST",
        "message": "The model failed: ValueError: this row is not to my taste, see a file",
    }
    named = f"predicting failed, request {reply.headers['x-request-id']}"
    assert named in moody.log, "whoever runs the server finds the traceback there"
