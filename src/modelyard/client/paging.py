"""Pages of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


class PagedList(list[T]):
    """A list with the token of the next page: None where this is the last."""

    def __init__(self, items: Iterable[T], token: str | None) -> None:
        super().__init__(items)
        self.token = token

    def to_list(self) -> list[T]:
        """A plain list of the items."""
        return list(self)


def gather(page: Callable[[int, str | None], PagedList[T]], most: int | None, size: int) -> list[T]:
    """All items of all pages, up to ``most``; ``page`` is asked for so many, from a token on."""
    found: list[T] = []
    token: str | None = None
    while most is None or len(found) < most:
        got = page(size if most is None else min(size, most - len(found)), token)
        found.extend(got)
        token = got.token
        if not token:
            break
    return found
