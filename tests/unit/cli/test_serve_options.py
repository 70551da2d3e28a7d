"""What the words of `modelyard models serve` become."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from modelyard.cli.main import commands_of, main, parser_of
from modelyard.cli.serve import model_uri, options_of, size
from modelyard.core.errors import InvalidParameter
from modelyard.serving.options import ServeOptions


def options(*words: str, group: str = "models") -> ServeOptions:
    (serve,) = [each for each in commands_of(group) if each.name == "serve"]
    return options_of(parser_of(group, serve).parse_args(words))


@pytest.mark.parametrize("group", ["models", "pyfunc"])
def test_without_options_they_are_the_defaults(group: str) -> None:
    assert options("-m", "m", group=group) == ServeOptions(model="m", env_manager="auto")


def test_each_word_reaches_its_option() -> None:
    words = (
        "--model-uri m -h ::1 -p 7 -w 2 -t 1.5 --max-body 1M --runtime onnx --batching never --no-fast --trust sha256:0"
        " --allow-unverified --network --memory 2GiB --allowed-hosts a,b --cors-allowed-origins https://c --insecure-no-auth"
        " --tls-cert c --tls-key k --access-log --env-manager conda --drain-delay 0"
    )
    assert options(*words.split()) == ServeOptions(
        model="m",
        host="::1",
        port=7,
        workers=2,
        timeout=1.5,
        max_body=1_000_000,
        runtime="onnx",
        batching="never",
        fast=False,
        trust="sha256:0",
        allow_unverified=True,
        network=True,
        memory=2 << 30,
        allowed_hosts=("a", "b"),
        trusted_origins=("https://c",),
        insecure_no_auth=True,
        tls_cert="c",
        tls_key="k",
        access_log=True,
        env_manager="conda",
        drain_delay=0.0,
    )


def test_no_conda_is_this_environment_whatever_else_is_said() -> None:
    assert options("-m", "m", "--no-conda").env_manager == "local"
    assert options("-m", "m", "--no-conda", "--env-manager", "uv").env_manager == "local"


def test_hosts_and_origins_come_from_the_environment_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SERVER_ALLOWED_HOSTS", "models.example")
    assert options("-m", "m").allowed_hosts == ("models.example",)
    assert options("-m", "m", "--allowed-hosts", "b").allowed_hosts == ("b",)


def test_with_a_run_the_model_is_below_it() -> None:
    assert model_uri("model", "0a1b") == "runs:/0a1b/model"
    assert model_uri("a/b", "0a1b") == "runs:/0a1b/a/b"
    assert model_uri("/here/model", None) == "/here/model"


@pytest.mark.parametrize("path", ["/etc", "models:/m/1", "runs:/1/m", "../m", "a/../../m", "file:///m"])
def test_with_a_run_nothing_else_is_a_path(path: str) -> None:
    with pytest.raises(InvalidParameter, match="a path inside the run's artifacts"):
        model_uri(path, "0a1b")


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("0", 0), ("1000", 1000), ("32M", 32_000_000), ("32MB", 32_000_000), ("1.5 GiB", 3 << 29), ("4ki", 4096)],
)
def test_sizes_are_written_as_people_do(text: str, bytes_: int) -> None:
    assert size(text) == bytes_


@pytest.mark.parametrize("text", ["", "-1", "M", "ten", "1T", "1e9", "1 000"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no size"):
        size(text)


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--tls-key", "k"), "--tls-cert and --tls-key"), (("--enable-mlserver",), "leave the option out")],
)
def test_what_cannot_be_is_said_in_one_line(words: tuple[str, ...], told: str, capsys: Any) -> None:
    assert main(["models", "serve", "-m", "m", *words]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert told in said
