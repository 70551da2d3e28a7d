"""Commands become words before any value is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.errors import InvalidParameter
from modelyard.projects.command import template_of, template_of_words, words_of

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)))


@given(value=TEXTS, other=TEXTS)
def test_a_value_is_one_word_whatever_is_in_it(value: str, other: str) -> None:
    template = template_of("""python run.py -r {a} "--b={b}" '{a}'{b} tail""", ["a", "b"])
    assert template.fill({"a": value, "b": other}) == (
        "python",
        "run.py",
        "-r",
        value,
        f"--b={other}",
        value + other,
        "tail",
    )


@given(st.lists(TEXTS))
def test_a_spliced_value_is_the_words_it_was_quoted_from(words: list[str]) -> None:
    quoted = " ".join("'" + word.replace("'", "'\"'\"'") + "'" for word in words)
    assert template_of("python main.py $(echo {options})", ["options"]).fill({"options": quoted})[2:] == tuple(words)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python a.py {x}", ("python", "a.py", "X")),
        ("python a.py {y} {}", ("python", "a.py", "{y}", "{}")),  # braces of others are text
        ("python a.py '{\"k\": [1, 2]}' {x}", ("python", "a.py", '{"k": [1, 2]}', "X")),
        ("python a.py {{x}} {x}", ("python", "a.py", "{x}", "X")),  # as MLflow's format has it
        ("python a.py {{k}} {y}", ("python", "a.py", "{{k}}", "{y}")),  # no format of its parameters: text
        ("python a.py {x!r} {x:9} {x.__class__}", ("python", "a.py", "{x!r}", "{x:9}", "{x.__class__}")),
        ("python a.py \\\n  --x={x}", ("python", "a.py", "--x=X")),
        ("python 'a b.py' \"$HOME\" ~ *", ("python", "a b.py", "$HOME", "~", "*")),  # nothing is expanded
        ("python a.py \"a;b|c\" 'd && e' f\\;g", ("python", "a.py", "a;b|c", "d && e", "f;g")),
    ],
)
def test_words_are_split_and_filled_and_nothing_else(command: str, words: tuple[str, ...]) -> None:
    assert template_of(command, ["x"]).fill({"x": "X"}) == words


@pytest.mark.parametrize(
    "command",
    [
        "a; b",
        "a && b",
        "a | b",
        "a > f",
        "a < f",
        "a &",
        "a `b`",
        "a $(b)",
        "a\nb",
        'a $(echo "{x} {y}")',
        "a $(echo {unknown})",
    ],
)
def test_what_only_a_shell_can_do_is_refused_with_the_way_out(command: str) -> None:
    with pytest.raises(InvalidParameter, match=r"no shell runs.*\[bash, script\.sh"):
        template_of(command, ["x"])


@pytest.mark.parametrize("command", ["python 'a", 'python "a', "python a\\"])
def test_a_quote_that_is_not_closed_is_refused(command: str) -> None:
    with pytest.raises(InvalidParameter, match="cannot be split into words"):
        template_of(command, [])


@pytest.mark.parametrize("idiom", ["$(echo {x})", "$( echo {x} )", '$(echo "{x}")', "$(echo '{x}')"])
def test_echo_splices_the_words_of_a_value(idiom: str) -> None:
    template = template_of(f"python main.py {idiom} end", ["x"])
    assert template.spliced == ("x",)
    assert template.fill({"x": "a=1 'b=x y' $(touch z) *"})[2:] == ("a=1", "b=x y", "$(touch", "z)", "*", "end")
    assert template.fill({"x": ""})[2:] == ("end",)


def test_a_command_that_is_a_list_may_name_a_shell() -> None:
    template = template_of_words(["bash", "-c", "echo $1 | wc -c", "sh", "{x}"], ["x"])
    assert template.fill({"x": "a; b"}) == ("bash", "-c", "echo $1 | wc -c", "sh", "a; b")


def test_words_with_an_open_quote_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="a quote or an escape is never closed"):
        words_of("a 'b")


def test_echo_within_quotes_is_the_value_in_one_word() -> None:
    template = template_of("""python "$(echo {x})" "a=$(echo {x})" '$(echo {x})'""", ["x"])
    assert template.spliced == ()
    assert template.fill({"x": "1 '2"}) == ("python", "1 '2", "a=1 '2", "$(echo 1 '2)")


def test_echo_within_a_word_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidParameter, match="as a word of its own"):
        template_of("python a.py options=$(echo {x})", ["x"])
