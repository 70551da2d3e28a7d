"""Tells what happens."""

import intermediate_module as between


def say(text: str) -> None:
    """Print a line, marked by the deepest module."""
    print(between.marked(text))
