"""LIKE and regular expressions: what they match, and that no pattern takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.errors import InvalidParameter
from modelyard.core.search.like import ilike, like, literal_prefix
from modelyard.core.search.regex import compile_regex

# -- LIKE


def _like_by_regex(text: str, pattern: str) -> bool:
    signs = {"%": ".*", "_": "."}
    return re.fullmatch("".join(signs.get(sign, re.escape(sign)) for sign in pattern), text, re.DOTALL) is not None


@given(st.text("aAb\n%_", max_size=8), st.text("aAb\n%_", max_size=6))
def test_like_is_what_a_regular_expression_says(text: str, pattern: str) -> None:
    assert like(text, pattern) == _like_by_regex(text, pattern)


@given(st.text("aAbé%", max_size=6), st.text("aAbÉé%_", max_size=5))
def test_ilike_folds_ascii_letters_only(text: str, pattern: str) -> None:
    folded = str.maketrans("AB", "ab")
    assert ilike(text, pattern) == like(text.translate(folded), pattern.translate(folded))


@given(st.text("ab%_", max_size=6), st.text("ab", max_size=6))
def test_what_fits_a_pattern_begins_with_its_letters(pattern: str, text: str) -> None:
    if like(text, pattern):
        assert text.startswith(literal_prefix(pattern))


def test_like_does_not_backtrack_without_end() -> None:
    started = time.thread_time()
    assert not like("a" * 8_000, "%a" * 100 + "b")
    assert time.thread_time() - started < 5


# -- regular expressions

_atoms = st.sampled_from(
    ["a", "b", "A", ".", "[ab]", "[^a]", "[a-c1-3]", r"\d", r"\W", r"\s", r"[\d_-]", r"\.", "1", "\n", "é", ""]
)
_quantifiers = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}", "*?", "+?"])


def _larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, parts).map("".join),
        st.tuples(parts, parts).map(lambda both: f"({both[0]}|{both[1]})"),
        st.tuples(parts, _quantifiers).map(lambda both: f"(?:{both[0]}a){both[1]}"),
        parts.map(lambda part: f"^{part}"),
        parts.map(lambda part: f"{part}$"),
    )


regexes = st.recursive(_atoms, _larger, max_leaves=8)


@given(regexes, st.booleans(), st.lists(st.text("abAB1 \né_.", max_size=7), min_size=1, max_size=4))
def test_search_finds_what_pythons_re_finds(pattern: str, either_case: bool, texts: list[str]) -> None:
    flagged = "(?i)" + pattern if either_case else pattern
    # The end of the text is the very end here, and a dot is any character.
    reference = re.compile(flagged.replace("$", r"\Z"), re.ASCII | re.DOTALL)
    compiled = compile_regex(flagged)
    for text in texts:
        assert compiled.search(text) == bool(reference.search(text))


@pytest.mark.parametrize(
    ("pattern", "character"),
    [
        ("(a", 3),
        ("a)", 2),
        ("[a", 3),
        ("[", 2),
        ("*a", 1),
        ("a|*", 3),
        ("a**", 3),
        ("a++", 3),
        ("a{2", 4),
        ("a{x}", 3),
        ("a{300}", 7),
        ("a{2,1}", 7),
        (r"\1", 2),
        (r"\b", 2),
        ("(?=a)", 2),
        ("(?<n>a)", 2),
        ("a(?i)", 3),
        ("[b-a]", 5),
        ("[[a]]", 3),
        ("^*", 3),
        ("\\", 2),
        ("(" * 21 + ")" * 21, 22),
    ],
)
def test_what_the_two_databases_do_not_share_is_refused_with_its_place(pattern: str, character: int) -> None:
    with pytest.raises(InvalidParameter) as caught:
        compile_regex(pattern)
    assert caught.value.message.startswith(f"Invalid regular expression '{pattern}' at character {character}: ")


def test_an_expression_may_not_grow_without_bound() -> None:
    with pytest.raises(InvalidParameter, match="is too large"):
        compile_regex("((a{200}){200}){200}")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+b", "a" * 8_000),
        ("(a|a)*b", "a" * 8_000),
        ("(.*)*(.*)*(.*)*x", "a" * 8_000),
        (".*.*.*.*.*.*.*=x", "a" * 8_000),
        ("(a?){100}a{100}", "a" * 99 + "b" * 8_000),
    ],
)
def test_no_expression_backtracks(pattern: str, text: str) -> None:
    started = time.thread_time()
    assert not compile_regex(pattern).search(text)
    assert time.thread_time() - started < 2


def test_the_states_of_an_expression_are_bounded() -> None:
    import random

    chance = random.Random(1)
    compiled = compile_regex("a.{12}c")
    for _ in range(30):
        text = "".join(chance.choice("ab") for _ in range(1_000)) + "é"
        assert not compiled.search(text)
    assert len(compiled._states) <= 1_001
    assert compiled.search("xa" + "-" * 12 + "c")
