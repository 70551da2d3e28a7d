"""Stands between the others and the folder below."""

from sub_folder.sub_sub_folder import is_sub


def marked(text: str) -> str:
    """The text with the mark of the deepest module."""
    return is_sub.mark(text)
