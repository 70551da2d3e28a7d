"""Command lines in README and docs are ones the program takes."""

from __future__ import annotations

import re
import shlex

import pytest

from modelyard.cli import main as cli
from tests.docs.pages import ROOT, blocks, pages

LINES = [
    (f"{page.relative_to(ROOT)}: {line}", line)
    for page in pages()
    for block in blocks(page, "bash")
    for line in block.text.splitlines()
    if re.match(r"\s*modelyard\b", line)
]
MAKE = [
    word
    for page in pages()
    for block in blocks(page, "bash")
    for word in re.findall(r"^make ([a-z-]+)", block.text, re.MULTILINE)
]


@pytest.mark.parametrize("line", [line for _, line in LINES], ids=[name for name, _ in LINES])
def test_a_command_line_in_a_page_can_be_parsed(line: str) -> None:
    _, name, *words = shlex.split(line, comments=True)
    commands = {command.name: command for command in cli.commands_of(name)}
    command = commands.get(name) or commands[words.pop(0)]
    cli.parser_of(name, command).parse_args(words)


def test_the_make_words_in_pages_exist() -> None:
    words = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(MAKE) <= set(words)
    assert {"demo", "test", "check", "test-all", "bench", "ui", "docs"} <= set(words)
