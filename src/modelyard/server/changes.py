"""Pages that watch: server-sent events that say which runs have changed, within a quarter of a second.

What this server writes is told by its group commit, message by message, which costs nothing while nobody watches. What
others write, other servers on the same database or clients with the folder open, is found by a `ChangeFinder`, four times
a second while somebody watches. A page that does not take its events is cut off; its browser connects again and is then
told of everything it watches at once.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, ModelyardError, Unavailable
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages.runs import CreateRun, Heartbeat, RunReply
from modelyard.core.wire.messages.series import Changes, WatchChanges
from modelyard.core.wire.messages.views import MAX_RUN_IDS
from modelyard.server.routing import Direct, Route
from modelyard.server.streaming import answering
from modelyard.services.views.contract import ChangeFinder
from modelyard.web.pools import Pool
from modelyard.web.replies import API_POLICY
from modelyard.web.request import Request
from modelyard.web.tasks import Tasks

log = logging.getLogger(__name__)

MAX_WATCHERS = 500
MAX_EXPERIMENTS = 100
NAMED = 1_000  # runs in one event; of more, only the experiments are named
EVERY = 0.25  # seconds between two events, and between two looks at what others wrote
GATHER = 0.02  # seconds that the first event of a burst waits for the rest of it
COMMENT_EVERY = 15.0
AFTER_FAILURE = 5.0
BEHIND = 65_536  # bytes that a page has not taken, with which it is cut off
_SEND_BUFFER = 65_536  # of the system, so that it does not keep much for a page either
_REMEMBERED = 100_000  # runs whose experiment is known without asking

_HEAD = (
    b"content-type: text/event-stream\r\nx-accel-buffering: no\r\nconnection: close\r\nx-request-id: %s\r\n\r\n"
    b"retry: 1000\n\n"
)


class _Watcher:
    """A page that watches."""

    __slots__ = ("experiments", "is_behind", "is_open", "request", "runs")

    def __init__(self, request: Request, message: WatchChanges) -> None:
        self.request = request
        self.experiments = frozenset(message.experiment_id)
        self.runs = frozenset(message.run_id)
        self.is_open = False  # the head was sent
        self.is_behind = False  # at the last comment there was something it had not taken

    def changes(self, runs: Mapping[str, Collection[str]], experiments: Collection[str]) -> Changes | None:
        """What of some changes it watches; ``runs`` are those of each experiment, of an unknown one under ''."""
        found = [run for at, some in runs.items() for run in some if at in self.experiments or run in self.runs]
        named = [each for each in experiments if each in self.experiments]
        if not found and not named:
            return None
        return Changes(experiment_ids=sorted(named), run_ids=sorted(found) if len(found) <= NAMED else [])

    def everything(self) -> Changes:
        """All that it watches."""
        return Changes(experiment_ids=sorted(self.experiments), run_ids=sorted(self.runs))

    def send(self, data: bytes) -> None:
        """Send some bytes; cut it off when too many wait already."""
        transport = self.request.connection.transport
        if transport is not None and self.is_open:
            if transport.get_write_buffer_size() > BEHIND:
                transport.abort()
            else:
                transport.write(data)

    def comment(self) -> None:
        """Show that the connection lives; cut it off when nothing of it was taken since the last time."""
        transport = self.request.connection.transport
        was_behind, self.is_behind = self.is_behind, transport is not None and transport.get_write_buffer_size() > 0
        if transport is not None and was_behind and self.is_behind:
            transport.abort()
        else:
            self.send(b": still here\n\n")


class Watching:
    """Answers `GET /views/changes`. Everything here runs on the event loop's thread."""

    def __init__(self, finder: ChangeFinder, reads: Pool, *, inline: bool) -> None:
        self._finder = finder
        self._reads = reads
        self._inline = inline  # the look at what others wrote is so short that a thread would cost more
        self._tasks = Tasks()
        self._watchers: set[_Watcher] = set()
        self._finding = asyncio.Lock()
        self._runs: set[str] = set()  # that changed and were not told of yet
        self._experiments: set[str] = set()
        self._experiment_of: dict[str, str] = {}
        self._planned = False
        self._told_at = 0.0
        self._number = 0
        self._looking = False

    def direct(self) -> dict[str, Direct]:
        """Endpoint name → what answers it."""
        return {"views.watch_changes": answering(self._tasks, self._open)}

    def close(self) -> None:
        """Look no more."""
        self._tasks.cancel()

    def written(self, message: Any, reply: bytes) -> None:
        """This server has carried out a write."""
        if not self._watchers or isinstance(message, Heartbeat):
            return
        runs, experiments = _named(message, reply)
        if isinstance(message, CreateRun):
            self._remember(dict.fromkeys(runs, message.experiment_id))
        self._note(runs, experiments)

    # a page comes and goes

    async def _open(self, request: Request, route: Route) -> None:
        watcher = _Watcher(request, _checked(route.read(request)))
        if request.method == b"HEAD":
            request.reply(200, content_type=b"text/event-stream")
            return
        if len(self._watchers) >= MAX_WATCHERS or request.connection.app.draining:
            raise Unavailable("This server has as many watching pages as it takes; load the page again now and then.")
        connection = request.connection
        connection.when_lost = partial(self._left, watcher)
        self._watchers.add(watcher)
        try:
            await self._watch()
        except BaseException:
            connection.when_lost = None
            self._watchers.discard(watcher)
            raise
        if connection.transport is None or connection.app.draining:
            connection.cut()
            return
        _begin(request)
        watcher.is_open = True
        if b"last-event-id" in request.headers:
            watcher.send(self._event(watcher.everything()))
        if not self._looking:
            self._looking = True
            self._tasks.start(self._look())

    def _left(self, watcher: _Watcher) -> None:
        self._watchers.discard(watcher)

    async def _watch(self) -> None:
        """Have the finder watch what the pages watch."""
        async with self._finding:
            experiments = {each for watcher in self._watchers for each in watcher.experiments}
            run_ids = {each for watcher in self._watchers for each in watcher.runs}
            await self._reads.run(partial(self._finder.watch, experiments, run_ids))

    # what others wrote

    async def _look(self) -> None:
        """Look at what others wrote until nobody watches any more."""
        loop = asyncio.get_running_loop()
        commented, count = loop.time(), len(self._watchers)
        pause = EVERY
        while self._watchers:
            await asyncio.sleep(pause)
            try:
                if len(self._watchers) < count:
                    await self._watch()
                count = len(self._watchers)
                await self._find()
                pause = EVERY
            except ModelyardError as error:
                log.warning("watching for changes: %s", error.message)
                pause = AFTER_FAILURE
            except Exception:
                log.exception("watching for changes failed")
                pause = AFTER_FAILURE
            if loop.time() - commented >= COMMENT_EVERY:
                commented = loop.time()
                for watcher in list(self._watchers):
                    watcher.comment()
        self._looking = False
        await self._watch()

    async def _find(self) -> None:
        async with self._finding:
            stirred = self._finder.is_stirred() if self._inline else await self._reads.run(self._finder.is_stirred)
            found = await self._reads.run(self._finder.look) if stirred else None
        if found is not None:
            self._remember(found.runs)
            self._note(found.runs, found.experiments)

    # telling

    def _note(self, runs: Iterable[str], experiments: Iterable[str]) -> None:
        self._runs.update(runs)
        self._experiments.update(experiments)
        if not self._planned and (self._runs or self._experiments):
            self._planned = True
            loop = asyncio.get_running_loop()
            wait = max(GATHER, self._told_at + EVERY - loop.time())
            loop.call_later(wait, lambda: self._tasks.start(self._tell()))

    async def _tell(self) -> None:
        self._planned = False
        self._told_at = asyncio.get_running_loop().time()
        runs, self._runs = self._runs, set()
        experiments, self._experiments = self._experiments, set()
        unknown = [run for run in runs if run not in self._experiment_of]
        if unknown and any(watcher.experiments for watcher in self._watchers):
            try:
                self._remember(await self._reads.run(partial(self._finder.experiments_of, unknown)))
            except ModelyardError as error:  # those who watch the runs themselves are told all the same
                log.warning("watching for changes: %s", error.message)
        of_experiment: dict[str, list[str]] = {}
        for run in runs:
            of_experiment.setdefault(self._experiment_of.get(run, ""), []).append(run)
        experiments.update(of_experiment)
        events: dict[tuple[frozenset[str], frozenset[str]], bytes] = {}
        for watcher in list(self._watchers):
            watched = watcher.experiments, watcher.runs
            if watched not in events:
                changes = watcher.changes(of_experiment, experiments)
                events[watched] = self._event(changes) if changes is not None else b""
            if events[watched]:
                watcher.send(events[watched])

    def _event(self, changes: Changes) -> bytes:
        self._number += 1
        return b"event: change\nid: %d\ndata: %s\n\n" % (self._number, encode_reply(changes))

    def _remember(self, experiments: Mapping[str, str]) -> None:
        if len(self._experiment_of) + len(experiments) > _REMEMBERED:
            self._experiment_of.clear()
        self._experiment_of.update(experiments)


def _checked(message: WatchChanges) -> WatchChanges:
    if not message.experiment_id and not message.run_id:
        raise InvalidParameter("Nothing is watched: name at least one experiment_id or run_id.")
    if len(message.experiment_id) > MAX_EXPERIMENTS or len(message.run_id) > MAX_RUN_IDS:
        raise InvalidParameter(f"At most {MAX_EXPERIMENTS} experiments and {MAX_RUN_IDS} runs are watched at a time.")
    return message


def _begin(request: Request) -> None:
    """Send the head of an answer that has no end but the connection's."""
    connection = request.connection
    transport = connection.transport
    assert transport is not None
    connection.endless = True
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    request.send(b"".join((connection.app.heads.of(200), API_POLICY, request.extra, _HEAD % request.id)))
    if connection.app.access_log is not None:
        connection.app.access_log(request, 200)


_read_run = msgspec.json.Decoder(RunReply).decode


def _named(message: Any, reply: bytes) -> tuple[list[str], list[str]]:
    """The runs and experiments that a write names. A new run's id is in the answer."""
    if isinstance(message, CreateRun):
        return [_read_run(reply).run.info.run_id], [message.experiment_id]
    runs = [getattr(message, "run_id", None), getattr(message, "source_run_id", None), *getattr(message, "run_ids", ())]
    experiments = [getattr(message, "experiment_id", None), *getattr(message, "experiment_ids", ())]
    return [each for each in runs if each], [each for each in experiments if each]
