"""Landlock: what a process may do to files and sockets, given up for good. Linux only; no privilege is asked for it.

Interface: https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_BENEATH = 1
_NET_SINCE, _SCOPES_SINCE = 4, 6

# What changes files: writing, removing and making them in every way. Reading is left alone.
_CHANGES = 1 << 1 | sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_REFER_SINCE, _TRUNCATE_SINCE = 2, 3
_FILE_RIGHTS = 1 << 1 | _TRUNCATE
_TCP = 0b11  # bind and connect
_SCOPES = 0b11  # abstract sockets of others, and signals to them


class Unavailable(Exception):
    """The system has no Landlock, or refuses it."""


def version() -> int:
    """The version of the system's Landlock; 0 where there is none."""
    found = _call(_CREATE, None, 0, _ASK_VERSION)
    return max(found, 0)


def restrict(writable: Iterable[str], *, network: bool) -> bool:
    """From now on, this process changes files only in these places, signals only itself and what it starts, and,
    without ``network``, opens no TCP connection; whether the last could be seen to.

    Call it while there is one thread, after ``PR_SET_NO_NEW_PRIVS``. Raises ``Unavailable``.
    """
    level = version()
    if not level:
        raise Unavailable("this system has no Landlock")
    changes = _CHANGES | (_REFER if level >= _REFER_SINCE else 0) | (_TRUNCATE if level >= _TRUNCATE_SINCE else 0)
    tcp = 0 if network or level < _NET_SINCE else _TCP
    parts = [changes]
    if level >= _NET_SINCE:
        parts.append(tcp)
    if level >= _SCOPES_SINCE:
        parts.append(_SCOPES)
    rules = struct.pack(f"={len(parts)}Q", *parts)
    ruleset = _call(_CREATE, rules, len(rules), 0)
    if ruleset < 0:
        raise Unavailable(_why())
    try:
        for place in writable:
            _allow(ruleset, place, changes)
        if _call(_RESTRICT, ruleset, 0, 0) < 0:
            raise Unavailable(_why())
    finally:
        os.close(ruleset)
    return network or bool(tcp)


def _allow(ruleset: int, place: str, changes: int) -> None:
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = changes if os.path.isdir(place) else changes & _FILE_RIGHTS
        if _call(_ADD_RULE, ruleset, _BENEATH, struct.pack("=Qi", rights, descriptor), 0) < 0:
            raise Unavailable(_why())
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: bytes | int | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return int(libc.syscall(ctypes.c_long(number), *words))


def _why() -> str:
    return os.strerror(ctypes.get_errno())
