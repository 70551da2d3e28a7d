"""The command of an entry point: split into words once, before any value is put in. No shell ever reads it.

A value therefore stays one word, whatever is in it. The one idiom of published projects that asks for more,
``$(echo {options})``, means: the words of this parameter, split as a shell would split them, each of them data.
What only a shell can do (``&&``, pipes, redirections, ``$(…)``) is refused with the way out: a command that is a list,
``[bash, script.sh, "{x}"]``, names its shell.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from string import Formatter

import msgspec

from modelyard.core.errors import InvalidParameter

_ECHO = re.compile(r"""\$\(\s*echo\s+(["']?)\{([A-Za-z_][A-Za-z0-9_-]*)\}\1\s*\)""")
_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
_QUOTED = re.compile(r"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+""", re.DOTALL)
_DATA = re.compile(r"""(?:[^\s'"\\]|\\.|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")+""", re.DOTALL)
_OPERATORS = frozenset(";&|<>\n`")
_SPLICED = "\x00"


class Part(msgspec.Struct, frozen=True):
    """A piece of a word: a text as it stands, or the value of a parameter."""

    text: str = ""
    parameter: str = ""


class Word(msgspec.Struct, frozen=True):
    """One word of a command. A ``spliced`` word is as many words as its one parameter's value has."""

    parts: tuple[Part, ...] = ()
    spliced: bool = False


class Template(msgspec.Struct, frozen=True):
    """A command whose parameters have no values yet."""

    words: tuple[Word, ...]

    @property
    def spliced(self) -> tuple[str, ...]:
        """The parameters whose values become several words."""
        return tuple(word.parts[0].parameter for word in self.words if word.spliced)

    def fill(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """The words with their values: what a process is started with.

        >>> template_of("python train.py -r {rate} {file}", ["rate", "file"]).fill({"rate": "0.1", "file": "a b'c"})
        ('python', 'train.py', '-r', '0.1', "a b'c")
        """
        filled: list[str] = []
        for word in self.words:
            if word.spliced:
                filled += words_of(values[word.parts[0].parameter])
            else:
                filled.append("".join(values[part.parameter] if part.parameter else part.text for part in word.parts))
        return tuple(filled)


def template_of(command: str, parameters: Iterable[str]) -> Template:
    """The template of a command line with ``{name}`` for the parameters named; other braces are text.

    ``{{name}}`` is the text ``{name}``, as in MLflow. Raises ``InvalidParameter`` for what only a shell could do.

    >>> template_of("python main.py $(echo {options})", ["options"]).fill({"options": "a=1 'b=x y'"})
    ('python', 'main.py', 'a=1', 'b=x y')
    """
    names = frozenset(parameters)
    joined = re.sub(r"\\\r?\n", " ", command).strip()
    marked = _ECHO.sub(lambda found: _echoed(found, names), joined)
    return template_of_words(_split(marked), names, doubled=_is_format(joined, names))


def template_of_words(words: Iterable[str], parameters: Iterable[str], *, doubled: bool = False) -> Template:
    """The same of words that are split already; with ``doubled``, two braces stand for one."""
    names = frozenset(parameters)
    return Template(tuple(_word(word, names, doubled) for word in words))


def words_of(text: str) -> list[str]:
    """The words of a text: split at white space outside of quotes, with nothing expanded.

    A word that begins with a quote is read as a shell reads it. Quotes and backslashes further on in a word are data, as in
    what ``$(echo …)`` gives: programs such as Hydra have a meaning for them. Raises ``InvalidParameter`` for a quote that is
    never closed.

    >>> words_of("a='1,2' 'b=x y' -m")
    ["a='1,2'", 'b=x y', '-m']
    """
    words: list[str] = []
    rest = text.strip()
    while rest:
        found = (_QUOTED if rest[0] in "'\"" else _DATA).match(rest)
        if found is None or rest[found.end() : found.end() + 1].strip():
            raise InvalidParameter(f"{text!r} cannot be split into words: a quote or an escape is never closed.")
        words += shlex.split(found[0]) if rest[0] in "'\"" else [found[0]]
        rest = rest[found.end() :].lstrip()
    return words


def _echoed(found: re.Match[str], names: frozenset[str]) -> str:
    """What stands for ``$(echo {x})``: within quotes the value as it is, as a shell has it, else the mark of its words."""
    quote = _quote_at(found.string, found.start())
    if found[2] not in names or quote == "'":
        return found[0]
    if quote:
        return f"{{{found[2]}}}"
    before, after = found.string[found.start() - 1 : found.start()], found.string[found.end() : found.end() + 1]
    if before.strip() or after.strip():
        raise InvalidParameter(
            f"the command has {found[0]} within a word. Write it as a word of its own, or {{{found[2]}}} for the value as one."
        )
    return f"{_SPLICED}{found[2]}{_SPLICED}"


def _quote_at(command: str, position: int) -> str:
    """The quotation mark that is open at a place of a command line; empty where there is none."""
    quote = ""
    characters = iter(command[:position])
    for character in characters:
        if character == "\\" and quote != "'":
            next(characters, "")
        elif character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
    return quote


def _word(text: str, names: frozenset[str], doubled: bool) -> Word:
    if text.startswith(_SPLICED) and text.endswith(_SPLICED) and text.count(_SPLICED) == 2:
        return Word((Part(parameter=text.strip(_SPLICED)),), spliced=True)
    parts: list[Part] = []
    for literal, name in _formatted(text) if doubled else _pieces(text, names):
        if literal:
            parts.append(Part(text=literal))
        if name is not None:
            parts.append(Part(parameter=name))
    return Word(tuple(parts))


def _formatted(text: str) -> Iterable[tuple[str, str | None]]:
    return ((literal, field) for literal, field, _, _ in Formatter().parse(text))


def _pieces(text: str, names: frozenset[str]) -> Iterable[tuple[str, str | None]]:
    last = 0
    for found in _FIELD.finditer(text):
        if found[1] in names:
            yield text[last : found.start()], found[1]
            last = found.end()
    yield text[last:], None


def _is_format(command: str, names: frozenset[str]) -> bool:
    """Whether doubled braces in a command can be meant as MLflow means them: it reads as a format of its parameters."""
    if "{{" not in command:
        return False
    try:
        fields = [(name, how, shown) for _, name, how, shown in Formatter().parse(command) if name is not None]
    except ValueError:
        return False
    return all(name in names and not how and not shown for name, how, shown in fields)


def _split(command: str) -> list[str]:
    """Words by the quoting rules of POSIX; raises for operators outside of quotes."""
    _refuse_operators(command)
    try:
        return shlex.split(command)
    except ValueError as error:
        raise InvalidParameter(f"the command {command!r} cannot be split into words: {str(error).lower()}.") from None


def _refuse_operators(command: str) -> None:
    quote = ""
    characters = iter(command)
    before = ""
    for character in characters:
        if quote == "'":
            quote = "" if character == "'" else quote
        elif character == "\\":
            next(characters, "")
        elif character == quote:
            quote = ""
        elif quote:
            pass
        elif character in "\"'":
            quote = character
        elif character in _OPERATORS or (before == "$" and character == "("):
            shown = "a second line" if character == "\n" else repr("$(" if character == "(" else character)
            raise InvalidParameter(
                f"the command has {shown}, which only a shell understands, and no shell runs. Name the shell, with the"
                ' command as a list: command: [bash, script.sh, "{x}"].'
            )
        before = character
