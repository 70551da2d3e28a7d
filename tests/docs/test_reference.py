"""The reference pages say what the program says."""

from __future__ import annotations

import pytest

from docs.reference import generate

GENERATED = generate.pages()


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_what_the_tables_say_now(name: str) -> None:
    assert (generate.HERE / name).read_text(encoding="utf-8") == GENERATED[name], "run `make docs`"
