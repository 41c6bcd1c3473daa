"""The store driven at random: no job takes a way that is not drawn, and every count is right."""

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from skybatch.errors import InProgress, LeaseLost, SkybatchError
from skybatch.model.ids import uuid7
from skybatch.model.outcome import Ended, Finished, Released, Report, Retry, decide
from skybatch.model.page import FrontierRow, Page, PageWrite
from skybatch.model.reason import Reason
from skybatch.model.recovery import Suspect
from skybatch.model.state import (
    ALLOWED,
    TERMINAL,
    JobState,
    PageState,
    SkipReason,
    batch_state,
)
from skybatch.store import (
    attempts,
    batches,
    claims,
    domains,
    jobs,
    pages,
    pausing,
    rescue,
    retrying,
    steps,
)
from skybatch.store.audit import audit
from skybatch.store.counters import PAGE_COLUMNS, job_counts
from skybatch.store.domains import Seen
from skybatch.store.opening import FILE, create, open_writing
from skybatch.store.tx import Tx
from tests.drawing import section, words
from tests.store.seeds import accepted, submission, submit
from tests.store.test_store_claims import claim as claim_of

LEASE_S = 30.0
FOUND = [f"http://x.example/{number}" for number in range(4)]
START = "http://x.example/"
ENDS = st.sampled_from(sorted(set(Ended) - {Ended.POISON}))
PAGE_ENDS = st.sampled_from(
    [
        (PageState.FETCHED, None),
        (PageState.FAILED, Reason.TIMEOUT),
        (PageState.FAILED, Reason.HTTP_4XX),
        (PageState.SKIPPED, SkipReason.DUPLICATE),
    ]
)
DRAWN = {
    "jobs": {(before.value, after.value) for before in ALLOWED for after in ALLOWED[before]},
    "pages": section("## Page").changes,
    "batches": section("## Batch").changes,
}
# Every change of a state, as SQLite itself sees it.
NOTES = "CREATE TEMP TABLE changes (kind TEXT, row INTEGER, was TEXT, became TEXT);"
SPY = """
CREATE TEMP TRIGGER spy_{kind} AFTER UPDATE OF state ON main.{kind} WHEN OLD.state <> NEW.state
BEGIN INSERT INTO changes VALUES ('{kind}', NEW.seq, OLD.state, NEW.state); END;
"""


@cache
def empty() -> bytes:
    """A database without a batch, made once."""
    with tempfile.TemporaryDirectory(prefix="skybatch-") as folder:
        path = Path(folder) / FILE
        create(path)
        return path.read_bytes()


class Machine(RuleBasedStateMachine):
    """What daemons, workers and users do to one database, in any order, over many restarts."""

    submitted = Bundle("submitted")  # ids of batches
    taken = Bundle("taken")  # every claim ever made: most of them are stale after a while

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="skybatch-")
        self.path = Path(self.folder.name) / FILE
        self.path.write_bytes(empty())
        self.db = open_writing(self.path)
        self.db.execute("PRAGMA synchronous = OFF")  # nobody cuts the power here
        self.db.executescript(NOTES + "".join(SPY.format(kind=kind) for kind in DRAWN))
        self.now = 1_800_000_000.0
        self.boots = 0
        self.held = {}  # row of a job -> the attempt whose worker is alive

    def teardown(self):
        self.db.close()
        found = audit(self.path)
        self.folder.cleanup()
        assert found.violations == ()
        assert found.doubled == ()

    @property
    def boot(self):
        return f"boot-{self.boots}"

    def write(self, function):
        """As the writer does: all of it, or nothing."""
        self.now += 0.001
        tx = Tx(self.db, self.now)
        self.db.execute("BEGIN IMMEDIATE")
        try:
            result = function(tx)
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")
        return result

    def rows(self, query, *values):
        return self.db.execute(query, values).fetchall()

    def is_held(self, claim):
        return self.held.get(claim.seq) == claim.attempt

    @initialize(target=submitted)
    def begin(self):
        return self.submit(count=3, most=2, deadline_s=0.0, max_attempts=2)

    @rule(
        target=submitted,
        count=st.integers(1, 3),
        most=st.integers(1, 3),
        deadline_s=st.sampled_from([0.0, 100.0]),
        max_attempts=st.integers(1, 3),
    )
    def submit(self, count, most, deadline_s, max_attempts):
        wanted = submission(
            batch_id=uuid7(self.now),
            max_concurrent_jobs=most,
            deadline_s=deadline_s,
            max_attempts=max_attempts,
        )

        def unit(tx):
            batch = batches.create(tx, wanted)
            lines = [accepted(row, f"{row}.example") for row in range(count)]
            seen = Seen()
            made = jobs.add(tx, batch, lines, seen).jobs
            for keyed in seen.in_order():
                domains.add(tx, batch, keyed)
            batches.add_counts(tx, batch, jobs=made, duplicates=0, rejected=0)
            batches.publish(tx, batch, ())

        self.write(unit)
        return wanted.batch_id

    @rule(target=taken, limit=st.integers(1, 3))
    def claim(self, limit):
        found = self.write(
            lambda tx: claims.claim(tx, boot=self.boot, lease_seconds=LEASE_S, limit=limit)
        )
        return self.taken_up(found)

    @precondition(lambda self: not self.held)
    @rule(target=taken)
    def claim_suspect(self):
        found = self.write(
            lambda tx: claims.claim_suspect(tx, boot=self.boot, lease_seconds=LEASE_S)
        )
        return self.taken_up(found)

    def taken_up(self, found):
        for claim in found:
            assert claim.seq not in self.held, "a job in the hands of a worker was given away"
            self.held[claim.seq] = claim.attempt
            (batch,) = self.rows("SELECT * FROM batches WHERE seq = ?", claim.batch_seq)
            assert not batch["paused"]
            assert batch["cancelled_at"] is None
            assert batch["running"] <= batch["max_concurrent_jobs"]
        return multiple(*found)

    @rule(claim=taken, ended=ENDS, wait_s=st.sampled_from([0.0, 20.0, 1_000.0]), lost=st.booleans())
    def finish(self, claim, ended, wait_s, lost):
        fetched = self.rows("SELECT pages_fetched FROM jobs WHERE seq = ?", claim.seq)[0][0]
        reason = Reason.TIMEOUT if ended is Ended.NO_START else None
        report = Report(
            ended, fetched, reason=reason, lost=Reason.TIMEOUT if lost else None, wait_s=wait_s
        )
        outcome = decide(report, claim, retry_delay_s=5.0, max_wait_s=600.0)
        try:
            self.write(lambda tx: attempts.finish(tx, claim, outcome))
        except LeaseLost:
            assert not self.is_held(claim)
        else:
            assert self.is_held(claim), "a stale attempt has ended a job"
            del self.held[claim.seq]

    @rule(claim=taken, url=st.sampled_from(FOUND), end=PAGE_ENDS, key=st.integers(1, 3))
    def store(self, claim, url, end, key):
        """The start page with its links first; then any of them."""
        (job,) = self.rows("SELECT start_url FROM jobs WHERE seq = ?", claim.seq)
        write = PageWrite(Page(url, 1, *end), outside=((key, SkipReason.SCOPE),))
        if job["start_url"] is None:
            links = tuple(FrontierRow(link, 1) for link in FOUND[1:])
            seen = FrontierRow(FOUND[0], 1, SkipReason.ROBOTS)
            start = Page(START, 0, PageState.FETCHED)
            write = PageWrite(start, (FrontierRow(START, 0), seen, *links), start_url=START)
        try:
            self.write(lambda tx: pages.store(tx, claim, write))
        except LeaseLost:
            assert not self.is_held(claim)
        except SkybatchError:  # it is stored, by an attempt before
            assert self.is_held(claim)
        else:
            assert self.is_held(claim), "a stale attempt has stored a page"

    @rule(claim=taken, url=st.sampled_from([START, *FOUND]), is_marked=st.booleans())
    def crash(self, claim, url, is_marked):
        """The daemon dies, perhaps while it reads a page; the next one starts."""
        self.boots += 1
        self.held.clear()
        suspect = Suspect(claim.job_id, claim.attempt, url) if is_marked else None
        self.write(lambda tx: rescue.recover(tx, boot=self.boot, suspect=suspect))
        assert self.rows("SELECT 1 FROM jobs WHERE state = 'running'") == []

    @rule(claim=taken)
    def lose_worker(self, claim):
        """A worker is gone, and the leases of all have run out."""
        if self.is_held(claim):
            del self.held[claim.seq]
        ends = self.rows("SELECT max(lease_until) FROM jobs")[0][0]
        self.now = max(self.now, ends or 0.0) + 1
        self.write(lambda tx: rescue.rescue(tx, boot=self.boot, held=list(self.held)))

    @rule(claims_=st.lists(taken, max_size=3))
    def renew(self, claims_):
        self.write(
            lambda tx: attempts.renew(tx, boot=self.boot, held=claims_, lease_seconds=LEASE_S)
        )

    @rule(batch_id=submitted)
    def cancel(self, batch_id):
        self.write(lambda tx: batches.cancel(tx, batch_id))

    @rule(batch_id=submitted)
    def retry(self, batch_id):
        with suppress(InProgress):  # while a cancellation is being carried out
            self.write(lambda tx: retrying.retry(tx, batch_id, (), after=0))

    @rule(batch_id=submitted, change=st.sampled_from([pausing.pause, pausing.resume]))
    def pause(self, batch_id, change):
        self.write(lambda tx: change(tx, batch_id))

    @rule()
    def end_stopped(self):
        while self.write(batches.end_stopped):
            continue

    @rule(seconds=st.sampled_from([10.0, 60.0]))
    def wait(self, seconds):
        self.now += seconds

    @rule(seconds=st.sampled_from([3_600.0, -3_600.0]))
    def set_clock(self, seconds):
        self.write(lambda tx: steps.follow(tx, seconds))
        self.now += seconds

    @invariant()
    def only_ways_that_are_drawn(self):
        for change in self.rows("SELECT * FROM changes"):
            assert (change["was"], change["became"]) in DRAWN[change["kind"]], tuple(change)
        self.db.execute("DELETE FROM changes")

    @invariant()
    def only_what_workers_hold_is_running(self):
        running = self.rows("SELECT seq, attempt, boot FROM jobs WHERE state = 'running'")
        assert {row["seq"]: row["attempt"] for row in running} == self.held
        assert {row["boot"] for row in running} <= {self.boot}

    @invariant()
    def the_counters_equal_the_rows(self):
        for batch in self.rows("SELECT * FROM batches"):
            found = self.rows("SELECT * FROM jobs WHERE batch = ?", batch["seq"])
            states = [JobState(job["state"]) for job in found]
            counts = {state: states.count(state) for state in JobState}
            assert job_counts(batch) == counts
            is_started = any(job["attempt"] for job in found)
            assert batch["state"] == batch_state(counts, started=is_started)
            for name in PAGE_COLUMNS:
                assert batch[name] == sum(job[name] for job in found), name
            for job in found:
                self.assert_receipt(job)

    def assert_receipt(self, job):
        stored = self.rows(
            "SELECT state, reason, count(*) AS n FROM pages WHERE job = ? GROUP BY 1, 2", job["seq"]
        )
        counts = dict.fromkeys(PAGE_COLUMNS, 0)
        for row in stored:
            name = f"pages_{row['state']}"
            counts[f"skipped_{row['reason']}" if row["state"] == "skipped" else name] += row["n"]
        assert job["skipped_scope"] <= 3, "what is only counted is counted once"
        assert counts == {**{name: job[name] for name in PAGE_COLUMNS}, "skipped_scope": 0}


Machine.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestMachine = Machine.TestCase


async def test_attempts_end_as_the_document_says(store):
    """Every way to end one: the outcomes of a worker, and the death of the daemon."""
    ends = [
        *(Finished(state) for state in TERMINAL),
        Retry(Reason.TIMEOUT, None, delay_s=60),
        Released(waits=0, delay_s=60),
    ]
    await submit(store, *(f"{number}.example" for number in range(len(ends) + 1)))
    held = await claim_of(store, limit=len(ends) + 1)
    for one, end in zip(held, ends, strict=False):
        await store.write(lambda tx, one=one, end=end: attempts.finish(tx, one, end))
    await store.write(lambda tx: rescue.recover(tx, boot="the next"))
    query = "SELECT a.outcome, j.state FROM attempts a JOIN jobs j ON j.seq = a.job"
    ended = {tuple(row) for row in await store.write(lambda tx: tx.execute(query).fetchall())}
    told = section("### How an attempt ends").text.split("|---|---|\n", 1)[1]
    assert ended == {words(line)[:2] for line in told.splitlines() if line}
