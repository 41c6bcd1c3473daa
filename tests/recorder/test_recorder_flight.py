"""The flight recorder: appended, capped, readable after any end, and never in the way."""

import os
import resource
import signal
import subprocess
import sys
import textwrap

import pytest

from skybatch.model.clock import SystemClock
from skybatch.model.event import Event, EventType
from skybatch.recorder.flight import FILES, Recorder
from skybatch.recorder.lines import FOLDER, files_of, last, read, tail


@pytest.fixture
def recorder(tmp_path):
    recorder = Recorder(tmp_path, "boot-1", SystemClock())
    yield recorder
    recorder.close()


def test_what_is_noted_can_be_read_at_once_by_others(recorder, tmp_path):
    recorder.note("job.stage", job_id="j1", batch_id="b1", attempt=2, stage="robots")
    recorder.hear(Event(7, 1_800_000_000.0, EventType.BATCH_STARTED, "b1"))
    first, second = read(tmp_path)
    assert (first.type, first.job_id, first.attempt, first.data) == (
        "job.stage", "j1", 2, {"stage": "robots"}
    )  # fmt: skip
    assert (second.event, second.batch_id, second.boot) == (7, "b1", "boot-1")
    assert [line.type for line in read(tmp_path, about="j1")] == ["job.stage"]


def test_a_process_that_is_killed_loses_no_line(tmp_path):
    program = f"""
        import os, signal
        from pathlib import Path
        from skybatch.model.clock import SystemClock
        from skybatch.recorder.flight import Recorder
        recorder = Recorder(Path({str(tmp_path)!r}), "boot-1", SystemClock())
        for number in range(1000):
            recorder.note("page.asked", number=number)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [line.data["number"] for line in read(tmp_path)] == list(range(1000))


def test_the_oldest_lines_make_room_for_the_newest(tmp_path):
    recorder = Recorder(tmp_path, "boot-1", SystemClock(), file_bytes=2_000)
    for number in range(1_000):
        recorder.note("page.asked", number=number)
    recorder.close()
    files = files_of(tmp_path / FOLDER)
    assert len(files) == FILES
    assert sum(path.stat().st_size for path in files) < FILES * 2_200
    numbers = [line.data["number"] for line in read(tmp_path)]
    assert numbers == list(range(numbers[0], 1_000)), "no gap, up to the last"
    assert [line.data["number"] for line in last(tmp_path, 3)] == [997, 998, 999]


def test_a_line_that_was_cut_off_spoils_no_other(recorder, tmp_path):
    recorder.note("job.stage", stage="one")
    recorder.close()
    with files_of(tmp_path / FOLDER)[0].open("ab") as file:
        file.write(b'{"at":1,"boot":"b","type":"ha')
    recorder.note("job.stage", stage="two")
    assert [line.data["stage"] for line in read(tmp_path)] == ["one", "two"]


def test_the_tail_begins_with_a_whole_line_and_goes_over_files(tmp_path):
    recorder = Recorder(tmp_path, "boot-1", SystemClock(), file_bytes=1_000)
    for number in range(40):
        recorder.note("page.asked", number=number)
    recorder.close()
    numbers = [line.data["number"] for line in tail(tmp_path, 1_500)]
    assert numbers[-1] == 39
    assert numbers == list(range(numbers[0], 40))
    assert 8 <= len(numbers) < 25


def test_lines_that_cannot_be_written_are_counted_and_told_later(tmp_path):
    """A limit on the size of files plays the full disk: writes fail, in the middle of a line."""
    now = [0.0]
    recorder = Recorder(tmp_path, "boot-1", SystemClock(), monotonic=lambda: now[0])
    recorder.note("job.stage", stage="before")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(
            resource.RLIMIT_FSIZE, (files_of(tmp_path / FOLDER)[0].stat().st_size + 10, limit[1])
        )
        for _ in range(5):
            recorder.note("job.stage", stage="lost")
            now[0] += 2
        assert recorder.lost == 5
        assert "cannot be written" in (recorder.trouble or "")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    recorder.note("job.stage", stage="after")
    recorder.close()
    assert recorder.trouble is None
    told = [(line.type, line.data) for line in read(tmp_path)]
    assert told == [
        ("job.stage", {"stage": "before"}),
        ("recorder.lost", {"lines": 5}),
        ("job.stage", {"stage": "after"}),
    ]


def test_a_folder_that_vanished_is_made_again(recorder, tmp_path):
    recorder.note("job.stage", stage="one")
    recorder.close()
    for path in (tmp_path / FOLDER).iterdir():
        path.unlink()
    (tmp_path / FOLDER).rmdir()
    recorder.note("job.stage", stage="two")
    assert [line.data["stage"] for line in read(tmp_path)] == ["two"]


def test_there_is_nothing_to_read_where_nobody_wrote(tmp_path):
    assert list(read(tmp_path)) == []
    assert list(tail(tmp_path, 100)) == []
    assert not os.listdir(tmp_path)
