"""A model of a disk that loses power: what was synced is there, and of the rest whatever chance has it.

The promises are POSIX's and no file system's beyond them: `fsync` of a file keeps its bytes and its length, `fsync` of
a folder keeps its names. A name is made, moved or taken away wholly or not at all, and changes of one name keep their
order. All else may reach the disk in any order or never, and of a write only a first part may.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tests.support.strace import Call

SECTOR = 512


class Change(NamedTuple):
    """Bytes written to a file (``data``), or its new length (no ``data``)."""

    order: int
    at: int
    data: bytes | None


class File:
    """A file's bytes as they are on the disk for certain, and the changes that may be."""

    def __init__(self) -> None:
        self.synced = bytearray()
        self.pending: list[Change] = []
        self.size = 0

    def change(self, change: Change) -> None:
        self.pending.append(change)
        self.size = change.at if change.data is None else max(self.size, change.at + len(change.data))

    def sync(self, order: int) -> None:
        """Keep the changes made before ``order``."""
        for change in self.pending:
            if change.order <= order:
                _apply(self.synced, change)
        self.pending = [change for change in self.pending if change.order > order]


class Folder:
    """A folder's names: as the process sees them, and as they are on the disk for certain."""

    def __init__(self) -> None:
        self.names: dict[str, Node] = {}
        self.synced: dict[str, Node] = {}


Node = File | Folder
Place = tuple[Folder, str]


class Naming(NamedTuple):
    """A change of names: what is at each place afterwards."""

    order: int
    places: tuple[tuple[Folder, str, Node | None], ...]

    def touches(self) -> set[tuple[int, str]]:
        return {(id(folder), name) for folder, name, _ in self.places}


def _apply(content: bytearray, change: Change) -> None:
    content.extend(bytes(max(0, change.at - len(content))))
    if change.data is None:
        del content[change.at :]
    else:
        content[change.at : change.at + len(change.data)] = change.data


class Open:
    """An open file or folder, with the position that writing moves."""

    def __init__(self, node: Node, *, appends: bool) -> None:
        self.node = node
        self.appends = appends
        self.at = 0


class Disk:
    """What is below ``root``, which is there and empty for certain."""

    def __init__(self, root: Path) -> None:
        self.top = Folder()
        self.order = 0
        self._root = PurePosixPath(root)
        self._namings: list[Naming] = []
        self._files: dict[int, Open] = {}
        self._next: dict[int, Open | None] = {}  # opened by one thread under a number that another has yet to close

    def restart(self) -> None:
        """The process has ended: its files are closed, and what it left pending is pending still."""
        self._files = {}
        self._next = {}

    def follow(self, calls: list[Call]) -> Iterator[int]:
        """Do what a process did, call by call. Yields the time of each before it is done: then the power may fail."""
        moments: list[tuple[int, bool, Call]] = []
        for call in calls:
            # What closes or makes a folder counts from its beginning, all else when it is done: only then can another
            # thread have built upon it.
            early = call.name in ("close", "mkdir", "mkdirat")
            moments.append((call.began if early else call.ended, True, call))
            if call.name in ("fsync", "fdatasync"):
                moments.append((call.began, False, call))
        covered: dict[int, tuple[Node | None, int]] = {}
        for at, is_done, call in sorted(moments):
            if not is_done:
                opened = self._files.get(call.number(0))
                covered[id(call)] = (opened.node if opened else None, self.order)
                continue
            yield at
            self.order += 1
            if call.name in ("fsync", "fdatasync"):
                self._sync(*covered.pop(id(call)))
            else:
                getattr(self, f"_{call.name}", self._unknown)(call)

    # the calls

    def _sync(self, node: Node | None, order: int) -> None:
        if isinstance(node, File):
            node.sync(order)
        elif node is not None:
            for naming in list(self._namings):
                if naming.order <= order and any(folder is node for folder, _, _ in naming.places):
                    self._keep(naming)

    def _keep(self, naming: Naming) -> None:
        if naming not in self._namings:
            return
        mine = naming.touches()
        for earlier in [each for each in self._namings if each.order < naming.order and each.touches() & mine]:
            self._keep(earlier)
        self._namings.remove(naming)
        for folder, name, node in naming.places:
            _put(folder.synced, name, node)

    def _name(self, *places: tuple[Folder, str, Node | None]) -> None:
        for folder, name, node in places:
            _put(folder.names, name, node)
        self._namings.append(Naming(self.order, places))

    def _place(self, path: bytes, folder: str = "AT_FDCWD") -> Place | None:
        """The folder and the name a path leads to; None when that is not below the root."""
        asked = PurePosixPath(path.decode())
        if asked.is_absolute():
            if not asked.is_relative_to(self._root):
                return None
            node: Node = self.top
            parts = asked.relative_to(self._root).parts
        elif folder != "AT_FDCWD" and int(folder) in self._files:
            node = self._files[int(folder)].node
            parts = asked.parts
        else:
            return None
        for part in parts[:-1]:
            assert isinstance(node, Folder)
            node = node.names[part]
        assert isinstance(node, Folder)
        return node, parts[-1] if parts else ""

    def _openat(self, call: Call, first: int = 1) -> None:
        place = self._place(call.text(first), call.arguments[0] if first else "AT_FDCWD")
        if place is None:
            self._number(call.result, None)
            return
        folder, name = place
        flags = call.arguments[first + 1].split("|")
        node = folder.names.get(name) if name else folder
        if node is None:
            assert "O_CREAT" in flags, f"{name} was opened and never made"
            node = File()
            self._name((folder, name, node))
        if "O_TRUNC" in flags and isinstance(node, File):
            node.change(Change(self.order, 0, None))
        self._number(call.result, Open(node, appends="O_APPEND" in flags))

    def _number(self, number: int, opened: Open | None) -> None:
        """What a number stands for. Threads are told of their calls one by one: a number can be given before it is free."""
        if number in self._files:
            self._next[number] = opened
        elif opened is not None:
            self._files[number] = opened

    def _open(self, call: Call) -> None:
        self._openat(call, 0)

    def _close(self, call: Call) -> None:
        number = call.number(0)
        self._files.pop(number, None)
        if (opened := self._next.pop(number, None)) is not None:
            self._files[number] = opened

    def _dup(self, call: Call) -> None:
        self._number(call.result, self._files.get(call.number(0)))

    def _dup2(self, call: Call) -> None:
        self._files.pop(call.result, None)
        self._dup(call)

    _dup3 = _dup2

    def _lseek(self, call: Call) -> None:
        if (opened := self._files.get(call.number(0))) is not None:
            opened.at = call.result

    def _write(self, call: Call) -> None:
        opened = self._files.get(call.number(0))
        if opened is None or not isinstance(opened.node, File):
            return
        at = opened.node.size if opened.appends else opened.at
        opened.node.change(Change(self.order, at, call.text(1)[: call.result]))
        opened.at = at + call.result

    def _pwrite64(self, call: Call) -> None:
        opened = self._files.get(call.number(0))
        if opened is not None and isinstance(opened.node, File):
            opened.node.change(Change(self.order, call.number(3), call.text(1)[: call.result]))

    def _ftruncate(self, call: Call) -> None:
        opened = self._files.get(call.number(0))
        if opened is not None and isinstance(opened.node, File):
            opened.node.change(Change(self.order, call.number(1), None))

    def _fallocate(self, call: Call) -> None:
        """Only SQLite's shared memory is given room in advance, and that is made anew."""

    def _mkdir(self, call: Call) -> None:
        self._make(self._place(call.text(0)))

    def _mkdirat(self, call: Call) -> None:
        self._make(self._place(call.text(1), call.arguments[0]))

    def _make(self, place: Place | None) -> None:
        if place is not None:
            self._name((*place, Folder()))

    def _rename(self, call: Call) -> None:
        self._move(self._place(call.text(0)), self._place(call.text(1)))

    def _renameat(self, call: Call) -> None:
        source = self._place(call.text(1), call.arguments[0])
        self._move(source, self._place(call.text(3), call.arguments[2]))

    _renameat2 = _renameat

    def _move(self, source: Place | None, target: Place | None) -> None:
        if source is not None and target is not None:
            folder, name = source
            self._name((*source, None), (*target, folder.names[name]))

    def _link(self, call: Call) -> None:
        self._join(self._place(call.text(0)), self._place(call.text(1)))

    def _linkat(self, call: Call) -> None:
        self._join(self._place(call.text(1), call.arguments[0]), self._place(call.text(3), call.arguments[2]))

    def _join(self, source: Place | None, target: Place | None) -> None:
        if source is not None and target is not None:
            self._name((*target, source[0].names[source[1]]))

    def _unlink(self, call: Call) -> None:
        self._remove(self._place(call.text(0)))

    _rmdir = _unlink

    def _unlinkat(self, call: Call) -> None:
        self._remove(self._place(call.text(1), call.arguments[0]))

    def _remove(self, place: Place | None) -> None:
        if place is not None:
            self._name((*place, None))

    def _unknown(self, call: Call) -> None:
        """What the model does not know must not happen to a file of ours."""
        numbers = [int(argument) for argument in call.arguments if argument.isdigit()]
        assert not numbers or self._files.get(numbers[0]) is None, f"the model knows no {call.name}: {call.arguments}"

    # the power fails

    def write_to(self, target: Path, wanted: Callable[[], bool], *, tear: random.Random | None = None) -> None:
        """What is on the disk after the power failed: ``wanted`` says of each pending change whether it got there.

        With ``tear``, of the first change of a file that did not, a part in whole sectors did.
        """
        names: dict[int, dict[str, Node]] = {}
        missed: set[tuple[int, str]] = set()
        for naming in self._namings:
            if naming.touches() & missed or not wanted():
                missed |= naming.touches()
                continue
            for folder, name, node in naming.places:
                _put(names.setdefault(id(folder), dict(folder.synced)), name, node)
        target.mkdir(mode=0o700)
        _write_folder(target, self.top, names, wanted, tear)


def _write_folder(
    target: Path,
    folder: Folder,
    names: dict[int, dict[str, Node]],
    wanted: Callable[[], bool],
    tear: random.Random | None,
) -> None:
    for name, node in names.get(id(folder), folder.synced).items():
        if isinstance(node, Folder):
            (target / name).mkdir(mode=0o700)
            _write_folder(target / name, node, names, wanted, tear)
        elif not name.endswith("-shm"):  # memory that SQLite's processes share; it is made anew
            (target / name).write_bytes(_content(node, wanted, tear))
            (target / name).chmod(0o600)


def _content(file: File, wanted: Callable[[], bool], tear: random.Random | None) -> bytes:
    content = bytearray(file.synced)
    for change in file.pending:
        if wanted():
            _apply(content, change)
        elif tear is not None:
            if change.data is not None:
                whole = change.data[: tear.randrange(len(change.data) // SECTOR + 1) * SECTOR]
                _apply(content, change._replace(data=whole))
            break
    return bytes(content)


def _put(names: dict[str, Node], name: str, node: Node | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node
