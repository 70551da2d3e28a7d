"""Sending what a journal holds, record by record, in the order it was written."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec

from modelyard.client.journal import Entry, Journal
from modelyard.core import errors
from modelyard.core.wire.codec import Reader, encode_request
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages.message import Message
from modelyard.core.wire.messages.runs import CreateRun, RunReply
from modelyard.core.wire.table import BY_NAME
from modelyard.services.tracking.contract import TrackingStore

_logger = logging.getLogger(__name__)

AWAY: tuple[type[errors.ModelyardError], ...] = (errors.Unreachable, errors.Busy)
"""Errors that mean: not now, and nothing was done or it may be done again."""
BY_EXPERIMENT_NAME = "@"
"""Begins an experiment id that stands for a name, where the server was away when it was set."""
UPLOAD = "upload"
ALIAS = "alias"
STORE = "store"
_TRIES = 5


class Outlet(Protocol):
    """Where records go."""

    @property
    def location(self) -> str:
        """The store's address."""
        ...

    @property
    def quick(self) -> TrackingStore:
        """The store, giving up soon when there is no answer."""
        ...

    @property
    def prompt(self) -> TrackingStore:
        """The store, for whom training waits: giving up at once."""
        ...

    @property
    def patient(self) -> TrackingStore:
        """The store, trying for as long as the settings allow."""
        ...

    def upload(self, run_id: str, artifact_path: str, local: Path) -> None:
        """Write a file to a run's artifacts."""
        ...


class Upload(msgspec.Struct, frozen=True):
    """The body of an upload: which run, and the key of the file below its artifacts."""

    run_id: str
    artifact_path: str


class Alias(msgspec.Struct, frozen=True):
    """A run got another id than we gave it: a stock MLflow server names runs itself."""

    ours: str
    theirs: str


def request_entry(verb: str, request: Message) -> Entry:
    """A record of a request."""
    return Entry(verb, msgspec.Raw(encode_request(request)))


def renamed(message: Any, aliases: Mapping[str, str]) -> Any:
    """A request about a run under the id its store knows it by."""
    run_id = getattr(message, "run_id", "")
    return msgspec.structs.replace(message, run_id=aliases[run_id]) if run_id in aliases else message


class Replay:
    """Sends one journal's records through an outlet. Not thread-safe."""

    def __init__(self, outlet: Outlet, journal: Journal, aliases: dict[str, str] | None = None) -> None:
        self._outlet = outlet
        self._journal = journal
        self._aliases = {} if aliases is None else aliases
        self._experiments: dict[str, str] = {}
        self._tried: dict[int, int] = {}
        self.sent = 0
        self.refused = 0

    def run(self) -> None:
        """Send until nothing is left; raises ``Unreachable`` or a ``Busy`` where the store is away.

        What the store refuses for good is told to the log and passed over.
        """
        for entry, end, _ in self._journal.unsent():
            try:
                self._send(entry)
                self.sent += 1
            except AWAY:
                raise
            except errors.UserError as error:
                self._refuse(entry, error)
            except errors.ModelyardError as error:
                self._tried[end] = self._tried.get(end, 0) + 1
                if self._tried[end] < _TRIES:
                    raise errors.Unavailable(error.message) from error
                self._refuse(entry, error)
            self._journal.mark(end)

    def _send(self, entry: Entry) -> None:
        if entry.verb == STORE:
            return
        if entry.verb == ALIAS:
            alias = msgspec.json.decode(entry.body, type=Alias)
            self._aliases[alias.ours] = alias.theirs
        elif entry.verb == UPLOAD:
            self._upload(entry)
        else:
            self._request(entry)

    def _request(self, entry: Entry) -> None:
        message: Any = Reader(BY_NAME[f"tracking.{entry.verb}"].request).read(bytes(entry.body))
        if isinstance(message, CreateRun):
            message = msgspec.structs.replace(message, experiment_id=self._experiment(message.experiment_id))
        else:
            message = renamed(message, self._aliases)
        reply = getattr(self._outlet.quick, entry.verb)(message)
        if isinstance(message, CreateRun) and isinstance(reply, RunReply):
            self._name(message.run_id or "", reply.run.info.run_id)

    def _name(self, ours: str, theirs: str) -> None:
        if ours and ours != theirs:
            self._aliases[ours] = theirs
            self._journal.append(Entry(ALIAS, msgspec.Raw(msgspec.json.encode(Alias(ours, theirs)))))

    def _experiment(self, experiment_id: str) -> str:
        if not experiment_id.startswith(BY_EXPERIMENT_NAME):
            return experiment_id
        if experiment_id not in self._experiments:
            name = experiment_id.removeprefix(BY_EXPERIMENT_NAME)
            self._experiments[experiment_id] = ensure_experiment(self._outlet.quick, name)
        return self._experiments[experiment_id]

    def _upload(self, entry: Entry) -> None:
        upload = msgspec.json.decode(entry.body, type=Upload)
        local = self._journal.files / entry.file
        run_id = self._aliases.get(upload.run_id, upload.run_id)
        if local.exists():
            self._outlet.upload(run_id, upload.artifact_path, local)
            with suppress(FileNotFoundError):
                local.unlink()

    def _refuse(self, entry: Entry, error: errors.ModelyardError) -> None:
        self.refused += 1
        _logger.warning("%s refused what was kept for it (%s): %s", self._outlet.location, entry.verb, error.message)


def ensure_experiment(store: TrackingStore, name: str) -> str:
    """The id of the experiment of a name, which is made where there is none."""
    try:
        return store.get_experiment_by_name(exp.GetExperimentByName(experiment_name=name)).experiment.experiment_id
    except errors.NotFound:
        pass
    try:
        return store.create_experiment(exp.CreateExperiment(name=name)).experiment_id
    except errors.AlreadyExists:
        # Another process was quicker.
        return store.get_experiment_by_name(exp.GetExperimentByName(experiment_name=name)).experiment.experiment_id
