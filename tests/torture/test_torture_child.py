"""A daemon as a child process."""

import signal

import pytest

from skybatch.torture.child import API, LOST, Child, ChildFailed

# As `strace -f` does, the shell stays the parent of what it runs.
FORKING = ("sh", "-c", '"$@"; exit $?', "sh")


@pytest.mark.parametrize("wrap", [(), FORKING])
def test_a_child_takes_requests_is_killed_and_starts_again(tmp_path, wrap):
    with Child(tmp_path, wrap=wrap) as child:
        child.start()
        assert (child.pid == child.process.pid) is (not wrap)
        assert child.request("GET", f"{API}/batch").status == 200
        child.kill()
        assert child.exit_code == (128 + signal.SIGKILL if wrap else -signal.SIGKILL)
        with pytest.raises(LOST):
            child.request("GET", "/livez")
        child.start()
        assert child.footprint().fds > 3
        child.terminate()
        assert child.wait(20) == 0
        assert child.footprint() is None


def test_settings_that_are_wrong_are_told_from_the_log(tmp_path):
    with (
        Child(tmp_path, settings="[workers]\ncuont = 3\n") as child,
        pytest.raises(ChildFailed, match="cuont"),
    ):
        child.start()


def test_a_child_leaves_no_process_and_heeds_no_settings_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("SKYBATCH_WORKERS__COUNT", "many")
    with Child(tmp_path, wrap=FORKING) as child:
        child.start()
        with pytest.raises(ChildFailed, match="still running"):
            child.wait(0.01)
    with pytest.raises(LOST):
        child.request("GET", "/livez")
