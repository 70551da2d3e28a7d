"""Looking into files of runs: slices of texts, first rows, small pictures, and nothing of what was not asked for."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from modelyard.core.wire.messages.previews import MAX_TABLE_ROWS, MAX_TEXT
from tests.support.local_server import LocalServer, StartLocal
from tests.support.views import FILES, VIEWS, Shown

HTML = [
    b"<img src=x onerror=alert(1)>",
    b"<script>fetch('http://evil')</script>",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>",
    b"<!doctype html><body onload=alert(1)>",
    b"\xef\xbb\xbf<html><script>alert(1)</script>",
    b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>",
    b"[click](javascript:alert(1)) <iframe srcdoc='<script>alert(1)</script>'>",
    b"GIF89a/*<script>alert(1)</script>*/=0",
    b"%PDF-1.7 <script>alert(1)</script>",
    b"]]><script>alert(1)</script>",
    b"a,b\n=cmd|'/C calc'!A0,<script>alert(1)</script>\n",
    b'{"a": "</script><script>alert(1)</script>"}',
    b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
    b"PAR1<script>alert(1)</script>",
]
ENDINGS = ["html", "svg", "xhtml", "txt", "md", "json", "csv", "png", "pdf", "js", "parquet", ""]
TRAVERSALS = [
    "../secret",
    "a/../../secret",
    "..",
    ".",
    "/etc/passwd",
    "//etc/passwd",
    "a//b",
    "~/secret",
    "a\\b",
    "..\\secret",
    "%2e%2e/secret",
    "a/%2e%2e/b",
    "a%00",
    "a\0b",
    "C:/secret",
    "a/.",
    "a/..",
    "a ",
    "a\nb",
    "#a",
    "x" * 2000,
    "e\u0301",
]


@pytest.fixture
def shown(local: LocalServer) -> Shown:
    return Shown(local)


# texts


def test_a_text_is_read_in_slices_that_are_whole_when_put_together(shown: Shown) -> None:
    text = "".join(random.Random(5).choices("aé€😀\n\t\x1b", k=5_000))
    shown.put("notes.txt", text.encode())
    for length in (1, 3, 7, 100, 4_096):
        found, at = "", 0
        while True:
            part = shown.file("notes.txt", offset=at, length=length) if length > 50 else None
            if part is None:  # the short ones from the beginning only
                assert text.startswith(shown.file("notes.txt", length=length)["text"])
                break
            assert part["offset"] == at
            found += part["text"]
            at = part["next_offset"]
            if not at:
                assert found == text
                break


@pytest.mark.parametrize("offset", range(8))
def test_a_slice_begins_with_a_whole_character(shown: Shown, offset: int) -> None:
    shown.put("a.txt", "é€😀x".encode() * 3)
    part = shown.file("a.txt", offset=offset, length=8)
    assert "\ufffd" not in part["text"]
    assert offset <= part["offset"] <= offset + 3
    assert part["next_offset"] == part["offset"] + len(part["text"].encode())


def test_what_is_asked_beyond_the_end_of_a_text(shown: Shown) -> None:
    shown.put("a.txt", b"abc")
    assert shown.file("a.txt", offset=3)["text"] == ""
    assert shown.get("file", path="a.txt", offset=4).status == 416


@pytest.mark.parametrize(
    "fields", [{"length": 0}, {"length": MAX_TEXT + 1}, {"offset": -1}, {"rows": 0}, {"rows": MAX_TABLE_ROWS + 1}]
)
def test_more_than_the_limits_is_refused(shown: Shown, fields: dict[str, int]) -> None:
    shown.put("a.txt", b"abc")
    assert shown.get("file", path="a.txt", **fields).status == 400


def test_of_a_huge_text_no_more_is_read_than_is_shown(start_local: StartLocal, tmp_path: Path) -> None:
    shown = Shown(start_local())
    shown.put("huge.log", b"x")
    file = next((tmp_path / "files").rglob("huge.log"))
    file.unlink()
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
        sparse.seek(0)
        sparse.write(b"line\n" * 20_000)
    part = shown.file("huge.log", length=1_000)
    assert (part["bytes"], len(part["text"]), part["next_offset"]) == (1 << 40, 1_000, 1_000)
    assert shown.file("huge.log", offset=(1 << 40) - 2)["next_offset"] == 0


def test_binary_under_a_texts_name_is_not_shown_as_text(shown: Shown) -> None:
    body = os.urandom(50_000)
    for ending in ("txt", "json", "md", "csv", "html", "py"):
        shown.put(f"a.{ending}", b"\0" + body)
        found = shown.file(f"a.{ending}")
        assert (found["kind"], found["text"], found["rows"]) == ("binary", "", [])


def test_bytes_that_are_no_text_after_its_beginning_are_marked(shown: Shown) -> None:
    shown.put("a.txt", b"x" * 10_000 + b"\xff\xfe" + b"y" * 10)
    assert shown.file("a.txt")["text"].endswith("\ufffd\ufffdyyyyyyyyyy")


# tables


def test_the_first_rows_of_a_table_are_shown(shown: Shown) -> None:
    shown.put("t.csv", b"a,b\n" + b'1,"x, y"\n' * 1_000)
    found = shown.file("t.csv", rows=2)
    assert (found["kind"], found["columns"], found["rows"]) == ("table", ["a", "b"], [["1", "x, y"]] * 2)
    assert found["total_rows"] is None


def test_what_is_no_table_is_shown_as_the_text_it_is(shown: Shown) -> None:
    shown.put("t.csv", b"z" * 300_000)
    assert shown.file("t.csv", length=10)["text"] == "z" * 10


def test_parquet_is_read_by_a_process_of_its_own(shown: Shown) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table(
        {
            "n": list(range(1_000)),
            "text": [None, "<b>"] * 500,
            "when": arrow.array([1, 2] * 500, arrow.timestamp("ns")),
            "list": [[1, 2]] * 1_000,
        }
    )
    made = io.BytesIO()
    parquet.write_table(table, made)
    shown.put("t.parquet", made.getvalue())
    found = shown.file("t.parquet", rows=2)
    assert found["columns"] == ["n", "text", "when", "list"]
    assert found["rows"] == [
        ["0", None, "1970-01-01 00:00:00.000000001", "[1, 2]"],
        ["1", "<b>", "1970-01-01 00:00:00.000000002", "[1, 2]"],
    ]
    assert found["total_rows"] == 1_000


def test_parquet_that_unfolds_to_more_memory_than_there_is_is_refused(shown: Shown) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    long = arrow.array(["x" * 50_000_000])
    column = arrow.DictionaryArray.from_arrays(arrow.array([0] * 500, arrow.int32()), long)
    made = io.BytesIO()
    parquet.write_table(arrow.table({"a": column}), made, compression="zstd", store_schema=False)
    assert len(made.getvalue()) < 3_000_000
    shown.put("bomb.parquet", made.getvalue())
    reply = shown.get("file", path="bomb.parquet", rows=500)
    assert reply.status in (400, 413), reply
    assert len(reply.body) < 1_000


@pytest.mark.parametrize("cut", [4, 8, 100, 400])
def test_broken_parquet_is_refused(shown: Shown, cut: int) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    made = io.BytesIO()
    parquet.write_table(arrow.table({"a": list(range(500))}), made)
    data = bytearray(made.getvalue())
    shown.put("short.parquet", bytes(data[:-cut]))
    data[len(data) // 2 :: 7] = b"\xff" * len(data[len(data) // 2 :: 7])
    shown.put("odd.parquet", bytes(data))
    for name in ("short.parquet", "odd.parquet"):
        reply = shown.get("file", path=name)
        assert reply.status in (400, 413), reply
        assert b"/" not in reply.json["message"].encode()


# small pictures


def jpeg() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((1_200, 800), 50).save(made, "JPEG")
    return made.getvalue()


def test_a_small_picture_is_sent_once(shown: Shown) -> None:
    shown.put("plot.jpg", jpeg())
    first = shown.get("thumbnail", path="plot.jpg", size=120)
    assert (first.status, first.headers["content-type"]) == (200, "image/png")
    with Image.open(io.BytesIO(first.body)) as small:
        assert small.size == (120, 80)
    again = shown.get("thumbnail", {"If-None-Match": first.headers["etag"]}, path="plot.jpg", size=120)
    assert (again.status, again.body) == (304, b"")
    shown.put("plot.jpg", jpeg())
    assert shown.get("thumbnail", {"If-None-Match": first.headers["etag"]}, path="plot.jpg", size=120).status == 200


@pytest.mark.parametrize("size", [0, 15, 1_025, -1])
def test_a_picture_of_no_or_any_size_is_refused(shown: Shown, size: int) -> None:
    shown.put("plot.jpg", jpeg())
    assert shown.get("thumbnail", path="plot.jpg", size=size).status == 400


def test_a_broken_picture_is_the_askers_fault(shown: Shown) -> None:
    shown.put("plot.jpg", jpeg()[:500])
    shown.put("text.png", b"<svg onload=alert(1)>")
    for name in ("plot.jpg", "text.png"):
        reply = shown.get("thumbnail", path=name)
        assert (reply.status, reply.headers["content-type"]) == (400, "application/json")


# whose files, and which


@pytest.mark.parametrize("verb", ["file", "thumbnail", "archive", "model"])
def test_a_path_that_leads_elsewhere_is_refused(start_local: StartLocal, tmp_path: Path, verb: str) -> None:
    (tmp_path / "secret").write_text("CANARY")
    (tmp_path / "files").mkdir(exist_ok=True)
    (tmp_path / "files" / "secret").write_text("CANARY")
    shown = Shown(start_local())
    shown.put("a", b"x")
    for path in TRAVERSALS:
        reply = shown.get(verb, path=path)
        assert reply.status in (400, 404), (path, reply)
        assert b"CANARY" not in reply.body


def test_links_and_devices_are_not_followed(start_local: StartLocal, tmp_path: Path) -> None:
    shown = Shown(start_local())
    shown.put("a.txt", b"x")
    folder = next((tmp_path / "files").rglob("a.txt")).parent
    (tmp_path / "secret").write_text("CANARY")
    (folder / "link.txt").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    os.link(tmp_path / "secret", folder / "hard.txt")
    os.mkfifo(folder / "pipe")
    for path in ("link.txt", "up/secret", "hard.txt", "pipe"):
        for verb in ("file", "thumbnail"):
            reply = shown.get(verb, path=path)
            assert reply.status in (400, 404), (verb, path, reply)
            assert b"CANARY" not in reply.body


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "wine"},
        {"run_id": "r", "model_id": "m"},
        {"run_id": "r", "name": "wine", "version": "1"},
        {"run_id": ""},
    ],
)
def test_a_file_belongs_to_exactly_one_thing(shown: Shown, fields: dict[str, Any]) -> None:
    assert shown.get("file", path="a.txt", **fields).status == 400


@pytest.mark.parametrize("fields", [{"run_id": "no such run"}, {"model_id": "m-0"}, {"name": "wine", "version": "1"}])
@pytest.mark.parametrize("verb", ["file", "thumbnail", "archive", "model"])
def test_files_of_what_is_not_there_are_not_found(shown: Shown, verb: str, fields: dict[str, Any]) -> None:
    assert shown.get(verb, path="a.txt", **fields).status == 404


def test_files_outside_of_the_server_are_not_opened(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.txt").write_text("CANARY")
    made = shown.local.post("experiments/create", {"name": "away", "artifact_location": f"file://{tmp_path}/elsewhere"})
    if made.status == 200:
        run = shown.local.post("runs/create", {"experiment_id": made.json["experiment_id"]}).json["run"]["info"]
        for verb in ("file", "archive", "model", "thumbnail"):
            reply = shown.get(verb, run_id=run["run_id"], path="a.txt")
            assert 400 <= reply.status < 500, reply
            assert b"CANARY" not in reply.body


# never a page of ours


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_content_of_a_file_leaves_as_a_page_of_ours(shown: Shown, ending: str) -> None:
    for number, body in enumerate(HTML):
        name = f"payload-{number}.{ending}" if ending else f"payload-{number}"
        shown.put(name, body)
        whole = f"{FILES}/0/{shown.run_id}/artifacts/{name}"
        replies = [
            shown.get("file", path=name),
            shown.get("thumbnail", path=name),
            shown.get("archive"),
            shown.local.request("GET", whole),
            shown.local.request("GET", f"/get-artifact?run_id={shown.run_id}&path={name}"),
        ]
        for reply in replies:
            kind = reply.headers["content-type"]
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert not kind.startswith(("text/html", "application/xhtml", "image/svg", "text/xml", "application/xml"))
            assert "javascript" not in kind
            policy = reply.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            if not kind.startswith("application/json"):
                assert policy.startswith("sandbox")


def test_names_are_data_in_every_answer(shown: Shown) -> None:
    name = "<img src=x onerror=alert(1)>'\".txt"
    shown.put(name, b"x")
    assert shown.file(name)["text"] == "x"
    archive = shown.get("archive")
    assert archive.headers["content-disposition"] == f'attachment; filename="{shown.run_id}.zip"'
    assert shown.local.request("POST", f"{VIEWS}/file", {}).status == 405
