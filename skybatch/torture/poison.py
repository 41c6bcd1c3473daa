"""Pages that kill whoever reads them, and kills while ordinary pages are read."""

import signal
from collections.abc import Mapping
from pathlib import Path

import msgspec

from skybatch.model.recovery import LAST_CRASH, Suspect
from skybatch.torture import innocent, view
from skybatch.torture.clients import Load
from skybatch.torture.stage import Stage

NAME = "poison"  # the label of the hosts with such a page
FIRST, LATER = f"{NAME}-first", f"{NAME}-later"
_WORDS = f"Page (0 of {FIRST}|2 of {LATER})"  # what such a page says
_STATES = {FIRST: "failed", LATER: "partial"}  # of the job in the end: without or with pages
_MARK = "trace/reading"  # in the data directory: the page that is being read
_SLOWLY_S = 0.02

# Python imports a module of this name at its start, when it is on PYTHONPATH.
_WRAPPER = '''\
"""Reads pages with a parser that has a bug, or is slow."""

import re
import resource
import signal
import time

from skybatch.crawl import inline_reader

read = inline_reader.read


def wrapped(raw, *own):
    time.sleep({pause_s})
    if re.search(rb"{words}", raw.body):
        signal.raise_signal(signal.SIGSEGV)
    return read(raw, *own)


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
inline_reader.read = wrapped
'''


def deadly(folder: Path) -> Mapping[str, str]:
    """The environment of a daemon whose parser dies of the pages of `poison`."""
    return _wrapped(folder, words=_WORDS, pause_s=0)


def slow(folder: Path) -> Mapping[str, str]:
    """The environment of a daemon that reads each page for long enough to be hit meanwhile."""
    return _wrapped(folder, words="(?!)", pause_s=_SLOWLY_S)


def _wrapped(folder: Path, *, words: str, pause_s: float) -> Mapping[str, str]:
    place = folder / "parser"
    place.mkdir(parents=True)
    (place / "sitecustomize.py").write_text(_WRAPPER.format(words=words, pause_s=pause_s), "utf-8")
    # The mark is for pages that are read in the daemon itself: so they are here.
    return {"PYTHONPATH": str(place), "SKYBATCH_EXTRACT__PROCESSES": "0"}


def poison(stage: Stage) -> None:
    """A job that dies of a later page; in every other round one that dies of its start page."""
    label = (LATER, FIRST)[stage.round % 2]
    stage.work_for(0.05, 0.3)
    batch_id = stage.submit(NAME, Load((label, "site0", "site1")))
    _die(stage, label)
    told = view.health(stage.child).recovery
    if told.ended != 1 or "1 job ended" not in told.report:
        stage.complain(f"{label}: /health tells of the last start: {told.report}")
    _check_story(stage, _job(stage, batch_id, label), _STATES[label])


def _die(stage: Stage, label: str) -> None:
    """Start it again after each crash: the last start ends the job, and is the first to last."""
    for number in range(1, LAST_CRASH + 1):
        if number > 1:
            stage.spawn()  # it may die before it is ready
        code = stage.crashed(20, of=f"a page of {label} for time {number}")
        if code != -signal.SIGSEGV:
            stage.complain(f"{label}: it ended with {code}, not by SIGSEGV")
        stage.note("crashes of the parser")
    stage.start()


def _job(stage: Stage, batch_id: str, label: str) -> view.Job:
    found = view.jobs(stage.child, batch_id)
    return next(job for job in found if job.domain.startswith(f"{label}."))


def _check_story(stage: Stage, job: view.Job, state: str) -> None:
    """The job and its trace: which attempts there were, and what ended them."""
    if (job.status, job.reason) != (state, "internal"):
        stage.complain(f"{job.domain} is {job.status}, {job.reason}; not {state}, internal")
    attempts = view.trace(stage.child, job.job_id).attempts
    outcomes = [attempt.outcome for attempt in attempts]
    if outcomes != ["rescued"] * (LAST_CRASH - 1) + [state]:
        stage.complain(f"the trace of {job.domain} tells of attempts that ended {outcomes}")
    if f"killed skybatch {LAST_CRASH} times" not in (attempts[-1].error or ""):
        stage.complain(f"the trace of {job.domain} does not tell why: {attempts[-1].error}")


def is_poisonous(domain: str) -> bool:
    """Whether a domain is of a site with such a page."""
    return domain.startswith(f"{NAME}-")


def check(stage: Stage) -> None:
    """Only the poisonous jobs have suffered."""
    innocent.check(stage, is_poisonous)


def kill_readers(stage: Stage) -> None:
    """kill -9 while a page is read, and once more; the same job at most twice.

    Nobody can tell three kills during the same page, which is read again first thing after each
    start, from a page that kills.
    """
    for _ in range(2):
        stage.work_for(0, 0.2)
        _kill_reader(stage)
        stage.start()


def _kill_reader(stage: Stage) -> None:
    def is_hit() -> bool:
        """Whether it stands where it is to be killed: it is stopped to look at it."""
        stage.child.freeze()
        suspect = _being_read(stage)
        if suspect is not None and stage.hits[suspect.job_id] < LAST_CRASH - 1:
            return True
        stage.child.signal(signal.SIGCONT)
        return False

    if stage.until(is_hit, 20, "a page is read"):
        stage.note("kills while a page was read")
    if hit := _being_read(stage):
        stage.hits[hit.job_id] += 1
    stage.kill()


def _being_read(stage: Stage) -> Suspect | None:
    line = (stage.child.data / _MARK).read_bytes().partition(b"\n")[0]
    try:
        return msgspec.json.decode(line, type=Suspect)
    except msgspec.MsgspecError:
        return None
