"""Room on the disk: what is refused when it becomes scarce, in what order."""

from __future__ import annotations

import os
from pathlib import Path

from modelyard.core.errors import Unavailable

FLOOR = 256_000_000
SHARE = 0.05
REASON = "DISK_FULL"


class Space:
    """Watches the disk of a store's folder.

    Below 5 % or 256 MB of free space, whichever is less, new experiments, runs and models are refused; below a quarter
    of that, all writes are. Reads are always served.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.is_low = False
        self.is_full = False

    def look(self) -> None:
        """See how much is free; called once a second."""
        if self._folder is None:
            return
        try:
            disk = os.statvfs(self._folder)
        except OSError:
            self.is_low = self.is_full = True
            return
        floor = min(FLOOR, disk.f_blocks * disk.f_frsize * SHARE)
        free = disk.f_bavail * disk.f_frsize
        self.is_low = free < floor
        self.is_full = free < floor / 4

    def check(self, endpoint: str) -> None:
        """Raise ``Unavailable`` when this write is not taken now."""
        if self.is_full or (self.is_low and endpoint.partition(".")[2].startswith("create_")):
            raise Unavailable(
                "The disk is nearly full; this is refused until there is room.", retry_after=30, reason=REASON
            )
