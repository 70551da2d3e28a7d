"""Search by regular expression in time linear in the text.

The expression (`pattern` says which there are) runs as an automaton whose states are made when they are first needed.
There is no backtracking, so no expression can hold the server up. As in `re.search`, a match may begin anywhere.
"""

from __future__ import annotations

from functools import lru_cache

from modelyard.core.errors import InvalidParameter
from modelyard.core.search.pattern import Chain, Choice, Edge, Node, One, Ranges, Repeat, read_pattern, write_postgres

MAX_STEPS = 500
_MAX_STATES = 1_000
_MAX_MOVES = 20_000


class Regex:
    """A compiled expression. Safe to share between threads.

    >>> Regex("^v[0-9]+$").search("v12")
    True
    """

    def __init__(self, pattern: str) -> None:
        self._node = read_pattern(pattern)
        self._program = _Program(self._node)
        if len(self._program.steps) > MAX_STEPS:
            raise InvalidParameter(f"The regular expression '{pattern}' is too large; use smaller repeat counts.")
        self._restart = self._program.closure((0,), start=False)
        again = _State(self._program, self._restart)
        self._begins_once = not (again.steps or again.done or again.done_at_end)  # every match begins with ^
        self._clear()

    def search(self, text: str) -> bool:
        """Whether the expression matches anywhere in the text."""
        state = self._first
        for char in text:
            if state.done:
                return True
            if not state.steps and self._begins_once:
                return False
            following = state.moves.get(char)
            state = following if following is not None else self._move(state, char)
        return state.done or state.done_at_end

    def postgres(self) -> str:
        """The expression as an "advanced regular expression" of PostgreSQL, for its operator ``~``."""
        return write_postgres(self._node)

    def _move(self, state: _State, char: str) -> _State:
        if len(self._states) > _MAX_STATES or self._moves > _MAX_MOVES:
            self._clear()
        code = ord(char)
        nexts = [
            self._program.steps[step].following[0]
            for step in state.steps
            if _contains(self._program.steps[step].ranges, code)
        ]
        following = self._state(self._restart | self._program.closure(tuple(nexts), start=False))
        state.moves[char] = following
        self._moves += 1
        return following

    def _state(self, reached: frozenset[int]) -> _State:
        state = self._states.get(reached)
        if state is None:
            state = _State(self._program, reached)
            self._states[reached] = state
        return state

    def _clear(self) -> None:
        self._states: dict[frozenset[int], _State] = {}
        self._moves = 0
        self._first = _State(self._program, self._program.closure((0,), start=True), at_start=True)


@lru_cache(maxsize=256)
def compile_regex(pattern: str) -> Regex:
    """The compiled expression.

    Raises:
        InvalidParameter: it is no expression of this language, or too large.
    """
    return Regex(pattern)


class _Step:
    """An instruction: take a character, pass an edge, branch, or match (following is empty)."""

    __slots__ = ("edge", "following", "ranges")

    def __init__(self, ranges: Ranges = (), edge: Edge | None = None) -> None:
        self.ranges = ranges
        self.edge = edge
        self.following: list[int] = []


class _Program:
    def __init__(self, node: Node) -> None:
        self.steps: list[_Step] = []
        ends = self._add(node, [])
        self._aim(ends, self._new(_Step()))

    def closure(self, starts: tuple[int, ...], *, start: bool, end: bool = False) -> frozenset[int]:
        """All steps reached from these without taking a character."""
        reached = set(starts)
        pending = list(starts)
        while pending:
            step = self.steps[pending.pop()]
            if step.ranges or (step.edge is not None and not (end if step.edge.end else start)):
                continue
            for following in step.following:
                if following not in reached:
                    reached.add(following)
                    pending.append(following)
        return frozenset(reached)

    def is_match(self, step: int) -> bool:
        return step == len(self.steps) - 1

    def _new(self, step: _Step) -> int:
        if len(self.steps) <= MAX_STEPS:
            self.steps.append(step)
        return len(self.steps) - 1

    def _aim(self, ends: list[int], target: int) -> None:
        for end in ends:
            self.steps[end].following.append(target)

    def _add(self, node: Node, ends: list[int]) -> list[int]:
        """Append a node behind the open ends; its own open ends."""
        if len(self.steps) > MAX_STEPS:
            return ends
        match node:
            case One(ranges=ranges):
                return self._single(_Step(ranges), ends)
            case Edge():
                return self._single(_Step(edge=node), ends)
            case Chain(parts=parts):
                begin = self._single(_Step(), ends)
                for part in parts:
                    begin = self._add(part, begin)
                return begin
            case Choice(parts=parts):
                fork = self._single(_Step(), ends)
                return [end for part in parts for end in self._add(part, list(fork))]
            case Repeat():
                return self._repeat(node, ends)

    def _single(self, step: _Step, ends: list[int]) -> list[int]:
        place = self._new(step)
        self._aim(ends, place)
        return [place]

    def _repeat(self, node: Repeat, ends: list[int]) -> list[int]:
        for _ in range(node.least):
            ends = self._add(node.part, ends)
        fork = self._single(_Step(), ends)
        if node.most is None:
            self._aim(self._add(node.part, list(fork)), fork[0])
            return fork
        left = list(fork)
        for _ in range(node.most - node.least):
            fork = self._single(_Step(), self._add(node.part, fork))
            left += fork
        return left


class _State:
    """A set of steps the automaton is in, with the moves from it found so far."""

    __slots__ = ("done", "done_at_end", "moves", "steps")

    def __init__(self, program: _Program, reached: frozenset[int], *, at_start: bool = False) -> None:
        self.steps = tuple(step for step in reached if program.steps[step].ranges)
        self.done = any(program.is_match(step) for step in reached)
        at_end = program.closure(tuple(reached), start=at_start, end=True)
        self.done_at_end = any(program.is_match(step) for step in at_end)
        self.moves: dict[str, _State] = {}


def _contains(ranges: Ranges, code: int) -> bool:
    return any(low <= code <= high for low, high in ranges)
