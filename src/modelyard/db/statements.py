"""SQL as text: a script into its statements, `?` into the numbers PostgreSQL wants. Both know what is quoted and
what is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

# Strings, quoted names, comments and PostgreSQL's dollar quotes: in there `?` and `;` are only letters.
_QUOTED = r"""
    '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | --[^\n]*
  | /\*.*?\*/
  | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$
"""
_QUOTED_OR_MARK = re.compile(rf"(?:{_QUOTED})|(?P<mark>\?)", re.VERBOSE | re.DOTALL)
_QUOTED_OR_END = re.compile(rf"(?:{_QUOTED})|(?P<end>;)", re.VERBOSE | re.DOTALL)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


@lru_cache(maxsize=2048)
def numbered(sql: str) -> str:
    """``sql`` with its `?` written `$1`, `$2`, …

    >>> numbered("SELECT '?' FROM runs WHERE id = ? AND name = ?")
    "SELECT '?' FROM runs WHERE id = $1 AND name = $2"
    """
    parts: list[str] = []
    start = 0
    marks = (found for found in _QUOTED_OR_MARK.finditer(sql) if found["mark"])
    for number, found in enumerate(marks, start=1):
        parts += (sql[start : found.start()], f"${number}")
        start = found.end()
    return "".join((*parts, sql[start:]))


def statements(script: str) -> Iterator[str]:
    r"""The statements of ``script``, without their `;`. What holds nothing but comments is left out.

    >>> list(statements("CREATE TABLE a (b TEXT DEFAULT ';'); -- done; or not\nSELECT 1;"))
    ["CREATE TABLE a (b TEXT DEFAULT ';')", '-- done; or not\nSELECT 1']
    """
    start = 0
    ends = [found.start() for found in _QUOTED_OR_END.finditer(script) if found["end"]]
    for end in (*ends, len(script)):
        statement = script[start:end].strip()
        if _COMMENT.sub("", statement).strip():
            yield statement
        start = end + 1
