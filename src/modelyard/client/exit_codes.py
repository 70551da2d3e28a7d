"""The code of a ``SystemExit`` that nobody saw being raised, from where the main module's body stopped.

CPython drops such an exception before exit handlers run, and tells nobody its code; ``sys.exit(main())`` has looked
``sys.exit`` up before a run that begins in ``main`` could watch it. What is left are frames: the main module's, whose
last instructions say what was raised, and that of ``main``, whose last instructions say what it returned. Constants
and variables are read from there; what was computed on the spot is not known.
"""

from __future__ import annotations

import dis
import sys
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

Known = tuple[Any] | None
"""A value in a tuple of its own, or None for one that cannot be known."""

_NOTHING = frozenset({"CACHE", "EXTENDED_ARG", "PRECALL", "PUSH_NULL"})
_CONSTANTS = frozenset({"LOAD_CONST", "LOAD_SMALL_INT", "RETURN_CONST"})
_VARIABLES = ("LOAD_FAST", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_DEREF")
_RAISE = "RAISE_VARARGS"
_LEAVES = frozenset({"exit", "SystemExit"})
_STATEMENTS = ("POP_", "STORE_", "RESUME", "JUMP")

Instructions = list[dis.Instruction]


class Call(NamedTuple):
    """A call of the main module's body: where it is, and the frame it made."""

    offset: int
    frame: FrameType


def has_returned(frame: FrameType) -> bool:
    """Whether a frame came to its end by itself."""
    done = _done(frame)
    return bool(done) and done[-1].opname.startswith("RETURN_")


def call_to_exit(main: FrameType) -> Call | None:
    """The call that goes on now and whose answer ``main`` leaves with; None when there is none.

    Only such a frame is worth holding: after it nothing follows but the exit.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_back is not main:
        frame = frame.f_back
    if frame is None:
        return None
    done = _done(main)
    follows = [each.opname for each in _meaningful(main.f_code) if each.offset > done[-1].offset][:1]
    return Call(done[-1].offset, frame) if follows == ["CALL"] and _leaves(done) else None


def _leaves(done: Instructions) -> bool:
    """Whether the statement that is being executed has looked up a way to leave before anything else was called."""
    for each in reversed(done):
        if each.opname.startswith(_STATEMENTS):
            return False
        if each.opname.startswith("LOAD_") and each.argval in _LEAVES:
            return True
    return False


def silent_exit_code(main: FrameType, call: Call | None) -> Known:
    """The code of the SystemExit that ended ``main``; None when it cannot be known."""
    done = _done(main)
    if call is not None and done[-1].opname == "CALL" and done[-2].offset == call.offset:
        return _returned(call.frame)  # sys.exit(main())
    if not done or done[-1].opname != _RAISE:
        return None  # it came from inside a call
    if len(done) > 3 and done[-2].opname == done[-3].opname == "CALL":
        if call is not None and call.offset == done[-3].offset:
            return _returned(call.frame)
        return _always_returned(main, done[:-2])
    return _raised(main, done)


def _raised(frame: FrameType, done: Instructions) -> Known:
    """The code in what a frame has raised."""
    if done[-2].opname != "CALL":  # raise SystemExit, or a variable
        return _code_of(_loaded(frame, done[-2]))
    if done[-2].arg == 0:
        return (None,)
    named = _loaded(frame, done[-4]) if len(done) > 3 else None
    return _loaded(frame, done[-3]) if named is not None and named[0] is SystemExit else None


def _code_of(raised: Known) -> Known:
    if raised is None:
        return None
    return (raised[0].code,) if isinstance(raised[0], SystemExit) else (None,) if raised[0] is SystemExit else None


def _returned(frame: FrameType) -> Known:
    """What a frame has returned."""
    done = _done(frame)
    answer = _answer(done) if done and done[-1].opname.startswith("RETURN_") else None
    return _loaded(frame, answer) if answer is not None else None


def _always_returned(main: FrameType, done: Instructions) -> Known:
    """What the function that ``done`` ends with calling returns each time, where that is one constant."""
    place = -2 - (done[-1].arg or 0)
    called = _loaded(main, done[place]) if len(done) >= -place else None
    if called is None or not isinstance(called[0], FunctionType) or called[0].__code__.co_flags & 0x2A0:
        return None  # no function, or one that answers a generator or a coroutine
    body = _meaningful(called[0].__code__)
    ends = [index for index, each in enumerate(body) if each.opname.startswith("RETURN_")]
    answers = [_answer(body[: index + 1]) for index in ends]
    values = [each.argval for each in answers if each is not None and each.opname in _CONSTANTS]
    return (values[0],) if len(values) == len(answers) and len(set(map(repr, values))) == 1 else None


def _answer(done: Instructions) -> dis.Instruction | None:
    """What has loaded the answer that the last instruction returns; None where two ways lead to it."""
    last = done[-1]
    if last.opname == "RETURN_CONST":
        return last
    return None if last.is_jump_target or len(done) < 2 else done[-2]


def _loaded(frame: FrameType, instruction: dis.Instruction) -> Known:
    """What an instruction has put on the stack, where it is a constant or a variable that still has its value."""
    if instruction.opname in _CONSTANTS:
        return (instruction.argval,)
    if instruction.opname.startswith(_VARIABLES) and isinstance(instruction.argval, str):
        for space in (frame.f_locals, frame.f_globals, frame.f_builtins):
            if instruction.argval in space:
                return (space[instruction.argval],)
    return None


def _done(frame: FrameType) -> Instructions:
    """The instructions of a frame up to the one it is at."""
    return [each for each in _meaningful(frame.f_code) if each.offset <= frame.f_lasti]


def _meaningful(code: CodeType) -> Instructions:
    return [each for each in dis.get_instructions(code) if each.opname not in _NOTHING]
