"""The deepest module of the project: two folders down, none of which has an ``__init__.py``."""


def mark(text: str) -> str:
    """The text, and who says so."""
    return f"[{__name__}] {text}"
