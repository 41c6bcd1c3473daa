"""What the commands show of the flight recorder when no daemon answers."""

import pytest

from skybatch.cli.black_box import or_last_lines, or_story_of
from skybatch.cli.client import Unreachable
from skybatch.model.clock import SteadyClock
from skybatch.recorder.flight import Recorder


@pytest.fixture(autouse=True)
def recorded(tmp_path, monkeypatch):
    """A data directory whose daemon has ended."""
    recorder = Recorder(tmp_path, "boot", SteadyClock())
    recorder.note("job.claimed", batch_id="b", job_id="j", attempt=1, domain="a.example")
    recorder.close()
    monkeypatch.setenv("SKYBATCH_STORE__DATA_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("url", "is_shown"),
    [
        (None, True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]:1", True),
        ("http://scanner.example:8080", False),
    ],
)
def test_only_a_daemon_of_this_machine_has_its_recorder_here(url, is_shown, monkeypatch, capsys):
    if url:
        monkeypatch.setenv("SKYBATCH_URL", url)
    else:
        monkeypatch.delenv("SKYBATCH_URL", raising=False)
    with pytest.raises(Unreachable), or_last_lines():
        raise Unreachable("http://x", "refused")
    with pytest.raises(Unreachable), or_story_of("a.example", as_json=False):
        raise Unreachable("http://x", "refused")
    told = capsys.readouterr()
    assert ("job.claimed" in told.err) is is_shown
    assert ("job.claimed" in told.out) is is_shown
