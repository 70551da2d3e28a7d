"""The sender: batches, order, and what happens while the store is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelyard.client.journal import journals_in
from modelyard.client.keeper import Keeper
from modelyard.client.sender import Options, Sender
from modelyard.core.errors import EndpointNotFound, InvalidParameter, ModelyardError, NotFound, Unavailable, Unreachable
from modelyard.core.wire.messages.runs import CreateRun, LogParam, SetTag, UpdateRun
from tests.unit.client.outlet import HangingStore, RecordingOutlet

RUN = "a" * 32
MakeSender = Callable[..., Sender]


@pytest.fixture
def outlet() -> RecordingOutlet:
    return RecordingOutlet()


@pytest.fixture
def make_sender(outlet: RecordingOutlet, tmp_path: Path) -> Iterator[MakeSender]:
    made: list[Sender] = []

    def make(**options: object) -> Sender:
        sender = Sender(outlet, Keeper(outlet.location, tmp_path / "journal"), Options(**options))  # type: ignore[arg-type]
        made.append(sender)
        return sender

    yield make
    for sender in made:
        sender.close(1)


def log(sender: Sender, count: int, run_id: str = RUN) -> None:
    lane = sender.lane(run_id, known=True)
    for step in range(count):
        lane.add("loss", step * 0.5, step)


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def test_points_are_sent_in_batches_of_at_most_a_thousand(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    sender = make_sender()
    log(sender, 2500)
    assert sender.flush()
    assert outlet.store.points == [("loss", step * 0.5, step) for step in range(2500)]
    assert max(len(batch.metrics) for batch in outlet.store.of("log_batch")) <= 1000


def test_points_go_by_themselves_without_a_flush(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    log(make_sender(), 3)
    assert eventually(lambda: len(outlet.store.points) == 3)


def test_the_sender_wakes_again_after_it_was_idle(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    sender = make_sender()
    for count in (1, 2, 3):
        log(sender, 1)
        assert eventually(lambda count=count: len(outlet.store.points) == count)  # type: ignore[misc]
        time.sleep(0.12)


def test_the_first_point_of_a_run_nobody_has_heard_of_is_sent_at_once(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    outlet.store.refuses["log_batch"] = NotFound(f"Run with id={RUN} not found")
    with pytest.raises(NotFound):
        make_sender().lane(RUN).add("loss", 1.0)


def test_flush_waits_for_what_is_on_its_way(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    sender = make_sender()
    outlet.store.waits_for = threading.Event()
    log(sender, 1)
    assert outlet.store.entered.wait(60)  # the thread has taken the point and has no answer yet
    threading.Timer(0.2, outlet.store.waits_for.set).start()
    assert sender.flush()
    assert len(outlet.store.points) == 1


def test_points_that_cannot_go_are_kept_and_go_when_the_store_is_back(
    make_sender: MakeSender, outlet: RecordingOutlet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sender = make_sender()
    outlet.go_away()
    with caplog.at_level(logging.WARNING):
        log(sender, 1500)
        assert not sender.flush()
    assert "Nobody is there." in caplog.text
    assert len(journals_in(tmp_path / "journal")) == 1
    outlet.come_back()
    assert eventually(lambda: len(outlet.store.points) == 1500)
    assert outlet.store.points == [("loss", step * 0.5, step) for step in range(1500)]
    assert eventually(lambda: journals_in(tmp_path / "journal") == [])


def test_everything_that_is_said_while_the_store_is_away_arrives_in_order(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    sender = make_sender()
    outlet.go_away()
    assert sender.send("create_run", CreateRun(experiment_id="0", run_id=RUN)) is None
    sender.send("log_param", LogParam(run_id=RUN, key="alpha", value="0.5"))
    log(sender, 10)
    sender.send("set_tag", SetTag(run_id=RUN, key="state", value="done"))
    sender.send("update_run", UpdateRun(run_id=RUN, status="FINISHED"))
    outlet.come_back()
    assert sender.flush()
    verbs = list(dict.fromkeys(verb for verb, _ in outlet.store.calls))
    assert verbs == ["create_run", "log_param", "log_batch", "set_tag", "update_run"]
    assert len(outlet.store.points) == 10


def test_what_the_next_process_finds_left_is_sent_with_its_own(
    make_sender: MakeSender, outlet: RecordingOutlet, tmp_path: Path
) -> None:
    first = make_sender()
    outlet.go_away()
    log(first, 5)
    assert first.close(0.1) >= 1
    outlet.come_back()
    log(make_sender(), 1)
    assert eventually(lambda: len(outlet.store.points) == 6)
    assert eventually(lambda: journals_in(tmp_path / "journal") == [])


def test_a_server_that_names_runs_itself_gets_the_rest_under_its_name(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    sender = make_sender()
    outlet.go_away()
    outlet.store.gives_ids = True
    sender.send("create_run", CreateRun(experiment_id="0", run_id=RUN))
    log(sender, 2)
    outlet.come_back()
    assert sender.flush()
    assert {batch.run_id for batch in outlet.store.of("log_batch")} == {"f" * 32}


def test_an_experiment_that_was_only_named_is_made_when_the_store_is_back(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    sender = make_sender()
    outlet.go_away()
    sender.send("create_run", CreateRun(experiment_id="@wine", run_id=RUN))
    outlet.come_back()
    assert sender.flush()
    assert outlet.store.of("create_experiment")[0].name == "wine"
    assert outlet.store.of("create_run")[0].experiment_id == "7"


def test_a_file_that_cannot_go_is_copied_and_goes_later(
    make_sender: MakeSender, outlet: RecordingOutlet, tmp_path: Path
) -> None:
    sender = make_sender()
    local = tmp_path / "results.csv"
    local.write_text("a,b")
    outlet.go_away()
    sender.send_file(RUN, "tables/results.csv", local)
    local.unlink()
    outlet.come_back()
    assert sender.flush()
    assert outlet.uploads == [(RUN, "tables/results.csv", b"a,b")]
    assert list((tmp_path / "journal").iterdir()) == []


def test_a_full_queue_spills_into_the_journal_and_nothing_is_lost(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    sender = make_sender(queue_limit=2000)
    gate = outlet.store.waits_for = threading.Event()
    log(sender, 10_000)
    assert len(sender.lane(RUN).points) <= 2001
    gate.set()
    assert sender.flush()
    assert sorted(step for _, _, step in outlet.store.points) == list(range(10_000))


def test_what_the_store_says_to_a_param_is_raised(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    outlet.store.refuses["log_param"] = InvalidParameter("Changing param values is not allowed.")
    with pytest.raises(InvalidParameter, match="Changing param values"):
        make_sender().send("log_param", LogParam(run_id=RUN, key="alpha", value="1"))


def test_a_busy_store_keeps_nothing_from_going_on(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    sender = make_sender()
    outlet.store.failure = Unavailable("The database is busy.")
    assert sender.send("log_param", LogParam(run_id=RUN, key="alpha", value="1")) is None
    outlet.come_back()
    assert sender.flush()
    assert outlet.store.of("log_param")[0].value == "1"


def test_strict_raises_where_the_store_is_away(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    sender = make_sender(strict=True)
    outlet.go_away()
    for _ in range(2):
        with pytest.raises(Unreachable):
            sender.send("log_param", LogParam(run_id=RUN, key="alpha", value="1"))


def test_synchronous_sends_each_point_before_it_returns(
    make_sender: MakeSender, outlet: RecordingOutlet, tmp_path: Path
) -> None:
    sender = make_sender(synchronous=True)
    log(sender, 3)
    assert [len(batch.metrics) for batch in outlet.store.of("log_batch")] == [1, 1, 1]
    outlet.go_away()
    with pytest.raises(Unreachable):
        log(sender, 1)
    assert journals_in(tmp_path / "journal") == []


def test_one_bad_point_does_not_take_the_others_with_it(
    make_sender: MakeSender, outlet: RecordingOutlet, caplog: pytest.LogCaptureFixture
) -> None:
    class Picky(type(outlet.store)):  # type: ignore[misc]
        def log_batch(self, request):  # type: ignore[no-untyped-def]
            if any(point.key == "bad" for point in request.metrics):
                raise InvalidParameter("bad is not liked here")
            return super().log_batch(request)

    outlet.store = Picky()
    sender = make_sender()
    lane = sender.lane(RUN, known=True)
    for key in ("good", "bad", "better"):
        lane.add(key, 1.0)
    assert sender.flush()
    assert [key for key, _, _ in outlet.store.points] == ["good", "better"]
    assert "bad is not liked here" in caplog.text


def test_a_record_the_store_refuses_for_good_does_not_stop_the_rest(
    make_sender: MakeSender, outlet: RecordingOutlet, caplog: pytest.LogCaptureFixture
) -> None:
    sender = make_sender()
    outlet.go_away()
    sender.send("log_param", LogParam(run_id=RUN, key="alpha", value="1"))
    log(sender, 1)
    outlet.come_back()
    outlet.store.refuses["log_param"] = InvalidParameter("Changing param values is not allowed.")
    assert sender.flush()
    assert len(outlet.store.points) == 1
    assert "Changing param values" in caplog.text


def test_a_server_error_is_tried_again_a_few_times_and_then_passed_over(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    sender = make_sender()
    outlet.store.refuses["log_batch"] = ModelyardError("Something went wrong.")
    log(sender, 1)
    assert not sender.flush()
    assert not sender.flush()
    del outlet.store.refuses["log_batch"]
    assert sender.flush()
    assert len(outlet.store.points) == 1


def test_signs_of_life_are_sent_while_a_run_is_open(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    sender = make_sender(heartbeat_interval=0.05)
    sender.begin(RUN)
    assert eventually(lambda: len(outlet.store.of("heartbeat")) >= 2)
    assert outlet.store.of("heartbeat")[0].run_ids == [RUN]
    sender.end(RUN)
    time.sleep(0.2)
    count = len(outlet.store.of("heartbeat"))
    time.sleep(0.3)
    assert len(outlet.store.of("heartbeat")) == count


def test_a_server_that_knows_no_signs_of_life_is_left_alone(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    sender = make_sender(heartbeat_interval=0.05)
    outlet.store.refuses["heartbeat"] = EndpointNotFound("no such endpoint")
    sender.begin(RUN)
    assert eventually(lambda: not sender._beating)
    sender.begin(RUN)
    assert not sender._beating


def test_closing_keeps_what_is_on_its_way_to_a_store_that_hangs(
    make_sender: MakeSender, outlet: RecordingOutlet, tmp_path: Path
) -> None:
    sender = make_sender()
    gate = outlet.store.waits_for = threading.Event()
    log(sender, 3)
    assert outlet.store.entered.wait(60)
    started = time.monotonic()
    assert sender.close(0.2) >= 1
    assert time.monotonic() - started < 8  # the store hangs for ten
    gate.set()
    outlet.store.waits_for = None
    log(make_sender(), 1)
    assert eventually(lambda: {step for _, _, step in outlet.store.points} >= {0, 1, 2})


def test_a_point_for_a_run_that_has_ended_is_sent_all_the_same(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    sender = make_sender()
    lane = sender.lane(RUN, known=True)
    sender.end(RUN)
    lane.add("late", 1.0)
    assert outlet.store.points == [("late", 1.0, 0)]


def test_a_point_after_the_end_of_all_is_kept(make_sender: MakeSender, outlet: RecordingOutlet, tmp_path: Path) -> None:
    sender = make_sender()
    lane = sender.lane(RUN, known=True)
    sender.close(1)
    outlet.go_away()
    lane.add("late", 1.0)
    assert len(journals_in(tmp_path / "journal")) == 1


def test_a_journal_that_cannot_be_written_where_it_should_is_written_elsewhere(
    outlet: RecordingOutlet, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    keeper = Keeper(outlet.location, blocked / "journal")
    sender = Sender(outlet, keeper, Options())
    outlet.go_away()
    log(sender, 2)
    sender.flush()
    elsewhere = keeper.folder
    assert elsewhere != blocked / "journal"
    outlet.come_back()
    assert sender.flush()
    assert len(outlet.store.points) == 2
    assert not elsewhere.exists(), "nothing is left of it once all is sent"
    sender.close(1)


@pytest.fixture
def hanging(outlet: RecordingOutlet) -> HangingStore:
    """Whom calls ask that training waits for; the thread finds the store in order."""
    outlet.hanging = HangingStore(0.06)
    return outlet.hanging


def test_after_one_call_that_waited_in_vain_the_others_leave_it_to_the_thread(
    make_sender: MakeSender, outlet: RecordingOutlet, hanging: HangingStore
) -> None:
    sender = make_sender(call_deadline=0.05)
    for number in range(20):
        assert sender.send("set_tag", SetTag(run_id=RUN, key="n", value=str(number))) is None
        assert sender.flush()  # the store answers the thread
    assert hanging.asked == ["set_tag"]
    assert [tag.value for tag in outlet.store.of("set_tag")] == [str(number) for number in range(20)]


def test_a_call_that_was_refused_quickly_is_tried_again_when_the_store_is_back(
    make_sender: MakeSender, outlet: RecordingOutlet, hanging: HangingStore
) -> None:
    sender = make_sender(call_deadline=60)
    for _ in range(3):
        sender.send("set_tag", SetTag(run_id=RUN, key="a", value="1"))
        assert sender.flush()
    assert hanging.asked == ["set_tag"] * 3


def test_the_making_of_a_run_is_given_the_longer_time(
    make_sender: MakeSender, outlet: RecordingOutlet, hanging: HangingStore
) -> None:
    assert make_sender(call_deadline=0.05).send("create_run", CreateRun(experiment_id="0", run_id=RUN)) is not None
    assert hanging.asked == []


def test_a_call_never_overtakes_what_waits_in_the_journal(make_sender: MakeSender, outlet: RecordingOutlet) -> None:
    sender = make_sender()
    outlet.go_away()
    sender.send("set_tag", SetTag(run_id=RUN, key="state", value="old"))
    outlet.come_back()
    sender._away = False  # as between the end of a replay and what was kept meanwhile
    sender.send("set_tag", SetTag(run_id=RUN, key="state", value="new"))
    assert sender.flush()
    assert [tag.value for tag in outlet.store.of("set_tag")] == ["old", "new"]


def test_a_point_of_an_unknown_run_does_not_wait_for_a_thread_that_gets_no_answer(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    sender = make_sender(call_deadline=0.05)
    gate = outlet.store.waits_for = threading.Event()
    log(sender, 1)
    assert outlet.store.entered.wait(60)
    started = time.monotonic()
    sender.lane("b" * 32).add("loss", 1.0)
    assert time.monotonic() - started < 5  # the store would have taken ten
    gate.set()
    assert sender.flush()
    assert {batch.run_id for batch in outlet.store.of("log_batch")} == {RUN, "b" * 32}


def test_runs_that_begin_one_after_the_other_do_not_put_the_first_ones_sign_of_life_off(
    make_sender: MakeSender, outlet: RecordingOutlet
) -> None:
    sender = make_sender(heartbeat_interval=0.3)
    sender.begin(RUN)
    until = time.monotonic() + 10
    number = 0
    while not outlet.store.of("heartbeat") and time.monotonic() < until:
        number += 1
        sender.begin(f"{number:032x}")
        time.sleep(0.05)
    assert outlet.store.of("heartbeat")[0].run_ids[0] == RUN
