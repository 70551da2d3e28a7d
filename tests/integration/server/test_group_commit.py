"""Writes that arrive together: one commit, each on its own, and answered only when they are on disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pytest

from modelyard.core.errors import Conflict, InvalidParameter, LimitExceeded, ModelyardError, NotFound, Unavailable
from modelyard.core.wire.messages.message import Empty
from modelyard.db.database import Database
from modelyard.db.errors import DatabaseBusy, OutcomeUnknown
from modelyard.server.commit import MAX_INLINE_BYTES, MAX_WAITING, GroupCommit, Job, Outcome, Writers, run_group
from tests.support.databases import Databases


def job(run: Callable[[Any], Any], message: Any = None, together: bool = False) -> Job:
    return Job(run, message, 10, lambda _: None, together)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def database(databases: Databases, request: pytest.FixtureRequest) -> Database:
    database = databases.new(request.param)
    with database.write() as connection:
        connection.run("CREATE TABLE notes (text TEXT NOT NULL UNIQUE)")
    return database


def notes(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(str(text) for (text,) in connection.rows("SELECT text FROM notes"))


def note(database: Database, then: BaseException | None = None) -> Callable[[str], Empty]:
    def run(text: str) -> Empty:
        with database.write() as connection:
            connection.run("INSERT INTO notes (text) VALUES (?)", (text,))
        if then is not None:
            raise then
        return Empty()

    return run


def test_one_failure_harms_no_other(database: Database) -> None:
    refused = NotFound("no")
    broken = ZeroDivisionError("a mistake of ours")
    outcomes = run_group(
        Writers(database, None),
        [
            job(note(database), "a"),
            job(note(database, refused), "b"),
            job(note(database), "c"),
            job(note(database), "a"),
            job(note(database, broken), "d"),
            job(note(database), "e"),
        ],
        wait=5,
    )
    assert outcomes[0] == outcomes[2] == outcomes[5] == b"{}"
    assert outcomes[1] is refused
    assert isinstance(outcomes[3], ModelyardError)
    assert outcomes[4] is broken
    assert notes(database) == ["a", "c", "e"]


def test_what_is_logged_together_is_written_by_one_call(database: Database) -> None:
    calls: list[list[str]] = []

    def log_batches(messages: list[str]) -> Sequence[Any]:
        calls.append(messages)
        return [InvalidParameter(text) if text == "bad" else note(database)(text) for text in messages]

    writers = Writers(database, log_batches)
    jobs = [job(note(database), text, text != "alone") for text in ("a", "alone", "bad", "b")]
    outcomes = run_group(writers, jobs, wait=5)
    assert calls == [["a", "bad", "b"]]
    assert [isinstance(outcome, bytes) for outcome in outcomes] == [True, True, False, True]
    assert notes(database) == ["a", "alone", "b"]


def test_when_writing_together_fails_each_is_tried_alone(database: Database) -> None:
    def log_batches(messages: list[str]) -> Sequence[Any]:
        note(database)("left over")
        raise RuntimeError("a mistake of ours")

    jobs = [job(note(database), text, True) for text in ("a", "b", "a")]
    outcomes = run_group(Writers(database, log_batches), jobs, wait=5)
    assert [isinstance(outcome, bytes) for outcome in outcomes] == [True, True, False]
    assert notes(database) == ["a", "b"]


class FailingCommit:
    """A database whose commit fails: what was done in the block is undone."""

    failure = None

    def __init__(self, database: Database, error: ModelyardError) -> None:
        self._database = database
        self._error = error
        self.dialect = database.dialect

    @contextmanager
    def write(self, *, wait: float = 5.0) -> Any:
        with self._database.write(wait=wait) as connection:
            yield connection
            raise self._error


def test_a_commit_that_fails_fails_all_that_had_succeeded(database: Database) -> None:
    error, refused = Unavailable("full"), NotFound("no")
    inner = [note(database), note(database, refused), note(database)]
    failing: Any = FailingCommit(database, error)

    class Nested:
        failure = None
        dialect = database.dialect

        def write(self, *, wait: float | None = None) -> Any:
            return failing.write() if wait is not None else database.write()

    nested: Any = Nested()
    outcomes = run_group(Writers(nested, None), [job(run, str(n)) for n, run in enumerate(inner)], wait=5)
    assert outcomes == [error, refused, error]
    assert notes(database) == []


def test_a_transaction_that_cannot_begin_is_raised(databases: Databases) -> None:
    database = databases.new("sqlite")
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with database.write() as connection:
            connection.row("SELECT 1")
            entered.set()
            leave.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(60)
    try:
        with pytest.raises(Unavailable):
            run_group(Writers(database, None), [job(lambda _: Empty())], wait=0)
    finally:
        leave.set()
        holder.join()


def commit_all(commit: GroupCommit, jobs: list[tuple[Callable[[Any], Any], Any]]) -> list[Outcome]:
    """Submit in one turn of an event loop and wait for all outcomes."""

    async def run() -> list[Outcome]:
        loop = asyncio.get_running_loop()
        told: list[asyncio.Future[Outcome]] = [loop.create_future() for _ in jobs]
        for (work, message), future in zip(jobs, told, strict=True):
            commit.submit(Job(work, message, 10, future.set_result))
        return list(await asyncio.gather(*told))

    return asyncio.run(run())


@pytest.mark.parametrize("inline", [True, False])
def test_writes_of_one_turn_share_a_commit(database: Database, inline: bool) -> None:
    outer: list[float] = []

    class Counting:
        failure = None
        dialect = database.dialect

        def write(self, *, wait: float | None = None) -> Any:
            if wait is None:
                return database.write()
            outer.append(wait)
            return database.write(wait=wait)

    counting: Any = Counting()
    with ThreadPoolExecutor(1) as executor:
        commit = GroupCommit(Writers(counting, None), executor, inline=inline)
        outcomes = commit_all(commit, [(note(database), str(n)) for n in range(20)])
        assert commit.idle
    assert outcomes == [b"{}"] * 20
    assert len(outer) == 1
    assert len(notes(database)) == 20


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize(
    ("error", "proved"), [(Unavailable("gone"), False), (OutcomeUnknown(), False), (NotFound("no run"), True)]
)
def test_a_commit_of_late_proves_nothing_once_a_group_found_no_database(
    databases: Databases, error: ModelyardError, proved: bool, inline: bool
) -> None:
    database = databases.new("memory")
    with database.write() as connection:
        connection.run("CREATE TABLE notes (text TEXT NOT NULL UNIQUE)")
    with ThreadPoolExecutor(1) as executor:
        commit = GroupCommit(Writers(database, None), executor, inline=inline)
        assert commit_all(commit, [(note(database), "a")]) == [b"{}"]
        assert commit.committed_at > 0
        assert commit_all(commit, [(note(database, error), "b"), (note(database, error), "c")]) == [error, error]
        assert (commit.committed_at > 0) == proved
        assert commit_all(commit, [(note(database, error), "b"), (note(database), "c")]) == [error, b"{}"]
        assert commit.committed_at > 0


def test_while_another_process_writes_the_event_loop_goes_on(databases: Databases) -> None:
    database = databases.new("sqlite")
    with database.write() as connection:
        connection.run("CREATE TABLE notes (text TEXT NOT NULL UNIQUE)")
    other = databases.sqlite(database.path)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with other.write() as connection:
            connection.run("INSERT INTO notes VALUES ('theirs')")
            entered.set()
            leave.wait(60)

    async def run() -> tuple[int, Outcome]:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Outcome] = loop.create_future()
        commit.submit(Job(note(database), "ours", 10, told.set_result))
        turns = 0
        while turns < 50:
            await asyncio.sleep(0.002)
            turns += 1
        assert not told.done()
        leave.set()
        return turns, await asyncio.wait_for(told, 60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(60)
    with ThreadPoolExecutor(1) as executor:
        commit = GroupCommit(Writers(database, None), executor, inline=True)
        turns, outcome = asyncio.run(run())
    holder.join()
    assert (turns, outcome) == (50, b"{}")
    assert notes(database) == ["ours", "theirs"]


class Promised:
    """Jobs that note in one table, and what they were told."""

    def __init__(self, commit: GroupCommit, database: Database) -> None:
        self._commit = commit
        self._database = database
        self.told: dict[str, asyncio.Future[Outcome]] = {}
        self.took: dict[str, float] = {}

    def submit(self, text: str, seconds: float, together: bool = False) -> None:
        began = monotonic()
        told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        told.add_done_callback(lambda _: self.took.setdefault(text, monotonic() - began))
        self.told[text] = told
        self._commit.submit(Job(note(self._database), text, 10, told.set_result, together, monotonic() + seconds))


def test_those_whose_time_is_over_are_told_and_the_others_wait_on(databases: Databases) -> None:
    """Each counts from its own arrival, however many groups were tried before it."""
    database = databases.new("sqlite")
    with database.write() as connection:
        connection.run("CREATE TABLE notes (text TEXT NOT NULL UNIQUE)")
    other = databases.sqlite(database.path)

    async def run() -> None:
        jobs = Promised(commit, database)
        with other.write() as connection:
            connection.run("INSERT INTO notes VALUES ('theirs')")
            jobs.submit("first", 0.3)
            jobs.submit("patient", 60)
            await asyncio.sleep(0.1)
            assert commit.stuck_for > 0
            jobs.submit("second", 0.3)
            for refused in ("first", "second"):
                assert isinstance(await asyncio.wait_for(jobs.told[refused], 30), DatabaseBusy)
                assert jobs.took[refused] >= 0.3
            assert not jobs.told["patient"].done()
        assert await asyncio.wait_for(jobs.told["patient"], 30) == b"{}"
        jobs.submit("last", 60)
        assert await asyncio.wait_for(jobs.told["last"], 30) == b"{}"
        assert commit.idle
        assert commit.stuck_for == 0

    with ThreadPoolExecutor(1) as executor:
        commit = GroupCommit(Writers(database, None), executor, inline=True)
        asyncio.run(run())
    assert notes(database) == ["last", "patient", "theirs"]


@pytest.mark.parametrize("together", [False, True])
def test_a_write_that_meets_a_lock_is_set_aside_and_those_beside_it_are_not(
    databases: Databases, together: bool
) -> None:
    database = databases.new("postgres")
    with database.write() as connection:
        connection.run("CREATE TABLE notes (text TEXT NOT NULL UNIQUE)")

    def log_batches(texts: list[str]) -> Sequence[Any]:
        return [note(database)(text) for text in texts]

    async def run() -> None:
        loop = asyncio.get_running_loop()
        jobs = Promised(commit, database)
        with database.write() as connection:
            for number in range(6):  # more than one group lets wait
                connection.run("INSERT INTO notes VALUES (?)", (f"held {number}",))
            for number in range(6):
                jobs.submit(f"held {number}", 60, together)
            jobs.submit("late", 60, together)
            jobs.submit("held 0 ", 60, together)
            assert await asyncio.wait_for(jobs.told["late"], 30) == b"{}"
            assert not any(
                told.done() for text, told in jobs.told.items() if text.startswith("held") and text[-1] != " "
            )
            assert not commit.idle
            connection.run("DELETE FROM notes WHERE text = 'held 3'")
        outcomes = {text: await asyncio.wait_for(told, 60) for text, told in jobs.told.items()}
        assert {text for text, outcome in outcomes.items() if outcome == b"{}"} == {"late", "held 0 ", "held 3"}
        until = loop.time() + 30
        while not commit.idle and loop.time() < until:
            await asyncio.sleep(0.01)
        assert commit.idle

    with ThreadPoolExecutor(2) as executor:
        commit = GroupCommit(Writers(database, log_batches if together else None), executor, inline=False)
        asyncio.run(run())
    assert notes(database) == sorted(["held 0 ", "late", *(f"held {number}" for number in range(6))])


def test_a_large_group_leaves_the_event_loop_alone(databases: Databases) -> None:
    database = databases.new("sqlite")
    threads: list[int] = []

    def run(_: Any) -> Empty:
        threads.append(threading.get_ident())
        return Empty()

    async def submit(size: int) -> Outcome:
        told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        commit.submit(Job(run, None, size, told.set_result))
        return await told

    with ThreadPoolExecutor(1) as executor:
        commit = GroupCommit(Writers(database, None), executor, inline=True)
        for size in (10, MAX_INLINE_BYTES + 1):
            assert asyncio.run(submit(size)) == b"{}"
    assert [thread == threading.get_ident() for thread in threads] == [True, False]


def test_too_many_that_wait_are_refused(databases: Databases) -> None:
    database = databases.new("memory")

    async def run() -> int:
        refused = 0
        for _ in range(MAX_WAITING + 5):
            try:
                commit.submit(Job(lambda _: Empty(), None, 10, lambda _: None))
            except LimitExceeded:
                refused += 1
        while not commit.idle:
            await asyncio.sleep(0)
        return refused

    with ThreadPoolExecutor(1) as executor:
        commit = GroupCommit(Writers(database, None), executor, inline=True)
        assert asyncio.run(run()) == 5


def test_a_conflict_is_an_outcome_like_any_other(database: Database) -> None:
    conflict = Conflict("again")
    assert run_group(Writers(database, None), [job(note(database, conflict), "x")], wait=5) == [conflict]
    assert notes(database) == []
