"""What is kept of a process's output: lines as a terminal shows them last, without secrets, within bounds."""

from __future__ import annotations

import random

import pytest

from modelyard.projects.masking import Mask, mask_of
from modelyard.projects.transcript import Transcript


def kept(*pieces: str, limit: int = 1_000_000) -> str:
    transcript = Transcript(Mask(), limit)
    for piece in pieces:
        transcript.add(piece, "errors")
    return transcript.text()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("one\ntwo\n", "one\ntwo\n"),
        ("one\n\ntwo", "one\n\ntwo\n"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("\r 10%\r 50%\r100%\ndone\n", "100%\ndone\n"),
        ("10%\r", "10%\n"),
        ("\x1b[31mred\x1b[0m\n", "red\n"),
        ("\x1b]0;title\x07text\n", "text\n"),
        ("a\tb\x00\x07\n", "a\tb\n"),
        ("gone\x1b[2K\rthere\n", "there\n"),
        ("", ""),
    ],
)
def test_a_line_is_kept_as_it_stood_last(said: str, shown: str) -> None:
    assert kept(said) == shown


def test_bars_above_each_other_are_one_line_each() -> None:
    step = "\r outer {0}%\n\r inner {0}%\x1b[A"
    assert kept(*(step.format(percent) for percent in range(100)), "\n\nend\n") == " outer 99%\n inner 99%\nend\n"


def test_lines_that_went_up_are_taken_back_from_what_was_kept() -> None:
    assert kept("first\nbar 1\n", "\x1b[A\rbar 2\n", "\x1b[1A\rbar 3\n", "last\n") == "first\nbar 3\nlast\n"


def test_it_makes_no_difference_where_the_output_is_cut() -> None:
    said = (
        "start\n\r 1%\r 50%\x1b[31m!\x1b[0m\r99%\nüber\nouter\n\rinner\x1b[A\router 2\n\rinner 2\n\x1b]0;t\x07end\n" * 3
    )
    whole = kept(said)
    chance = random.Random(3)
    for _ in range(200):
        cuts = sorted(chance.sample(range(len(said)), 12))
        pieces = [said[start:end] for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True)]
        assert kept(*pieces) == whole


def test_sources_do_not_cut_each_others_lines() -> None:
    transcript = Transcript(Mask())
    for piece, source in (
        ("\r10%", "errors"),
        ("epoch 1\n", "out"),
        ("\r90%", "errors"),
        ("epoch 2\n", "out"),
        ("\n", "errors"),
    ):
        transcript.add(piece, source)  # type: ignore[arg-type]
    assert transcript.text() == "epoch 1\nepoch 2\n90%\n"


def test_it_is_bounded_and_says_what_is_left_out() -> None:
    text = kept("".join(f"line {number}\n" for number in range(100_000)), limit=10_000)
    lines = text.splitlines()
    assert len(text) < 10_200
    assert lines[0] == "line 0"
    assert lines[-1] == "line 99999"
    (gap,) = [line for line in lines if "left out" in line]
    assert int(gap.split()[1].replace(",", "")) + len(lines) - 1 == 100_000


def test_a_line_without_an_end_does_not_grow_without_bound() -> None:
    assert len(kept(*(["x" * 1000] * 1000), limit=50_000)) < 70_000


def test_the_last_words_are_those_of_stderr() -> None:
    transcript = Transcript(Mask(["secret-value"]))
    transcript.add("Traceback\nValueError: secret-value\n\n", "errors")
    transcript.add("bye\n", "out")
    assert transcript.last_words() == "ValueError: ***"


def test_secrets_of_variables_and_settings_are_hidden() -> None:
    environ = {
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
        "MLFLOW_TRACKING_PASSWORD": "hunter22",
        "DB_PWD": "letmein",
        "PWD": "/home/somebody",
        "MY_TOKEN": "abc",  # too short to be one
        "AUTHOR": "somebody",
        "KEY_FILE_KEY": "/",
        "GOOGLE_APPLICATION_CREDENTIALS": "/etc",
    }
    mask = mask_of(environ, {"docker_auth": {"username": "me", "password": "pass word"}})
    said = "wJalrXUtnFEMI/K7MDENG hunter22 letmein /home/somebody abc somebody /etc pass word me"
    assert mask(said) == "*** *** *** /home/somebody abc somebody /etc *** me"


def test_secrets_of_several_lines_are_hidden_line_by_line() -> None:
    mask = mask_of({"PRIVATE_KEY": "-----BEGIN-----\nMIIEvQIBADANBg\n-----END-----"})
    assert mask("MIIEvQIBADANBg") == "***"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://me:secret@host/x", "https://me:***@host/x"),
        ("postgresql://u:p%40ss@db:5432/y and http://host:80/", "postgresql://u:***@db:5432/y and http://host:80/"),
        ("http://host/a:b@c", "http://host/a:b@c"),
        ("https://:token@host", "https://:***@host"),
    ],
)
def test_passwords_in_addresses_are_hidden(said: str, shown: str) -> None:
    assert Mask()(said) == shown
