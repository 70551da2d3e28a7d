"""Filter text to tokens, each with its place.

Strings are in single or double quotes, names of keys in backticks or double quotes; a doubled quote inside stands for
one of it, the backslash means nothing. Dots, digits and letters are tokens of their own, so that the parser can put
``metrics.train.loss`` together by looking at which tokens touch.
"""

from __future__ import annotations

import re
from enum import Enum

import msgspec

from modelyard.core.errors import InvalidParameter

MAX_BYTES = 4096
MAX_TOKENS = 256  # a dotted name counts once, so that 64 comparisons joined by AND or OR are the most there can be

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\w)")
_INTEGER = re.compile(r"[-+]?\d+")
_OPERATOR = re.compile(r"[<>=~!]+")
_QUOTED = {quote: re.compile(f"{quote}((?:[^{quote}]|{quote}{quote})*){quote}") for quote in "'\"`"}


class TokenKind(Enum):
    """The kinds of token."""

    WORD = "word"
    NUMBER = "number"
    STRING = "string"  # in single quotes: only ever a value
    QUOTED = "quoted"  # in double quotes or backticks: the key of a field; in double quotes also a value
    OPERATOR = "operator"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    DOT = "."
    SEMICOLON = ";"
    END = "end"


_IN_NAME = (TokenKind.DOT, TokenKind.WORD, TokenKind.QUOTED)  # what touches one of these continues a name
_PUNCTUATION = {kind.value: kind for kind in TokenKind if len(kind.value) == 1}


class Token(msgspec.Struct, frozen=True):
    """A token: its text as written, the place of its first character, and what it says without its quotes."""

    kind: TokenKind
    text: str
    start: int
    content: str

    @property
    def end(self) -> int:
        """The place behind the token's last character."""
        return self.start + len(self.text)

    def is_word(self, *words: str) -> bool:
        """Whether the token is one of these words, in any case."""
        return self.kind is TokenKind.WORD and self.text.upper() in words


class Source(msgspec.Struct, frozen=True):
    """The text that is read and what it is called in messages: "filter string" or "order_by"."""

    text: str
    what: str = "filter string"

    def error(self, start: int, found: str, reason: str) -> InvalidParameter:
        """Why the text is refused: MLflow's opening words, the place, the reason and the line with a caret under it."""
        line_start = self.text.rfind("\n", 0, start) + 1
        line = self.text[line_start:].split("\n", 1)[0]
        caret = " " * (start - line_start) + "^"
        return InvalidParameter(
            f"Invalid clause(s) in {self.what}: '{found}' at character {start + 1}: {reason}\n  {line}\n  {caret}"
        )


def tokenize(source: Source) -> list[Token]:
    """The tokens of the text, closed by one END.

    Raises:
        InvalidParameter: the text is too long, holds too many tokens, a character that begins none, or an open quote.

    >>> [token.text for token in tokenize(Source("metrics.loss<0.5"))]
    ['metrics', '.', 'loss', '<', '0.5', '']
    """
    text = source.text
    _check_length(source)
    tokens: list[Token] = []
    count = 0
    place = _skip_space(text, 0)
    while place < len(text):
        in_name = bool(tokens) and tokens[-1].end == place and tokens[-1].kind in _IN_NAME
        token = _read(source, place, in_name=in_name)
        count += not (in_name and token.kind in _IN_NAME)
        if count > MAX_TOKENS:
            raise InvalidParameter(
                f"The {source.what} holds more than {MAX_TOKENS} words and signs, or 64 comparisons; make it shorter."
            )
        tokens.append(token)
        place = _skip_space(text, token.end)
    tokens.append(Token(TokenKind.END, "", len(text), ""))
    return tokens


def integer_or_float(text: str) -> int | float:
    """The number a NUMBER token stands for: an int where it is one of 64 bits, else a float (perhaps infinite)."""
    if _INTEGER.fullmatch(text) and len(text) < 24 and -(2**63) <= int(text) < 2**63:
        return int(text)
    return float(text)


def _check_length(source: Source) -> None:
    try:
        size = len(source.text.encode())
    except UnicodeEncodeError as error:
        raise InvalidParameter(f"The {source.what} is not valid Unicode at character {error.start + 1}.") from error
    if size > MAX_BYTES:
        raise InvalidParameter(f"The {source.what} is {size} bytes long; at most {MAX_BYTES} are read.")
    if "\0" in source.text:
        raise source.error(source.text.index("\0"), "\\0", "the NUL character cannot be part of a name or value")


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _read(source: Source, place: int, *, in_name: bool) -> Token:
    """The token at a place; in a name, a dot and digits are no number: metrics.top.5."""
    text, char = source.text, source.text[place]
    if char in _QUOTED:
        return _read_quoted(source, place)
    if not in_name and (match := _NUMBER.match(text, place)):
        return Token(TokenKind.NUMBER, match[0], place, match[0])
    if match := _WORD.match(text, place):
        return Token(TokenKind.WORD, match[0], place, match[0])
    if char in _PUNCTUATION:
        return Token(_PUNCTUATION[char], char, place, char)
    if match := _OPERATOR.match(text, place):
        return Token(TokenKind.OPERATOR, match[0], place, match[0])
    reason = "a key with other signs than letters, digits, _ and . is put in backticks, as in metrics.`val/loss`"
    raise source.error(place, char, reason if in_name else "this sign has no meaning here")


def _read_quoted(source: Source, place: int) -> Token:
    quote = source.text[place]
    match = _QUOTED[quote].match(source.text, place)
    if match is None:
        raise source.error(place, source.text[place:], f"the quote {quote} is never closed")
    kind = TokenKind.STRING if quote == "'" else TokenKind.QUOTED
    return Token(kind, match[0], place, match[1].replace(quote * 2, quote))
