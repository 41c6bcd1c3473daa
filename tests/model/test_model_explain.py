"""Every kind of sentence that explains a batch, and what counts as a problem."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.model.batch import Batch
from skybatch.model.explain import NAMED, explain
from skybatch.model.explanation import (
    Forbidden,
    Group,
    Live,
    LiveJob,
    Neighbours,
    Situation,
    Tally,
    Wait,
)
from skybatch.model.job import Job
from skybatch.model.reason import Reason
from skybatch.model.receipt import Receipt
from skybatch.model.sentences import DOING, LEFT_OUT
from skybatch.model.state import BATCH_TERMINAL, JobState, SkipReason, batch_state
from skybatch.model.wording import clause, listed, some, whole

NOW = 1_800_000_000.0


def batch_of(
    *, pages: Receipt | None = None, created=NOW - 40, started=NOW - 34, **counts
) -> Batch:
    """A batch with these jobs, such as `running=2`."""
    jobs = {state: counts.pop(state.value, 0) for state in JobState}
    has_started = any(jobs[state] for state in JobState if state is not JobState.PENDING)
    state = batch_state(jobs, started=has_started)
    batch = Batch(
        seq=1,
        batch_id="batch",
        state=state,
        paused=False,
        label=None,
        metadata=None,
        max_pages=10,
        max_concurrent_jobs=50,
        counts=jobs,
        pages=pages or Receipt(),
        duplicates=0,
        rejected=0,
        created_at=created,
        updated_at=NOW,
        started_at=started if has_started else None,
        finished_at=NOW if state in BATCH_TERMINAL else None,
        error=None,
    )
    return replace(batch, **counts)


def job(domain="shop.example", state=JobState.PENDING, **rest) -> Job:
    return Job(
        seq=1, job_id=f"id of {domain}", batch_id="batch", domain=domain, input=domain,
        input_row=0, state=state, **rest,
    )  # fmt: skip


def group(jobs, reason, state=JobState.FAILED, domain="dead.example") -> Group:
    return Group(state, reason, jobs, domain, f"id of {domain}")


def told(batch: Batch, live: Live | None = None, **rest):
    situation = Situation(batch=batch, now=NOW, max_attempts=3, **rest)
    return explain(situation, live or Live(workers=200))


def sentences(batch: Batch, live: Live | None = None, **rest) -> tuple[str, ...]:
    """Of a batch that is healthy."""
    explanation = told(batch, live, **rest)
    assert explanation.problems == ()
    return explanation.sentences


# Where it stands


@pytest.mark.parametrize(
    ("batch", "sentence"),
    [
        (
            batch_of(pages=Receipt(fetched=87), complete=12),
            "complete: 12 of 12 domains, 87 pages in 34 s",
        ),
        (batch_of(pages=Receipt(fetched=1), complete=1), "complete: 1 of 1 domain, 1 page in 34 s"),
        (batch_of(failed=2), "failed: 2 of 2 domains, 0 pages in 34 s"),
        (batch_of(cancelled=3, started_at=None), "cancelled: 3 of 3 domains, 0 pages"),
        (
            batch_of(pages=Receipt(fetched=9), complete=1, partial=2, failed=3),
            "partial: 1 complete, 2 partial and 3 failed of 6 domains, 9 pages in 34 s",
        ),
        (
            batch_of(pages=Receipt(fetched=9), complete=1, failed=5, running=4, pending=5),
            "running for 34 s: 6 of 15 domains done, 4 running, 5 waiting; 9 pages stored",
        ),
        (batch_of(pending=12), "pending for 40 s: none of 12 domains has started"),
        (batch_of(pending=1), "pending for 40 s: its domain has not started"),
        (
            batch_of(pages=Receipt(fetched=2_000_000), complete=1_000_000),
            "complete: 1,000,000 of 1,000,000 domains, 2,000,000 pages in 34 s",
        ),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else "",
)  # fmt: skip
def test_the_first_sentence_tells_where_the_batch_stands_in_numbers(batch, sentence):
    assert told(batch).sentences[0] == sentence


def test_a_batch_that_is_complete_needs_no_other_sentence():
    assert len(sentences(batch_of(pages=Receipt(fetched=87), complete=12))) == 1


def test_what_became_of_every_url_is_told():
    skipped = {SkipReason.SCOPE: 40, SkipReason.ROBOTS: 8, SkipReason.TRAP: 0}
    pages = Receipt(fetched=87, failed=3, queued=2, skipped=skipped)
    assert sentences(batch_of(pages=pages, complete=12))[-1] == (
        "140 URLs found: 87 stored, 3 failed, 2 queued, "
        "48 left out (40 on other sites, 8 forbidden by robots.txt)"
    )


def test_lines_of_the_list_that_made_no_job_are_told():
    both = batch_of(complete=5, duplicates=3, rejected=1)
    assert sentences(both)[-1] == "the list also has 3 duplicates and 1 line that is no domain"
    only = batch_of(complete=5, rejected=2)
    assert sentences(only)[-1] == "the list also has 2 lines that are no domain"


# What keeps all of it from going on


def test_a_paused_batch_says_so_and_nothing_of_what_would_happen_else():
    wait = Wait(job(reason=Reason.REFUSED, charged=1), NOW + 4)
    batch = batch_of(pending=12, running=2, paused=True)
    found = sentences(batch, waits=(wait,), waiting=Tally(1), ready=Tally(11))
    assert found[1:] == ("the batch is paused; 2 jobs are being given back",)
    idle = batch_of(pending=12, paused=True)
    assert sentences(idle, ready=Tally(12))[1:] == ("the batch is paused",)


def test_a_paused_daemon_says_so():
    live = Live(workers=200, is_paused=True)
    assert sentences(batch_of(pending=2), live, ready=Tally(2))[1:] == ("the daemon is paused",)


def test_a_batch_that_was_paused_and_has_ended_is_not_called_paused():
    assert sentences(batch_of(complete=2, paused=True))[1:] == ()


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"running": 3}, "it is cancelled, 3 jobs are stopping"),
        ({"running": 1, "cancelled": 4}, "it is cancelled, 1 job is stopping"),
        (
            {"running": 3, "pending": 2_000},
            "it is cancelled, 3 jobs are stopping and 2,000 waiting jobs are being ended",
        ),
    ],
)
def test_a_cancelled_batch_tells_what_is_still_stopping(counts, sentence):
    found = sentences(batch_of(**counts), is_cancelled=True, ready=Tally(1))
    assert found[1:] == (sentence,)


def test_a_deadline_is_told_as_the_seconds_that_are_left():
    found = sentences(batch_of(running=1), deadline_at=NOW + 39.2)
    assert found[1] == "it ends at its deadline in 40 s"


def test_a_deadline_that_has_passed_ends_what_is_left():
    found = sentences(batch_of(running=2), deadline_at=NOW)
    assert found[1:] == ("its deadline has passed, 2 jobs are stopping",)


# Jobs that run


def running(live_job: LiveJob | None, **rest) -> str:
    held = job(state=JobState.RUNNING, stage="crawl", stage_at=NOW - 12, **rest)
    live = Live(workers=200, busy=1, jobs={held.job_id: live_job} if live_job else {})
    found = sentences(batch_of(running=1), live, running=(held,))
    assert len(found) == 2
    return found[1]


@pytest.mark.parametrize(("stage", "doing"), DOING.items())
def test_a_running_job_tells_what_it_does_and_for_how_long(stage, doing):
    live_job = LiveJob(stage, progress_age_s=0.1, stage_for_s=2.5)
    assert running(live_job) == f"shop.example has been {doing} for 3 s"


def test_a_stage_without_words_is_told_by_its_name():
    assert running(LiveJob("sitemap", 0.1, 2.0)) == (
        "shop.example has been at stage sitemap for 2 s"
    )


def test_a_running_job_tells_its_pages_and_what_it_waits_for():
    pages = Receipt(fetched=3, failed=1, queued=4, skipped={SkipReason.ROBOTS: 2})
    live_job = LiveJob("crawl", 14.5, 12.0, waits_for="its turn at 127.0.0.1")
    assert running(live_job, pages=pages, charged=1) == (
        "shop.example has been fetching pages for 12 s; 3 of 10 pages stored; 1 failed; "
        "2 skipped by robots.txt; 1 of 3 attempts failed before; "
        "it waits for its turn at 127.0.0.1; nothing new for 15 s"
    )


def test_a_running_job_that_no_worker_knows_is_told_as_the_store_has_it():
    assert running(None) == "shop.example has been fetching pages for 12 s"


# Jobs that wait for a time


def waiting(held: Job, until: float) -> str:
    found = sentences(batch_of(pending=1), waits=(Wait(held, until),), waiting=Tally(1))
    assert len(found) == 2
    return found[1]


def test_a_host_that_asked_to_wait_is_told_with_both_numbers_and_its_pages():
    pages = Receipt(fetched=3, skipped={SkipReason.ROBOTS: 2})
    assert waiting(job(wait_s=120.0, pages=pages), NOW + 42.3) == (
        "shop.example asked to wait 120 s, 43 s left; 3 of 10 pages stored; 2 skipped by robots.txt"
    )


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([("line 4 of robots.txt", 2)], "2 skipped by line 4 of robots.txt"),
        ([("nofollow", 2)], "2 skipped by nofollow"),
        (
            [("line 4 of robots.txt", 3), ("line 9 of robots.txt", 2), ("nofollow", 1)],
            "6 skipped by robots.txt (3 by line 4, 2 by line 9, 1 by nofollow)",
        ),
        ([(None, 2)], "2 skipped by robots.txt"),
        ([], "2 skipped by robots.txt"),
    ],
)
def test_what_forbids_pages_is_told_by_its_line(found, told):
    held = job(
        wait_s=120.0,
        pages=Receipt(fetched=3, skipped={SkipReason.ROBOTS: sum(n for _, n in found) or 2}),
    )
    forbidden = {held.job_id: tuple(Forbidden(by, pages) for by, pages in found)}
    sentence = sentences(
        batch_of(pending=1), waits=(Wait(held, NOW + 43),), waiting=Tally(1), forbidden=forbidden
    )[1]
    assert sentence.endswith(f"; 3 of 10 pages stored; {told}")


def test_a_host_that_was_asked_by_another_batch_is_told_by_what_is_left():
    assert waiting(job(), NOW + 43) == "shop.example asked to be left alone, 43 s left"


def test_a_failed_attempt_is_told_with_its_number_and_the_time_of_the_next():
    held = job(reason=Reason.REFUSED, detail="connect: refused", charged=1, wait_s=5.0)
    assert waiting(held, NOW + 3.4) == (
        "shop.example: attempt 1 of 3 failed (connect: refused), next attempt in 4 s"
    )


def test_a_failure_without_a_detail_is_told_by_what_its_reason_means():
    held = job(reason=Reason.TIMEOUT, charged=2)
    assert "(the server did not answer in time)" in waiting(held, NOW + 4)


def test_many_jobs_are_summed_up():
    count = 20
    jobs = [job(f"{number}.example", JobState.RUNNING, stage="crawl") for number in range(count)]
    waits = tuple(Wait(job(f"w{n}.example", wait_s=9.0), NOW + 9) for n in range(count))
    found = sentences(
        batch_of(running=36, pending=40), running=tuple(jobs), waits=waits, waiting=Tally(36)
    )
    assert f"and {36 - NAMED} more are running" in found
    assert f"and {36 - NAMED} more wait for their time" in found
    assert len(found) == 1 + 2 * (NAMED + 1)


def test_a_count_that_stopped_at_its_limit_says_so():
    waits = tuple(Wait(job(wait_s=9.0), NOW + 9) for _ in range(NAMED))
    found = sentences(
        batch_of(pending=50_000), waits=waits, waiting=Tally(20_000, is_whole=False)
    )  # fmt: skip
    assert found[-1] == f"and over {20_000 - NAMED:,} more wait for their time"


# Jobs that could start


@pytest.mark.parametrize(
    ("counts", "live", "sentence"),
    [
        (
            {"running": 50, "pending": 40},
            Live(workers=200, busy=50),
            "40 domains wait: all 50 places of the batch (max_concurrent_jobs) are taken",
        ),
        (
            {"running": 1, "pending": 40, "max_concurrent_jobs": 1},
            Live(workers=200, busy=1),
            "40 domains wait: the only place of the batch (max_concurrent_jobs) is taken",
        ),
        (
            {"pending": 40},
            Live(workers=200, busy=200),
            "40 domains wait: all 200 workers are busy with other batches; 3 batches are before it",
        ),
        (
            {"running": 20, "pending": 40},
            Live(workers=200, busy=200),
            "40 domains wait: all 200 workers are busy, 20 of them with this batch; "
            "3 batches are before it",
        ),
        (
            {"running": 20, "pending": 40},
            Live(workers=20, busy=20),
            "40 domains wait: all 20 workers are busy with this batch; 3 batches are before it",
        ),
        (
            {"pending": 40},
            Live(workers=20, busy=1, is_clearing=True),
            "40 domains wait: a job during which skybatch has died runs alone first",
        ),
        ({"pending": 40}, Live(workers=20, busy=1), "40 domains are about to start"),
    ],
)
def test_jobs_that_could_start_say_why_they_have_not(counts, live, sentence):
    found = sentences(batch_of(**counts), live, ready=Tally(40), before=Tally(3))
    assert sentence in found


def test_one_job_and_one_batch_are_told_in_the_singular():
    live = Live(workers=2, busy=2)
    found = sentences(batch_of(pending=1), live, ready=Tally(1), before=Tally(1))
    assert found[-1] == (
        "1 domain waits: all 2 workers are busy with other batches; 1 batch is before it"
    )
    assert sentences(batch_of(pending=1), live, ready=Tally(1))[-1].endswith("other batches")


def test_neighbours_on_one_address_are_told():
    live = Live(workers=200, busy=10, neighbours=(Neighbours(10, 16),))
    assert sentences(batch_of(running=10), live)[-1] == (
        "10 jobs share one address, which allows 16 requests at a time"
    )


# How jobs ended


def test_failures_are_grouped_by_reason_and_one_alone_is_named():
    ended = (
        group(9, Reason.NXDOMAIN),
        group(2, Reason.HTTP_5XX),
        group(1, Reason.REFUSED, domain="shut.example"),
    )
    assert sentences(batch_of(complete=1, failed=12), ended=ended)[1] == (
        "12 domains failed: 9 because the name does not exist in the DNS (nxdomain), "
        "2 because the server failed (http_5xx), "
        "shut.example because the server refused the connection (refused)"
    )


def test_failures_for_one_reason_are_one_sentence():
    many = sentences(batch_of(complete=1, failed=3), ended=(group(3, Reason.TIMEOUT),))
    assert many[1] == "3 domains failed because the server did not answer in time (timeout)"
    one = sentences(batch_of(complete=1, failed=1), ended=(group(1, Reason.TIMEOUT),))
    assert one[1] == "dead.example failed because the server did not answer in time (timeout)"


def test_partial_domains_tell_their_reasons_too():
    ended = (group(2, Reason.RATE_LIMITED, JobState.PARTIAL),)
    assert sentences(batch_of(complete=1, partial=2), ended=ended)[1] == (
        "2 domains are partial because the server asks us to come back later (rate_limited)"
    )


def test_rare_reasons_are_summed_up():
    reasons = [reason for reason in Reason if reason not in (Reason.INTERNAL, Reason.DEADLINE)][:8]
    ended = tuple(group(10 - place, reason) for place, reason in enumerate(reasons))
    found = sentences(batch_of(complete=1, failed=52), ended=ended)[1]
    assert found.endswith(", 12 for 3 other reasons")  # 5 + 4 + 3
    assert found.count("because") == 5


def test_a_large_batch_tells_how_far_its_reasons_were_counted():
    ended = (group(9_000, Reason.NXDOMAIN),)
    batch = batch_of(complete=1_000, failed=12_000, running=1, pending=30_000)
    assert sentences(batch, ended=ended, ended_among=20_000)[-2] == (
        "12,000 domains failed; among the first 20,000 of the list: "
        "9,000 because the name does not exist in the DNS (nxdomain)"
    )
    late = batch_of(complete=30_000, failed=2)
    assert sentences(late, ended_among=20_000)[-1] == (
        "2 domains failed; among the first 20,000 of the list: none"
    )


def test_what_to_do_is_told_of_each_reason_once_but_not_of_what_somebody_wanted():
    ended = (
        group(3, Reason.REDIRECT_OFF_SITE),
        group(2, Reason.TIMEOUT, state=JobState.PARTIAL),
        group(1, Reason.TIMEOUT),
        group(1, Reason.CANCELLED),
    )
    told = sentences(batch_of(failed=5, partial=2), ended=ended)
    assert [sentence for sentence in told if sentence.startswith(tuple(Reason))] == [
        "redirect_off_site: submit the domain that it leads to; `final_url` names it",
        "timeout: try again later, or give fetch.connect_timeout_s and its neighbours more time",
    ]


# Problems


def problem(batch: Batch, live: Live | None = None, **rest) -> str:
    explanation = told(batch, live, **rest)
    assert set(explanation.problems) < set(explanation.sentences), (
        "a problem is part of the account"
    )
    assert len(explanation.problems) == 1
    return explanation.problems[0]


def test_a_full_disk_is_a_problem_and_explains_everything():
    live = Live(workers=200, store_trouble="The disk is full.")
    found = told(batch_of(pending=2), live, ready=Tally(2))
    assert found.problems == ("the database cannot be written (the disk is full): work is paused",)
    assert len(found.sentences) == 2


def test_what_the_store_says_already_is_not_said_twice():
    live = Live(store_trouble="the database cannot be written: disk I/O error")
    assert problem(batch_of(pending=2), live) == (
        "the database cannot be written (disk I/O error): work is paused"
    )


def test_a_batch_that_has_ended_does_not_care_about_the_disk():
    assert told(batch_of(complete=2), Live(store_trouble="The disk is full.")).problems == ()


def test_what_the_monitor_found_is_a_problem():
    live = Live(findings=("nothing has happened for 40 s",))
    assert problem(batch_of(running=1), live) == "nothing has happened for 40 s"


def test_a_bug_of_ours_is_a_problem_that_leads_to_its_trace():
    assert problem(batch_of(complete=1, failed=2), ended=(group(2, Reason.INTERNAL),)) == (
        "a bug of skybatch (internal) ended 2 domains: "
        "skybatch trace id of dead.example shows where"
    )
    wait = Wait(job(reason=Reason.INTERNAL, charged=1), NOW + 4)
    assert "skybatch trace id of shop.example" in problem(batch_of(pending=1), waits=(wait,))


def test_a_missed_deadline_is_a_problem():
    ended = (group(31, Reason.DEADLINE), group(2, Reason.DEADLINE, JobState.PARTIAL))
    assert problem(batch_of(complete=7, failed=31, partial=2), ended=ended) == (
        "the deadline passed before 33 domains could be completed"
    )


@pytest.mark.parametrize("reason", [Reason.DNS_ERROR, Reason.UNREACHABLE])
def test_domains_that_all_failed_for_a_reason_of_our_side_are_a_problem(reason):
    assert problem(batch_of(failed=2), ended=(group(2, reason),)) == (
        f"every domain failed with {reason}: is this machine online?"
    )


def test_a_machine_that_is_offline_is_told_before_the_last_attempt():
    waits = tuple(Wait(job(f"{n}.example", reason=Reason.DNS_ERROR, charged=1), NOW + 4)
                  for n in range(2))  # fmt: skip
    assert problem(batch_of(pending=2), waits=waits, waiting=Tally(2)) == (
        "every domain so far failed with dns_error: is this machine online?"
    )


@pytest.mark.parametrize(
    ("batch", "ended"),
    [
        (batch_of(failed=1), [group(1, Reason.DNS_ERROR)]),
        (batch_of(failed=9), [group(9, Reason.NXDOMAIN)]),
        (batch_of(failed=9), [group(8, Reason.DNS_ERROR), group(1, Reason.NXDOMAIN)]),
        (batch_of(failed=9, complete=1, pages=Receipt(fetched=1)), [group(9, Reason.DNS_ERROR)]),
    ],
    ids=["one domain", "a reason of theirs", "another reason", "another domain has a page"],
)
def test_failures_that_are_the_sites_own_are_no_problem(batch, ended):
    assert told(batch, ended=tuple(ended)).problems == ()


# Whatever the numbers

counts_of_jobs = st.fixed_dictionaries({state: st.integers(0, 1_000_000) for state in JobState})


@given(
    counts_of_jobs, st.booleans(), st.booleans(), st.integers(0, 300), st.none() | st.just("full")
)
def test_every_batch_gets_a_sentence_and_only_a_few(counts, is_paused, is_cancelled, busy, trouble):
    counts[JobState.COMPLETE] += 1
    batch = batch_of(**{state.value: count for state, count in counts.items()}, paused=is_paused)
    live = Live(workers=200, busy=min(busy, 200), store_trouble=trouble)
    waits = tuple(Wait(job(wait_s=3.0), NOW + 3) for _ in range(min(20, batch.counts["pending"])))
    found = told(
        batch, live, waits=waits, waiting=Tally(len(waits)), is_cancelled=is_cancelled,
        ready=Tally(batch.counts[JobState.PENDING] - len(waits)),
    )  # fmt: skip
    assert found.sentences[0].startswith(f"{batch.state}")
    assert len(found.sentences) <= 20
    assert all(sentence.strip() and not sentence.endswith(".") for sentence in found.sentences)


def test_every_reason_for_leaving_a_url_out_has_words():
    assert set(LEFT_OUT) == set(SkipReason)


# Words


def test_seconds_are_whole_and_never_nothing():
    assert [whole(seconds) for seconds in (-3.0, 0.0, 0.2, 118.1, 119.0)] == [
        "1 s", "1 s", "1 s", "119 s", "119 s"
    ]  # fmt: skip


def test_a_sentence_becomes_a_clause_but_an_acronym_stays():
    assert clause("The server failed.") == "the server failed"
    assert clause("A bug of skybatch") == "a bug of skybatch"
    assert clause("TLS: no shared cipher") == "TLS: no shared cipher"


def test_lists_and_counts_read_as_people_write_them():
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a and b", "a, b and c"]
    assert [some(0, "page"), some(1, "page"), some(1200, "page")] == [
        "0 pages", "1 page", "1,200 pages"
    ]  # fmt: skip
