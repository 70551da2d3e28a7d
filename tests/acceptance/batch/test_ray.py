"""The engine ray writes what the engine here writes, on a cluster of this machine."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.acceptance.batch.test_killed import MODEL, settings

CLUSTER = """
import sys
import ray
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
ray.shutdown()
"""
AHEAD = """
import sys, time
from modelyard.batch.options import BatchOptions
from modelyard.batch.ray import RayEngine
from modelyard.batch.read import CsvReader, Position
from modelyard.batch.run import _job

class Telling(CsvReader):
    def chunks(self, after):
        with open("read", "wb", buffering=0) as told:
            for chunk in super().chunks(after):
                told.write(b".")
                yield chunk

job = _job("model", "in.csv", "ahead.csv", BatchOptions(chunk_rows=10))
engine = RayEngine(job.recipe, 2, sys.argv[1], anywhere=False)
ahead = []
try:
    for taken, scored in enumerate(engine.results(Telling(job.items, 10, ","), Position()), 1):
        time.sleep(0.02)  # the reader has the time to go as far as it may
        ahead.append(len(open("read", "rb").read()) - taken)
finally:
    engine.close()
print(len(ahead), max(ahead))
"""
DRIVER = """
import sys
from modelyard.batch.options import BatchOptions
from modelyard.batch.run import score_files
engine = {"engine": "ray", "ray_address": sys.argv[2]} if sys.argv[2] else {}
score_files("model", "in.csv", sys.argv[1], BatchOptions(chunk_rows=3, commit_seconds=0.0, track=False, workers=2, **engine))
"""
WRONG = """
import os
import modelyard
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature

def end(model_input):
    if (model_input["a"] == 130).any():
        os._exit(3)
    return model_input["a"].to_numpy()

signature = ModelSignature(inputs=Schema([ColSpec("double", "a"), ColSpec("double", "b")]))
modelyard.pyfunc.save_model("ends", python_model=end, signature=signature, verify=False)
"""


class Cluster(NamedTuple):
    """A folder with a model and an input of 300 rows, and a cluster with two processors."""

    folder: Path
    address: str
    token: str

    def environment(self) -> dict[str, str]:
        """What a program needs to be let in."""
        return settings(self.folder, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=self.token)

    def run(self, *words: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
        """A program of Python in the folder, to its end."""
        testing = {"MODELYARD_TESTING": "1", "MODELYARD_FAILPOINT": failpoint} if failpoint else {}
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**self.environment(), **testing},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    def score(self, model: str, source: str, target: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Score a file in chunks of 40 rows."""
        return self.run(*WORDS, model, source, target, "--no-run", "--chunk-rows", "40", *options)

    def on_it(self) -> list[str]:
        """The options that name it."""
        return ["--engine", "ray", "--ray-address", self.address, "--workers", "2"]


WORDS = ("-m", "modelyard", "batch", "score")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    for module in ("ray", "pyarrow", "pandas", "cloudpickle"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    folder, token = tmp_path_factory.mktemp("ray"), secrets.token_hex(32)
    lines = [f"{-1 if row % 90 == 7 else row},{row / 4}\n" for row in range(300)]
    (folder / "in.csv").write_text("a,b\n" + "".join(lines))
    (folder / "empty.csv").write_text("a,b\n")
    for script in (MODEL, WRONG):
        subprocess.run([sys.executable, "-c", script], cwd=folder, env=settings(folder), check=True, timeout=120)
    words = [sys.executable, "-c", CLUSTER]
    environment = settings(folder, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token, RAY_USAGE_STATS_ENABLED="0")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, cwd=folder, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield Cluster(folder, process.stdout.readline().strip(), token)
        process.stdin.close()  # it ends what it started
        assert process.wait(60) == 0


def exact(profile: Any) -> list[dict[str, Any]]:
    """What a profile says of its columns but for the sketch of quantiles, which forgets values by chance."""
    return [{key: value for key, value in each.items() if key != "quantile_sketch"} for each in profile["columns"]]


def test_a_cluster_writes_the_same_bytes(cluster: Cluster) -> None:
    for output, options in (("here.csv", ["--workers", "2"]), ("there.csv", cluster.on_it())):
        done = cluster.score("model", "in.csv", output, *options)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert "Warning" not in done.stderr
    folder = cluster.folder
    assert (folder / "there.csv").read_bytes() == (folder / "here.csv").read_bytes()
    ours, theirs = (json.loads((folder / f"{name}.csv.manifest.json").read_text()) for name in ("here", "there"))
    assert ours["parts"] == theirs["parts"]
    assert exact(ours["profile"]) == exact(theirs["profile"])
    bad = (folder / "there.csv.rejected.jsonl").read_text()
    assert bad == (folder / "here.csv.rejected.jsonl").read_text()
    assert len(bad.splitlines()) == 4


def test_a_cluster_is_made_for_the_command_where_none_is_named(cluster: Cluster) -> None:
    alone = cluster._replace(token=secrets.token_hex(32))
    for output, options in (("none.csv", []), ("made.csv", ["--engine", "ray", "--workers", "1"])):
        done = alone.score("model", "empty.csv", output, *options)
        assert done.returncode == 0, done.stderr
    assert (
        (cluster.folder / "made.csv").read_bytes() == (cluster.folder / "none.csv").read_bytes() == b"a,b,prediction\n"
    )


def test_a_driver_that_is_killed_goes_on_where_it_was(cluster: Cluster) -> None:
    manifest = cluster.folder / "again.csv.manifest.json"
    for place in ("batch-part-noted:3", "batch-part-written:40", "batch-output-named:1"):
        killed = cluster.run("-c", DRIVER, "again.csv", cluster.address, failpoint=f"{place}:kill")
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert json.loads(manifest.read_text())["state"] != "complete"
    assert cluster.run("-c", DRIVER, "again.csv", cluster.address).returncode == 0
    assert cluster.run("-c", DRIVER, "never.csv", "").returncode == 0
    assert (cluster.folder / "again.csv").read_bytes() == (cluster.folder / "never.csv").read_bytes()
    both = (json.loads((cluster.folder / f"{name}.csv.manifest.json").read_text()) for name in ("again", "never"))
    assert [len(each["parts"]) for each in both] == [100, 100]


def test_the_reader_waits_for_the_driver(cluster: Cluster) -> None:
    """Two chunks for each of two scorers and one more: 5 of 30, and one is in the driver's hands."""
    done = cluster.run("-c", AHEAD, cluster.address)
    assert done.returncode == 0, done.stderr
    count, most = map(int, done.stdout.split())
    assert count == 30
    assert 1 <= most <= 5


def test_a_model_that_ends_its_process_is_not_tried_for_ever(cluster: Cluster) -> None:
    done = cluster.score("ends", "in.csv", "ends.csv", *cluster.on_it())
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("The process of the Ray cluster that scores a chunk was lost 3 times.")
    known = json.loads((cluster.folder / "ends.csv.manifest.json").read_text())
    assert sum(part["rows"] for part in known["parts"]) == 120  # those before it


def test_an_end_before_the_end_keeps_what_was_scored(cluster: Cluster) -> None:
    done = cluster.score("model", "in.csv", "most.csv", *cluster.on_it(), "--max-bad", "1")
    assert done.returncode == 1
    assert "and --max-bad is 1" in done.stderr, done.stderr
    assert cluster.score("model", "in.csv", "most.csv", *cluster.on_it(), "--max-bad", "4").returncode == 0
    assert len((cluster.folder / "most.csv").read_text().splitlines()) == 297
