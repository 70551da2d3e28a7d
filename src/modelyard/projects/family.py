"""Processes and what they have started, as far as the system tells: on Linux. Elsewhere a process group has to do."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple


class Member(NamedTuple):
    """A process: its id, and when it began, by which a later process of the same id is told apart."""

    pid: int
    began: str


class _Stat(NamedTuple):
    member: Member
    state: str
    parent: int
    group: int


def descendants(pid: int) -> list[Member]:
    """All processes that descend from one, in whatever group or session, parents first."""
    children: dict[int, list[_Stat]] = {}
    for stat in _all():
        children.setdefault(stat.parent, []).append(stat)
    found: list[Member] = []
    wanted = [pid]
    while wanted:
        for child in children.get(wanted.pop(), ()):
            found.append(child.member)
            wanted.append(child.member.pid)
    return found


def alive_in(group: int) -> list[Member]:
    """The processes of a group that have not ended."""
    return [stat.member for stat in _all() if stat.group == group and stat.state not in "ZX"]


def kill(members: Iterable[Member]) -> None:
    """End them at once; those that have ended, and others that took their ids, are left alone."""
    for member in members:
        stat = _stat(member.pid)
        if stat is not None and stat.member == member:
            with suppress(OSError):
                os.kill(member.pid, signal.SIGKILL)


def _all() -> Iterator[_Stat]:
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if name.isdigit():
            stat = _stat(int(name))
            if stat is not None:
                yield stat


def _stat(pid: int) -> _Stat | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return _Stat(Member(pid, fields[19]), fields[0], int(fields[1]), int(fields[2])) if len(fields) > 19 else None
