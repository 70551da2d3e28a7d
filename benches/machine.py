"""The machine a table was measured on, in the words a reader needs to compare it with another."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import sys
import time
from pathlib import Path

import psutil


def describe(folder: Path) -> list[str]:
    """Processor, memory, system, interpreter, and what one synced write costs in `folder`."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [
        f"processor: {_processor()}, {cores} cores usable",
        f"memory: {psutil.virtual_memory().total / 2**30:.0f} GiB",
        f"system: {platform.system()} {platform.release()} {platform.machine()}",
        f"Python {platform.python_version()} ({sys.implementation.name}), its SQLite {sqlite3.sqlite_version}",
        f"a synced 4 KiB append takes {_sync_milliseconds(folder):.2f} ms",
        f"load before the start: {os.getloadavg()[0]:.1f}",
    ]


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _sync_milliseconds(folder: Path) -> float:
    """The price of durability here: the median of an append followed by fdatasync."""
    path = folder / "sync-probe"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(b"\0" * 4096)
            (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    path.unlink()
    return statistics.median(taken)
