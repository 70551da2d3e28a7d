"""What the process of a model gives up before it loads anything. It may run whatever the model's maker wrote.

The front starts a worker with ``environment(scratch)`` as its variables; the worker calls ``confine`` as the first thing, while
it has one thread and has not touched the model's files. From then on the worker, and all that it starts:

- has no variables but those on a list: none that names a store, a user, a password or a token;
- reaches no network (unless ``network``): it has a network of its own with nothing in it, or is refused TCP;
- changes no file outside ``scratch``: the model's folder and all else is read-only, but for shared memory and graphics cards;
- sees nothing in the folders where people's programs keep credentials, and none of this machine's private keys;
- gains no privileges (set-user-id programs give none), holds no capability, signals nobody else;
- leaves no core file, writes no file over a size, makes files only its owner can read, and takes no more memory than it may;
- ends when its parent ends (to be exact: the thread that started it, so that has to be the front's main thread).

What the system does not let it give up is answered in words, for the log: a server goes on all the same, as it would anywhere.
It asks for no privilege and works for root as for anybody else.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from modelyard.core.settings import user_folder
from modelyard.serving import landlock

LARGEST_FILE = 1 << 30
MOST_TASKS = 1024

_NAMES = frozenset(
    "HF_HOME KERAS_BACKEND LANG LANGUAGE LD_LIBRARY_PATH NVIDIA_VISIBLE_DEVICES PATH PYTHONHASHSEED PYTHONWARNINGS TERM"
    " TF_CPP_MIN_LOG_LEVEL TF_ENABLE_ONEDNN_OPTS TF_FORCE_GPU_ALLOW_GROWTH TF_NUM_INTEROP_THREADS"
    " TF_NUM_INTRAOP_THREADS TORCH_HOME TZ XLA_FLAGS".split()
)
_BEGINNINGS = ("BLIS_", "CUDA_", "GOMP_", "HIP_", "KMP_", "LC_", "MALLOC_", "MKL_", "NUMEXPR_", "OMP_", "OPENBLAS_")
_DEVICES = ("shm", "null", "zero", "full", "tty", "nvidia*", "dri", "kfd", "dxg")
"""In ``/dev``: shared memory, what takes anything and keeps nothing, and graphics processors, which are told by writing."""

_SECRET = (
    ".aws .azure .config/gcloud .config/gh .config/rclone .docker .git-credentials .gnupg .huggingface .kube .netrc"
    " .pypirc .ssh .vault-token"
).split()

_NEW_USER, _NEW_NET, _NEW_MOUNTS, _NEW_IPC = 0x10000000, 0x40000000, 0x00020000, 0x08000000
_BIND, _REC, _PRIVATE, _RDONLY, _NOSUID_NODEV_NOEXEC = 4096, 16384, 1 << 18, 1, 2 | 4 | 8
_SET_PDEATHSIG, _SET_DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVS = 1, 4, 24, 38
_CAP_VERSION = 0x20080522
_LAST_CAP = 63


class Confinement(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker keeps: the folder it may write to, the network if it was asked for, so many bytes of memory (0: any).

    ``parent`` is the process it dies with; ``hidden`` are the files and folders it shall find empty, as ``secrets`` lists them.
    """

    scratch: str
    parent: int
    hidden: tuple[str, ...] = ()
    network: bool = False
    memory: int = 0


def environment(scratch: str, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables a worker is started with: those on the list, and ``scratch`` wherever libraries keep what they like."""
    given = os.environ if environ is None else environ
    kept = {name: value for name, value in given.items() if name in _NAMES or name.startswith(_BEGINNINGS)}
    places = dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"), scratch)
    return {**kept, **places}


def secrets() -> tuple[str, ...]:
    """Where this user's programs keep credentials, and this machine's private keys, as far as they are there."""
    user = Path.home()
    known = [user / name for name in _SECRET]
    keys = [file for file in user_folder().glob("*.key") if stat.S_ISREG(file.lstat().st_mode)]
    return tuple(os.path.realpath(place) for place in (*known, *keys) if place.exists())


def shield() -> None:
    """For the front: no other process of this user may read its memory and variables, or trace it."""
    _libc().prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def confine(wanted: Confinement) -> list[str]:
    """Give all of it up; answers what could not be, a sentence each. Ends the process where its parent is gone already."""
    variables = environment(wanted.scratch)
    os.environ.clear()
    os.environ.update(variables)
    os.umask(0o077)
    missing = list(_spaces(wanted))
    _limits(wanted.memory)
    _libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        alone = landlock.restrict((wanted.scratch, *_devices()), network=wanted.network)
    except landlock.Unavailable as error:
        alone = wanted.network
        missing.append(f"It can change every file that its user can ({error}).")
    if _NO_NETWORK in missing and alone:
        missing[missing.index(_NO_NETWORK)] = "It can send datagrams; TCP is refused."
    _drop_capabilities()
    _die_with(wanted.parent)
    return missing


_NO_NETWORK = "It can reach the network: it gets none of its own here."
_NO_MOUNTS = "It can read the credentials that its user can: they cannot be hidden from it here."


def _spaces(wanted: Confinement) -> Iterator[str]:
    """A user, a network and mounts of its own, as far as the system gives them."""
    user, group = os.geteuid(), os.getegid()
    spaces = _NEW_USER | _NEW_MOUNTS | _NEW_IPC | (0 if wanted.network else _NEW_NET)
    if _libc().unshare(spaces) == 0:
        _map(user, group)
        resource.setrlimit(resource.RLIMIT_NPROC, _at_most(resource.RLIMIT_NPROC, MOST_TASKS))
    else:
        if not wanted.network and _libc().unshare(_NEW_NET) != 0:
            yield _NO_NETWORK
        if _libc().unshare(_NEW_MOUNTS) != 0:
            yield _NO_MOUNTS
            return
    if not _hide(_not_imported(wanted.hidden)):
        yield _NO_MOUNTS


def _map(user: int, group: int) -> None:
    """The one user and the one group there are in the new space are those outside, so that files keep their owner."""
    for file, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path("/proc/self", file).write_text(text)


def _hide(places: Sequence[str]) -> bool:
    """Put nothing over each file and folder; whether that worked."""
    libc = _libc()
    if libc.mount(b"none", b"/", None, ctypes.c_ulong(_REC | _PRIVATE), None) != 0:
        return False
    done = True
    for place in places:
        target = os.fsencode(place)
        if os.path.isdir(place):
            flags = ctypes.c_ulong(_RDONLY | _NOSUID_NODEV_NOEXEC)
            done &= libc.mount(b"none", target, b"tmpfs", flags, b"size=4k,mode=500") == 0
        else:
            done &= libc.mount(b"/dev/null", target, None, ctypes.c_ulong(_BIND), None) == 0
    return done


def _not_imported(places: Sequence[str]) -> list[str]:
    """Those in which nothing lies that this interpreter imports."""
    imported = [os.path.realpath(place) for place in (*sys.path, sys.prefix, sys.base_prefix) if place]
    return [place for place in places if not any(f"{each}/".startswith(f"{place}/") for each in imported)]


def _devices() -> Iterator[str]:
    for pattern in _DEVICES:
        yield from map(os.fspath, Path("/dev").glob(pattern))


def _limits(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, _at_most(resource.RLIMIT_FSIZE, LARGEST_FILE))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, _at_most(resource.RLIMIT_AS, memory))


def _at_most(which: int, most: int) -> tuple[int, int]:
    hard = resource.getrlimit(which)[1]
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    return limit, limit


def _drop_capabilities() -> None:
    libc = _libc()
    for capability in range(_LAST_CAP + 1):
        libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)  # of one there is not, the system says so
    header = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())


def _die_with(parent: int) -> None:
    _libc().prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the system was told
        os._exit(1)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
