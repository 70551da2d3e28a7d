"""What an asynchronous call answers: something to wait for."""

from __future__ import annotations

from modelyard.client.sender import Sender
from modelyard.core.errors import Unreachable


class RunOperations:
    """What was queued for a run until now."""

    def __init__(self, sender: Sender, run_id: str) -> None:
        self._sender = sender
        self._run_id = run_id

    def wait(self) -> None:
        """Return when it is stored; raises ``Unreachable`` when the store is away."""
        if not self._sender.flush(self._run_id):
            raise Unreachable(f"The points of the run {self._run_id} are kept in the journal: the store is away.")
