"""Artifacts and models at `s3://bucket/key`."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import modelyard as mlflow
import modelyard.artifacts
import modelyard.pyfunc
from modelyard.client.artifacts import aws
from modelyard.client.artifacts.objects import PART, ObjectPlace
from modelyard.core.entities import FileInfo
from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound, PermissionDenied, Unauthenticated
from tests.support.buckets import bucket_service, make_bucket, put
from tests.support.ports import reserved_port
from tests.support.processes import ROOT

TLS = ROOT / "tests" / "support" / "tls"


def file(folder: Path, content: bytes = b"hello") -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


# ----------------------------------------------------------------------------------------------------------------------
# the place


def test_a_file_comes_back_as_it_went(bucket: str, tmp_path: Path) -> None:
    place = ObjectPlace(bucket)
    for key in ("plain", "a/b c+d=e&f.txt", "é/[x]^{y}`*|<>?", "empty"):
        content = b"" if key == "empty" else key.encode()
        place.upload(file(tmp_path, content), key)
        place.download(key, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == content


def test_a_listing_gives_files_with_their_sizes_and_folders_by_name(bucket: str, tmp_path: Path) -> None:
    place = ObjectPlace(bucket)
    for key in ("m/z", "m/a/x", "m/a/y", "mm/other"):
        place.upload(file(tmp_path), key)
    assert place.list("") == [FileInfo("m", True), FileInfo("mm", True)]
    assert place.list("m") == [FileInfo("m/a", True), FileInfo("m/z", False, 5)]
    assert place.list("m/z") == []
    assert place.list("nothing") == []


def test_objects_that_other_programs_made_and_that_are_no_keys_are_left_out(service: str, bucket: str) -> None:
    for path in ("folder/", "folder/good", "folder/bad%5Cname", "folder/ends."):
        put(service, f"{bucket}/{path}", b"x")
    assert ObjectPlace(bucket).list("folder") == [FileInfo("folder/good", False, 1)]


def test_a_large_file_goes_in_parts_and_comes_back_whole(bucket: str, tmp_path: Path) -> None:
    content = os.urandom(PART) + b"and some more" * 1000
    place = ObjectPlace(bucket)
    place.upload(file(tmp_path, content), "large")
    place.download("large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    assert place.list("") == [FileInfo("large", False, len(content))]


def test_a_missing_file_is_not_found_and_leaves_nothing(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=rf"^There is no artifact 'a/b' in s3://{bucket}\.$"):
        ObjectPlace(bucket).download("a/b", tmp_path / "back")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["../up", "a//b", "/a", "a/./b"])
def test_a_key_that_is_not_allowed_reaches_no_bucket(key: str, bucket: str, tmp_path: Path) -> None:
    place = ObjectPlace(bucket)
    for call in (
        lambda: place.list(key),
        lambda: place.upload(file(tmp_path), key),
        lambda: place.download(key, tmp_path / "b"),
    ):
        with pytest.raises(InvalidParameter, match="Invalid path"):
            call()


class _Cutting(BaseHTTPRequestHandler):
    """Says a length and gives less."""

    def do_GET(self) -> None:
        self.send_response(200)
        for name, value in (
            ("Content-Length", "1000"),
            ("ETag", '"x"'),
            ("Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"half")

    def log_message(self, *args: object) -> None:
        """Quiet."""


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_download_that_is_cut_off_leaves_the_old_file(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELYARD_HTTP_REQUEST_MAX_RETRIES", "0")
    old = file(tmp_path, b"old")
    with answering(_Cutting) as address:
        monkeypatch.setenv("MODELYARD_S3_ENDPOINT_URL", address)
        with pytest.raises(ModelyardError, match="could not be reached"):
            ObjectPlace(bucket).download("key", old)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"old")]


# ----------------------------------------------------------------------------------------------------------------------
# addresses, runs and models


def test_a_folder_is_listed_and_downloaded_by_its_address(service: str, bucket: str, tmp_path: Path) -> None:
    put(service, f"{bucket}/data/a.txt", b"a")
    put(service, f"{bucket}/data/sub/b.txt", b"bb")
    uri = f"s3://{bucket}/data"
    assert modelyard.artifacts.list_artifacts(uri) == [FileInfo("data/a.txt", False, 1), FileInfo("data/sub", True)]
    folder = Path(modelyard.artifacts.download_artifacts(uri, dst_path=str(tmp_path / "to")))
    assert folder == tmp_path / "to" / "data"
    assert (folder / "sub" / "b.txt").read_bytes() == b"bb"
    assert modelyard.artifacts.load_text(f"{uri}/a.txt") == "a"


def test_a_run_of_an_experiment_in_a_bucket_keeps_its_artifacts_there(bucket: str, tmp_path: Path) -> None:
    experiment = mlflow.create_experiment("away", artifact_location=f"s3://{bucket}/wine")
    with mlflow.start_run(experiment_id=experiment) as run:
        mlflow.log_artifact(str(file(tmp_path)), "notes")
        mlflow.log_text("text", "notes/b.txt")
    key = f"wine/{run.info.run_id}/artifacts/notes"
    assert [info.path for info in ObjectPlace(bucket).list(key)] == [f"{key}/b.txt", f"{key}/file"]
    assert modelyard.artifacts.load_text(f"runs:/{run.info.run_id}/notes/b.txt") == "text"
    listed = mlflow.MlflowClient().list_artifacts(run.info.run_id, "notes")
    assert listed == [FileInfo("notes/b.txt", False, 4), FileInfo("notes/file", False, 5)]


class Doubling(modelyard.pyfunc.PythonModel):
    def predict(self, context: object, model_input: list[int], params: object = None) -> list[int]:
        return [number * 2 for number in model_input]


def test_a_model_is_logged_to_a_bucket_and_loaded_from_it(bucket: str) -> None:
    for package in ("yaml", "cloudpickle", "cryptography"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'modelyard[models]'")
    experiment = mlflow.create_experiment("away", artifact_location=f"s3://{bucket}/wine")
    with mlflow.start_run(experiment_id=experiment):
        info = modelyard.pyfunc.log_model(name="doubling", python_model=Doubling(), verify=False)
    location = f"s3://{bucket}/wine/models/{info.model_id}/artifacts"
    assert f"{location.removeprefix(f's3://{bucket}/')}/MLmodel" in [
        entry.path for entry in ObjectPlace(bucket).list(location.removeprefix(f"s3://{bucket}/"))
    ]
    for uri in (location, info.model_uri):
        assert modelyard.pyfunc.load_model(uri).predict([1, 2]) == [2, 4]


# ----------------------------------------------------------------------------------------------------------------------
# what goes wrong is told in a line


def told(uri: str) -> ModelyardError:
    with pytest.raises(ModelyardError) as raised:
        modelyard.artifacts.download_artifacts(uri)
    assert "\n" not in str(raised.value)
    return raised.value


def test_a_bucket_that_does_not_exist_is_named(bucket: str, tmp_path: Path) -> None:
    error = told("s3://no-such-bucket/model")
    assert isinstance(error, NotFound)
    assert str(error) == "There is no bucket 'no-such-bucket'."
    with pytest.raises(NotFound, match="There is no bucket 'no-such-bucket'"):
        ObjectPlace("no-such-bucket").upload(file(tmp_path), "key")


def test_missing_credentials_are_told_with_the_way_out(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert isinstance(told(f"s3://{bucket}/model"), Unauthenticated)  # half a key is none
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "AWS_ACCESS_KEY_ID" in str(told(f"s3://{bucket}/model"))
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    with reserved_port() as port:
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{port}")
        assert isinstance(told(f"s3://{bucket}/model"), Unauthenticated)


class _Refusing(BaseHTTPRequestHandler):
    """Answers as S3 does to somebody who may not."""

    code = "AccessDenied"

    def do_GET(self) -> None:
        body = f"<Error><Code>{self.code}</Code><Message>no</Message></Error>".encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


class _Doubting(_Refusing):
    code = "InvalidAccessKeyId"


@pytest.mark.parametrize(("handler", "outcome"), [(_Refusing, PermissionDenied), (_Doubting, Unauthenticated)])
def test_credentials_that_do_not_do_are_told_apart(
    handler: type[_Refusing], outcome: type[ModelyardError], bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(handler) as address:
        monkeypatch.setenv("MODELYARD_S3_ENDPOINT_URL", address)
        error = told(f"s3://{bucket}/model")
    assert type(error) is outcome
    assert handler.code in str(error)


def test_a_service_that_is_away_is_told(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_HTTP_REQUEST_MAX_RETRIES", "0")
    with reserved_port() as port:
        monkeypatch.setenv("MODELYARD_S3_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        assert str(told(f"s3://{bucket}/model")).startswith(f"s3://{bucket}/model could not be reached.")


@pytest.mark.parametrize("endpoint", ["nohost", "ftp://a", "http://", "http://a b", "http://a:port"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_S3_ENDPOINT_URL", endpoint)
    assert isinstance(told(f"s3://{bucket}/model"), InvalidParameter)


def test_a_key_with_a_line_break_is_refused_and_not_shown(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden\n")
    error = told(f"s3://{bucket}/model")
    assert "AWS_SECRET_ACCESS_KEY" in str(error)
    assert "hidden" not in str(error)


@pytest.mark.parametrize("uri", ["s3:///key", "s3://a b/key", "s3://user@bucket/key"])
def test_a_name_that_no_bucket_can_have_is_refused(uri: str, bucket: str) -> None:
    assert "cannot be the name of a bucket" in str(told(uri))


# ----------------------------------------------------------------------------------------------------------------------
# the environment


def test_credentials_of_a_profile_are_used(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    class Noting(_Refusing):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            super().do_GET()

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = ONE\naws_secret_access_key = a%b\n"
        "[work]\naws_access_key_id = TWO\naws_secret_access_key = c\n"
    )
    (tmp_path / ".aws" / "config").write_text("[profile work]\nregion = eu-north-1\n")
    with answering(Noting) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        monkeypatch.delenv("MLFLOW_S3_ENDPOINT_URL")
        told(f"s3://{bucket}/model")
        monkeypatch.setenv("AWS_PROFILE", "work")
        told(f"s3://{bucket}/model")
    assert "Credential=ONE/" in seen[0] and "/us-east-1/" in seen[0]
    assert "Credential=TWO/" in seen[-1] and "/eu-north-1/" in seen[-1]


def test_a_credentials_file_that_cannot_be_read_is_named(bucket: str, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("no section\n")
    assert ".aws/credentials" in str(told(f"s3://{bucket}/model"))


def test_a_certificate_is_checked_unless_it_is_told_not_to(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELYARD_HTTP_REQUEST_MAX_RETRIES", "0")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    trusting = ssl.create_default_context(cafile=TLS / "authority.pem")
    with bucket_service(context) as address:
        make_bucket(address, "safe", trusting)
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", address)
        assert "could not be reached" in str(told("s3://safe/model"))
        with monkeypatch.context() as patch:
            patch.setenv("MLFLOW_S3_IGNORE_TLS", "true")
            assert ObjectPlace("safe").list("") == []
        monkeypatch.setenv("AWS_CA_BUNDLE", str(TLS / "authority.pem"))
        assert ObjectPlace("safe").list("") == []


def test_files_that_are_logged_together_share_connections(bucket: str) -> None:
    assert aws.open_bucket(bucket) is aws.open_bucket(bucket)
    assert aws.open_bucket(bucket) is not aws.open_bucket("another")


WITHOUT = """
import sys
sys.modules["obstore"] = None
import modelyard.artifacts
modelyard.artifacts.list_artifacts("s3://bucket/key")
"""


def test_without_the_library_the_error_names_the_command_that_installs_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr.splitlines()[-1].endswith("The address s3://bucket needs an extra: pip install 'modelyard[s3]'")


FORKED = """
import os, sys
from modelyard.client.artifacts.objects import ObjectPlace
from modelyard.core.errors import ModelyardError
ObjectPlace(sys.argv[1]).list("")
child = os.fork()
if not child:
    try:
        ObjectPlace(sys.argv[1]).list("")
    except ModelyardError as error:
        os._exit(7 if "spawn" in str(error) else 1)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_is_told_instead_of_waiting_for_ever(bucket: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, bucket],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("7", "")
