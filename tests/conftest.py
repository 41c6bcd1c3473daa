"""Tests that drive a program of the system: skipped without it, or failed when it is required.

`@pytest.mark.needs("nginx", files=[…])` names the program, and files that the test reads besides.
`SKYBATCH_REQUIRE="nginx chromium"` names the programs without which the run is no proof.
"""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

REQUIRED = frozenset(os.environ.get("SKYBATCH_REQUIRE", "").replace(",", " ").split())
_MISSING = "needs "  # begins the reason of such a skip
# Programs that are there and yet of no use where their system calls are forbidden.
_TRIALS = {
    "strace": "strace -o /dev/null true",
    "mount": "unshare --mount mount -t tmpfs none /tmp",  # gone with its namespace
}


@cache
def _works(tool: str) -> bool:
    if shutil.which(tool) is None:
        return False
    trial = _TRIALS.get(tool, "true").split()
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        tool = mark.args[0]
        missing = [] if _works(tool) else [tool]
        missing += [file for file in mark.kwargs.get("files", ()) if not Path(file).exists()]
        if not missing:
            continue
        if tool in REQUIRED:
            pytest.fail(f"required, and not here: {', '.join(missing)}", pytrace=False)
        pytest.skip(f"{_MISSING}{', '.join(missing)}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    run = sum(len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "failed", "error"))
    # Only the reports come back from processes that ran the tests.
    reasons = (str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    needs = [
        why.partition(_MISSING)[2] for why in reasons if why.startswith(f"Skipped: {_MISSING}")
    ]
    told = f"{run} run"
    if needs:
        told += f", {len(needs)} need {'/'.join(sorted(set(needs)))}: make test-all"
    terminalreporter.write_line(told)
