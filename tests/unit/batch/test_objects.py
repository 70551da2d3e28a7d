"""Inputs and outputs in a bucket."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from modelyard.client.artifacts.objects import ObjectPlace
from modelyard.core.errors import ModelFailed, NotFound
from tests.support.buckets import put
from tests.unit.batch.conftest import Score
from tests.unit.batch.test_formats import ROWS, read_rows, write_rows


def fetch(bucket: str, key: str, target: Path) -> Path:
    ObjectPlace(bucket).download(key, target)
    return target


@pytest.mark.parametrize("source", ["csv", "jsonl", "parquet", "arrow"])
def test_from_a_bucket_to_a_bucket(source: str, score: Score, service: str, bucket: str, tmp_path: Path) -> None:
    local = Path(write_rows(tmp_path / f"in.{source}", ROWS))
    put(service, f"{bucket}/data/in.{source}", local.read_bytes())
    report = score(f"s3://{bucket}/data/in.{source}", f"s3://{bucket}/scored/out.{source}", chunk_rows=7)
    assert (report.rows, report.scored) == (25, 25)
    assert report.input_digest.startswith("etag-sha256:")
    found = read_rows(fetch(bucket, f"scored/out.{source}", tmp_path / f"got.{source}"))
    assert found == [{**row, "prediction": row["a"] + row["b"]} for row in ROWS]
    side = json.loads(fetch(bucket, f"scored/out.{source}.json", tmp_path / "side").read_text())
    assert side["rows_scored"] == 25
    manifest = json.loads(fetch(bucket, f"scored/out.{source}.manifest.json", tmp_path / "m").read_text())
    assert manifest["state"] == "complete"
    assert score(f"s3://{bucket}/data/in.{source}", f"s3://{bucket}/scored/out.{source}", chunk_rows=7).already


def test_a_folder_and_a_pattern_of_a_bucket(score: Score, service: str, bucket: str, tmp_path: Path) -> None:
    for name, rows in (("1.csv", ROWS[:10]), ("deep/2.csv", ROWS[10:]), ("_log.csv", ROWS), ("notes.txt", ROWS)):
        put(service, f"{bucket}/in/{name}", Path(write_rows(tmp_path / "part.csv", rows)).read_bytes())
    score(f"s3://{bucket}/in", "folder.csv")
    score(f"s3://{bucket}/in/[0-9].csv", "pattern.csv")
    assert len(read_rows(tmp_path / "folder.csv")) == 25
    assert len(read_rows(tmp_path / "pattern.csv")) == 10
    with pytest.raises(NotFound):
        score(f"s3://{bucket}/elsewhere", "out.csv")


def test_a_batch_into_a_bucket_goes_on(score: Score, service: str, bucket: str, tmp_path: Path) -> None:
    rows = [*ROWS[:20], {"a": -1.0, "b": 0.0, "name": "bad"}]
    write_rows(tmp_path / "in.csv", rows)
    target = f"s3://{bucket}/out.csv"
    with pytest.raises(ModelFailed, match="--max-bad"):
        score("in.csv", target, chunk_rows=5, max_bad=0)
    report = score("in.csv", target, chunk_rows=5)
    assert (report.scored, report.rejected) == (20, 1)
    assert len(read_rows(fetch(bucket, "out.csv", tmp_path / "got.csv"))) == 20
    bad = json.loads(fetch(bucket, "out.csv.rejected.jsonl", tmp_path / "bad").read_text())
    assert bad["row"] == 21
    assert [path.name for path in (tmp_path / "home" / "batch").rglob("out.csv")] == []
    assert os.listdir(tmp_path).count("out.csv") == 0
