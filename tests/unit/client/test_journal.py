"""The journal file: what survives what."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest

from modelyard.client.journal import Entry, Journal, journals_in
from modelyard.core.errors import StoreDamaged

LOCATION = "http://127.0.0.1:5000"


def entry(number: int) -> Entry:
    return Entry("set_tag", msgspec.Raw(msgspec.json.encode({"number": number})))


def numbers(journal: Journal) -> list[int]:
    return [msgspec.json.decode(placed.entry.body)["number"] for placed in journal.unsent()]


def left_behind(folder: Path, count: int) -> Path:
    """A journal of `count` records whose process is gone."""
    journal = Journal.create(folder, LOCATION)
    for number in range(count):
        journal.append(entry(number))
    journal.close()
    return journal.path


def reopened(path: Path) -> Journal:
    journal = Journal.open(path)
    assert journal is not None
    return journal


def test_what_was_appended_is_read_back_in_order_by_the_next_process(tmp_path: Path) -> None:
    journal = reopened(left_behind(tmp_path, 100))
    assert numbers(journal) == list(range(100))
    assert journal.location == LOCATION


def test_reading_goes_on_with_records_that_are_appended_meanwhile(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, LOCATION)
    journal.append(entry(0))
    seen = []
    for placed in journal.unsent():
        seen.append(placed.sequence)
        if len(seen) < 3:
            journal.append(entry(len(seen)))
    assert len(seen) == 3


def test_the_mark_survives_the_process(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, LOCATION)
    for number in range(4):
        journal.append(entry(number))
    ends = [placed.end for placed in journal.unsent()]
    journal.mark(ends[1])
    journal.close()
    again = reopened(journal.path)
    assert numbers(again) == [2, 3]
    again.mark(ends[3])
    assert again.is_sent


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_torn_tail_loses_the_last_record_and_nothing_before_it(tmp_path: Path, cut: int) -> None:
    path = left_behind(tmp_path, 5)
    os.truncate(path, path.stat().st_size - cut)
    journal = reopened(path)
    assert numbers(journal) == [0, 1, 2, 3]
    journal.append(entry(9))
    assert numbers(journal) == [0, 1, 2, 3, 9]


def test_zeros_behind_the_last_record_are_no_record(tmp_path: Path) -> None:
    path = left_behind(tmp_path, 2)
    with open(path, "ab") as file:
        file.write(bytes(4096))
    assert numbers(reopened(path)) == [0, 1]


def test_a_record_with_a_flipped_bit_is_passed_over(tmp_path: Path) -> None:
    path = left_behind(tmp_path, 3)
    data = bytearray(path.read_bytes())
    data[data.index(b'{"number":1}') + 10] ^= 1
    path.write_bytes(data)
    assert numbers(reopened(path)) == [0, 2]


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.journal"
    path.write_bytes(b"something else entirely")
    with pytest.raises(StoreDamaged, match="no journal"):
        Journal.open(path)


def test_a_journal_whose_process_lives_is_not_opened(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, LOCATION)
    assert Journal.open(journal.path) is None
    journal.close()
    assert Journal.open(journal.path) is not None


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    journal = Journal.create(folder, LOCATION)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_journals_are_found_by_their_store(tmp_path: Path) -> None:
    here, there = left_behind(tmp_path, 1), Journal.create(tmp_path, "http://elsewhere").path
    assert journals_in(tmp_path, LOCATION) == [here]
    assert set(journals_in(tmp_path)) == {here, there}
    assert journals_in(tmp_path / "nothing") == []
