"""`skybatch torture` on the command line."""

import json
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from skybatch.cli import torture
from skybatch.cli.main import main
from skybatch.torture.fault import Fault
from skybatch.torture.faults import FAULTS
from tests.e2e.process import PROGRAM


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where temporary folders are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def gentle(stage):
    stage.kill()
    stage.start()


def wrong(stage):
    gentle(stage)
    stage.complain("something that must not be")


def test_the_help_names_the_command_which_explains_itself():
    assert "torture" in CliRunner().invoke(main, ["--help"]).output
    assert "--kills" in CliRunner().invoke(main, ["torture", "--help"]).output


def test_a_good_run_ends_with_the_line_and_leaves_nothing(scratch, monkeypatch):
    monkeypatch.setitem(FAULTS, "kill", Fault(gentle, "a kill"))
    monkeypatch.chdir(scratch)
    Path("skybatch.toml").write_text("not TOML")  # another folder's business
    result = CliRunner().invoke(main, ["torture", "--kills", "1"])
    assert result.exit_code == 0
    assert result.stdout == "1 kills, 0 lost, 0 doubled\n"
    assert "kill 1 of 1: ready after" in result.stderr
    assert [path.name for path in scratch.iterdir()] == ["skybatch.toml"]


def test_a_run_with_a_fault_ends_with_1_and_keeps_the_folder_and_the_report(scratch, monkeypatch):
    monkeypatch.setitem(FAULTS, "kill", Fault(wrong, "a kill"))
    report = scratch / "report.md"
    arguments = ["torture", "--kills", "1", "--seed", "3", "--json", "--report", str(report)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["violations"] == ["something that must not be"]
    assert "skybatch torture --fault kill --kills 1 --seed 3" in result.stderr
    (kept,) = (path for path in scratch.iterdir() if path.is_dir())
    assert str(kept) in result.stderr
    assert (kept / "kill" / "data" / "skybatch.db").exists()
    assert "**1 kills, 0 lost, 0 doubled.**" in report.read_text("utf-8")
    assert "* something that must not be" in report.read_text("utf-8")


def test_of_all_faults_each_is_played_by_its_share_and_thoroughly_when_asked(scratch, monkeypatch):
    for name in tuple(FAULTS):
        monkeypatch.delitem(FAULTS, name)
    monkeypatch.setitem(FAULTS, "kill", Fault(lambda stage: None, "a kill", share=1.0))
    monkeypatch.setitem(
        FAULTS, "seldom", Fault(lambda stage: stage.complain("!"), "another", share=0.1)
    )
    result = CliRunner().invoke(torture.command, ["--fault", "all", "--kills", "2", "--thorough"])
    assert "kill 2 of 2:" in result.stderr
    assert "seldom 1 of 1:" in result.stderr
    assert "again: skybatch torture --fault seldom --thorough --kills 1" in result.stderr
    assert result.stdout == "0 kills, 0 lost, 0 doubled\n"


def test_a_folder_that_is_in_use_is_refused(tmp_path):
    (tmp_path / "mine").touch()
    result = CliRunner().invoke(main, ["torture", "--folder", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty" in result.stderr


def test_sigterm_leaves_no_daemon_behind(tmp_path):
    folder = tmp_path / "folder"
    command = [PROGRAM, "torture", "--kills", "1000", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        lock = folder / "kill" / "data" / "skybatch.lock"
        deadline = time.monotonic() + 20
        while not (lock.exists() and lock.read_text()):
            assert time.monotonic() < deadline, "not within 20 s"
            time.sleep(0.01)
        run.send_signal(signal.SIGTERM)
        assert run.wait(20) == 130
    # A later start, killed meanwhile, may not have written its pid yet: every one must be gone.
    assert not Path(f"/proc/{lock.read_text()}").exists()
