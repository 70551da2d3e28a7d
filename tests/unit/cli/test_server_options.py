"""What `modelyard server` makes of its options and of the environment."""

from __future__ import annotations

import pytest

from modelyard.cli import main
from modelyard.cli.server import options_of
from modelyard.server.options import ServerOptions


def _options(*words: str) -> ServerOptions:
    (command,) = main.commands_of("server")
    return options_of(main.parser_of("server", command).parse_args(list(words)))


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SERVER_ALLOWED_HOSTS", "SERVER_CORS_ALLOWED_ORIGINS"):
        monkeypatch.delenv(f"MODELYARD_{name}", raising=False)
        monkeypatch.delenv(f"MLFLOW_{name}", raising=False)


def test_without_options_it_is_a_folder_on_loopback() -> None:
    options = _options()
    assert (options.store, options.host, options.port, options.workers) == ("./yard", "127.0.0.1", 5000, 1)
    assert options.allowed_hosts == options.trusted_origins == ()


def test_mlflows_names_say_the_same_as_ours() -> None:
    theirs = _options("--backend-store-uri", "x", "--artifacts-destination", "y", "-h", "::1", "-p", "1", "-w", "2")
    assert theirs == _options("--store", "x", "--artifacts", "y", "--host", "::1", "--port", "1", "--workers", "2")


def test_hosts_and_origins_come_from_the_environment_where_the_command_line_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_SERVER_ALLOWED_HOSTS", "a.example, b.example")
    monkeypatch.setenv("MODELYARD_SERVER_CORS_ALLOWED_ORIGINS", "https://c.example")
    assert _options().allowed_hosts == ("a.example", "b.example")
    assert _options().trusted_origins == ("https://c.example",)
    assert _options("--allowed-hosts", "d.example").allowed_hosts == ("d.example",)
