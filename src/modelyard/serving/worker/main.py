"""The worker's life: load the model, and answer until the front is gone."""

from __future__ import annotations

import logging
from typing import Any

from modelyard.core.errors import ModelyardError
from modelyard.models.offline import OFFLINE
from modelyard.serving.worker.channel import Channel
from modelyard.serving.worker.entry import Entered
from modelyard.serving.worker.foretelling import foretell
from modelyard.serving.worker.frames import Began, Foretold, Refused, Score, Start
from modelyard.serving.worker.host import told
from modelyard.serving.worker.opening import Opened, open_model
from modelyard.web import logs

log = logging.getLogger(__name__)


def main(entered: Entered) -> int:
    """Serve the front; the exit code."""
    channel, start, missing = entered
    logs.configure()
    for sentence in missing:
        log.warning("the model's process is not confined in full: %s", sentence)
    channel.end_with_front()
    opened = _open(start, channel)
    return 1 if opened is None else _answer(opened, channel)


def _open(start: Start, channel: Channel) -> Opened | None:
    OFFLINE.set(True)
    try:
        foretold = foretell(start) if start.foretell else None
        if foretold is not None:
            channel.send(Foretold(foretold))
        opened = open_model(start)
    except BaseException as error:  # whatever a model's own code does, the front is told
        if isinstance(error, ModelyardError):
            channel.send(Refused(error.error_code, error.message))
        else:
            log.error("the model cannot be loaded", exc_info=error)
            channel.send(Refused("INTERNAL_ERROR", f"The model cannot be loaded. {told(error)}"))
        return None
    channel.send(opened.started)
    return opened


def _answer(opened: Opened, channel: Channel) -> int:
    def began(ids: list[int]) -> None:
        channel.send(Began(ids))

    from_front: Any
    while (from_front := channel.receive()) is not None:
        if not isinstance(from_front, Score):
            return 1
        for answer in opened.host.score(from_front.jobs, began):
            channel.queue(answer)
        channel.flush()
    return 0
