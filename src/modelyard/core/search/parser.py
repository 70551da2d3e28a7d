"""Filter text to predicate, by recursive descent.

The grammar, a superset of MLflow's (which is comparisons joined by AND)::

    filter      = any
    any         = all { OR all }
    all         = one { AND one }
    one         = NOT one | "(" any ")" | comparison
    comparison  = field ( = | != | < | <= | > | >= | LIKE | ILIKE | =~ ) value
                | field [NOT] IN "(" value { "," value } ")"
                | field BETWEEN value AND value
                | field IS [NOT] NULL
    field       = [ prefix "." ] key [ "." ( min | max | last ) ]

Keywords are read in any case. A metric's last part ``min``, ``max`` or ``last`` says which number of its series is
meant, unless the key is quoted: ``metrics.loss.min`` is the least value of ``loss``, ``metrics.`loss.min``` the metric
of that name, ``metrics.`loss.min`.max`` its greatest value, ``metrics.train.loss`` the metric ``train.loss``.
"""

from __future__ import annotations

from itertools import pairwise

from modelyard.core.errors import InvalidParameter
from modelyard.core.search.fields import FieldTable, ValueType
from modelyard.core.search.lexer import Source, Token, TokenKind, integer_or_float, tokenize
from modelyard.core.search.pattern import BAD_REGEX
from modelyard.core.search.predicate import And, Aspect, Compare, Field, Kind, Not, Op, Or, Predicate, Scalar, Value
from modelyard.core.search.regex import compile_regex

MAX_NESTING = 16

_KEYWORD_OPERATORS = ("LIKE", "ILIKE", "IN", "BETWEEN", "RLIKE", "REGEXP")
_ASPECTS = {str(aspect): aspect for aspect in Aspect}
_PLACE = "at character"
_LIST = "While parsing a list in the query, expected"


def parse_filter(text: str | None, table: FieldTable) -> Predicate | None:
    """The predicate a filter stands for; None when it is empty, which all records match.

    Raises:
        InvalidParameter: the text is no filter for this table. MLflow's messages where MLflow has one, with the place
            of the fault behind them; the others name the character and show the place.

    >>> from modelyard.core.search.fields import RUNS
    >>> parse_filter("metrics.train.loss < 0.5", RUNS).field.key
    'train.loss'
    """
    if not text:
        return None
    if text.isspace():
        raise InvalidParameter(f"Invalid filter '{text}'. Could not be parsed.")
    source = Source(text)
    tokens = tokenize(source)
    for token, following in pairwise(tokens):
        if token.kind is TokenKind.SEMICOLON and following.kind is not TokenKind.END:
            raise InvalidParameter(
                f"Search filter contained multiple expression {text!r}. Provide AND-ed expression list."
                f" ({_PLACE} {following.start + 1})"
            )
    parser = _Parser(source, tokens, table)
    try:
        return parser.filter()
    except InvalidParameter as error:
        if _PLACE in error.message and not error.message.startswith(BAD_REGEX):  # whose place is one in the expression
            raise
        raise InvalidParameter(f"{error.message} ({_PLACE} {parser.start + 1})") from error


class Cursor:
    """A place in a list of tokens; what reading filters and orders share."""

    def __init__(self, source: Source, tokens: list[Token], table: FieldTable) -> None:
        self.source = source
        self.table = table
        self._tokens = tokens
        self._place = 0
        self.start = 0  # of the token that is looked at

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._place]

    @property
    def following(self) -> Token:
        """The token behind it."""
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Read a token."""
        token = self.token
        self.start = token.start
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def at(self, *kinds: TokenKind) -> bool:
        """Whether a token of one of these kinds comes next."""
        return self.token.kind in kinds

    def touches(self, before: Token) -> bool:
        """Whether the token that comes next follows that one without a space."""
        return self.token.start == before.end

    def take_word(self, word: str) -> bool:
        """Read this word if it comes next."""
        if self.token.is_word(word):
            self.take()
            return True
        return False

    def unexpected(self, reason: str) -> InvalidParameter:
        """The error about the token that comes next."""
        return self.source.error(self.token.start, self.token.text, reason)

    def field(self, *, ordering: bool = False) -> Field:
        """Read a field and look it up."""
        first = self.take()
        if not (self.at(TokenKind.DOT) and self.touches(first)):
            return self.table.attribute(first.content, ordering=ordering)
        self.take()
        in_backticks = first.text.startswith("`")
        self.start = first.start
        kind = self.table.kind(first.content if in_backticks else first.text)
        key, aspect = self._key(kind)
        self.start = first.start
        field = self.table.field(kind, key, ordering=ordering)
        return Field(field.kind, field.key, aspect)

    def _key(self, kind: Kind) -> tuple[str, Aspect]:
        if self.at(TokenKind.QUOTED, TokenKind.STRING):
            quoted = self.take()
            return quoted.content, self._aspect_behind(kind, quoted)
        start = end = self._tokens[self._place - 1].end
        while self.token.start == end and self.at(TokenKind.WORD, TokenKind.DOT):
            end = self.take().end
        key = self.source.text[start:end]
        if not key or key.startswith(".") or key.endswith("."):
            raise self.unexpected("a key is missing behind the dot")
        stem, _, last = key.rpartition(".")
        if kind is Kind.METRIC and stem and last in _ASPECTS:
            return stem, _ASPECTS[last]
        return key, Aspect.LAST

    def _aspect_behind(self, kind: Kind, quoted: Token) -> Aspect:
        if not (self.at(TokenKind.DOT) and self.touches(quoted)):
            return Aspect.LAST
        self.take()
        if kind is not Kind.METRIC or self.token.text not in _ASPECTS:
            raise self.unexpected("behind a quoted key only .min, .max or .last of a metric may follow")
        return _ASPECTS[self.take().text]


class _Parser(Cursor):
    def filter(self) -> Predicate:
        predicate = self._any(0)
        if not self.at(TokenKind.END):
            raise self.unexpected("expected AND or OR")
        return predicate

    def _any(self, depth: int) -> Predicate:
        parts = [self._all(depth)]
        while self.take_word("OR"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(_flat(parts, Or)))

    def _all(self, depth: int) -> Predicate:
        parts = [self._one(depth)]
        while self.take_word("AND"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(_flat(parts, And)))

    def _one(self, depth: int) -> Predicate:
        if depth > MAX_NESTING:
            raise self.unexpected(f"parentheses and NOT may be nested {MAX_NESTING} deep")
        if self.token.is_word("NOT") and self.following.kind is not TokenKind.DOT:
            self.take()
            part = self._one(depth + 1)
            return part.part if isinstance(part, Not) else Not(part)
        if self.at(TokenKind.OPEN):
            self.take()
            inner = self._any(depth + 1)
            if not self.at(TokenKind.CLOSE):
                raise self.unexpected("expected AND, OR or a closing parenthesis")
            self.take()
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        token = self.token
        self.start = token.start
        if token.kind in (TokenKind.NUMBER, TokenKind.STRING) and self.following.kind is TokenKind.OPERATOR:
            raise InvalidParameter(f"Invalid comparison clause. Expected 'Identifier' found '{token.text}'")
        if token.kind not in (TokenKind.WORD, TokenKind.QUOTED) or token.is_word("AND", "OR"):
            raise self.unexpected("expected a comparison, such as metrics.loss < 0.5")
        field = self.field()
        place = self.token.start
        op = self._operator(field)
        return self._assume(Compare(field, op, self._value_of(field, op, place)))

    def _operator(self, field: Field) -> Op:
        token = self.token
        if token.kind is TokenKind.OPERATOR:
            return self._known_operator(field, self.take().text)
        if self.take_word("IS"):
            negated = self.take_word("NOT")
            if not self.take_word("NULL"):
                raise self.unexpected("expected NULL")
            return self._null_operator(field, Op.IS_NOT_NULL if negated else Op.IS_NULL)
        if token.is_word("NOT") and self.following.is_word(*_KEYWORD_OPERATORS):
            self.take()
            return self._known_operator(field, f"NOT {self.take().text.upper()}")
        if token.is_word(*_KEYWORD_OPERATORS):
            return self._known_operator(field, self.take().text.upper())
        raise self.unexpected("expected an operator, such as = or LIKE")

    def _known_operator(self, field: Field, text: str) -> Op:
        try:
            return Op(text)
        except ValueError:
            raise self._bad_operator(field, text) from None

    def _null_operator(self, field: Field, op: Op) -> Op:
        if op in self.table.operators(field):
            return op
        raise InvalidParameter(
            "IS NULL / IS NOT NULL is only supported for tags and params, "
            f"not for '{field.kind}' '{field.key}'; attributes take it too"
        )

    def _bad_operator(self, field: Field, text: str) -> InvalidParameter:
        valid = ", ".join(f"'{op}'" for op in self.table.operators(field))
        return InvalidParameter(f"Invalid comparator '{text}' not one of {valid}")

    def _value_of(self, field: Field, op: Op, place: int) -> Value:
        allowed = op in self.table.operators(field)
        if op in (Op.IS_NULL, Op.IS_NOT_NULL):
            return None
        if op in (Op.IN, Op.NOT_IN):
            return self._list(field)
        if op is Op.BETWEEN and allowed:
            return self._ends(field)
        value = self._scalar(field)
        if not allowed:
            self.start = place
            raise self._bad_operator(field, op)
        if op is Op.MATCHES:
            compile_regex(str(value))
        return value

    def _ends(self, field: Field) -> tuple[Scalar, ...]:
        low = self._scalar(field)
        if not self.take_word("AND"):
            raise self.unexpected("expected AND and the upper end of BETWEEN")
        return low, self._scalar(field)

    def _list(self, field: Field) -> tuple[Scalar, ...]:
        if not self.at(TokenKind.OPEN):
            raise self.unexpected("expected a list in parentheses, such as ('a', 'b')")
        self.take()
        members = "numbers" if self.table.type_of(field) is ValueType.NUMBER else "string values"
        if self.at(TokenKind.CLOSE):
            raise InvalidParameter(f"{_LIST} a non-empty list of {members}, but got empty list")
        values = [self._member(field)]
        while self.at(TokenKind.COMMA):
            self.take()
            if self.at(TokenKind.CLOSE):
                break
            values.append(self._member(field))
        if not self.at(TokenKind.CLOSE):
            raise InvalidParameter(f"{_LIST} a non-empty list of {members}, but got ill-formed list.")
        self.take()
        return tuple(values)

    def _member(self, field: Field) -> Scalar:
        if self.table.type_of(field) is not ValueType.NUMBER and _as_text(self.token) is None:
            raise InvalidParameter(
                f"{_LIST} string value, punctuation, or whitespace, "
                f"but got different type in list: {self.token.text} at character {self.token.start + 1}"
            )
        return self._scalar(field)

    def _scalar(self, field: Field) -> Scalar:
        self.start = self.token.start
        if self.at(TokenKind.END, TokenKind.OPERATOR, TokenKind.CLOSE, TokenKind.COMMA):
            raise self.unexpected("expected a value")
        if self.table.type_of(field) is ValueType.NUMBER:
            return self._number(field)
        text = _as_text(self.token)
        if text is None:
            raise self._no_text(field)
        self.take()
        return text

    def _number(self, field: Field) -> int | float:
        token = self.take()
        if token.kind is TokenKind.NUMBER:
            return float(token.text) if field.kind is Kind.METRIC else integer_or_float(token.text)
        if field.kind is Kind.METRIC:
            raise InvalidParameter(f"Expected numeric value type for metric. Found {token.text}")
        if not self.table.attributes[field.key].quotable:
            raise InvalidParameter(
                f"Expected numeric value type for numeric attribute: {field.key}. Found {token.text}"
            )
        content = (_as_text(token) or "").strip()
        if not (content.isascii() and content.lstrip("-").isdigit()):
            raise InvalidParameter(f"Invalid value for numeric attribute '{field.key}': '{token.content}'")
        return integer_or_float(content)

    def _no_text(self, field: Field) -> InvalidParameter:
        token = self.token
        if token.is_word("TRUE", "FALSE"):
            return self.unexpected("expected a value in quotes")
        if (token.kind is TokenKind.WORD and not token.is_word("NULL")) or token.kind is TokenKind.QUOTED:
            return InvalidParameter(
                "Parameter value is either not quoted or unidentified quote types used for string value "
                f"{token.text}. Use either single or double quotes."
            )
        whose = {
            Kind.PARAM: "parameter (e.g. 'my-value')",
            Kind.TAG: "tag (e.g. 'my-value')",
            Kind.DATASET: "dataset attributes",
        }.get(field.kind, "attributes")
        return InvalidParameter(f"Expected a quoted string value for {whose}. Got value {token.text}")

    def _assume(self, compare: Compare) -> Predicate:
        """Let a missing tag count as having the value the table assumes for it."""
        if compare.field.kind is not Kind.TAG or compare.field.key not in self.table.assumed_tags:
            return compare
        equal = compare.value == self.table.assumed_tags[compare.field.key]
        if (compare.op is Op.EQ and equal) or (compare.op is Op.NE and not equal):
            return Or((compare, Compare(compare.field, Op.IS_NULL)))
        return compare


def _as_text(token: Token) -> str | None:
    quoted = token.kind is TokenKind.STRING or (token.kind is TokenKind.QUOTED and token.text.startswith('"'))
    return token.content if quoted else None


def _flat(parts: list[Predicate], joint: type[And] | type[Or]) -> list[Predicate]:
    flat: list[Predicate] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, joint) else (part,))
    return flat
