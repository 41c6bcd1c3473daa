"""Every call of the API: the routes are made from this table, and so is the reference."""

from skybatch.api import (
    again,
    batches,
    deliveries,
    diff,
    events,
    explain,
    health,
    jobs,
    metrics,
    operate,
    results,
    scan,
    status,
    submit,
    summary,
    trace,
)
from skybatch.api.context import LONGEST_WAIT, PREFIX
from skybatch.api.operation import (
    CSV,
    CURSOR,
    EVENTS,
    JSON,
    KEY,
    KNOWN,
    LAST_EVENT,
    LIMIT,
    NDJSON,
    SINCE,
    Answer,
    Operation,
    Parameter,
    empty,
    flag,
    json,
    one_of,
    text,
    word,
    words,
)
from skybatch.api.parameters import OF_A_LIST, SCAN_BODY, SUBMISSION_BODY
from skybatch.api.shapes import (
    BatchesShape,
    BatchShape,
    DeliveriesShape,
    DeliveryShape,
    DiffShape,
    EventsShape,
    ExplanationShape,
    FindingsShape,
    HostsShape,
    JobShape,
    JobsShape,
    PageResultsShape,
    PausedShape,
    RereadShape,
    ResultsShape,
    ScannedShape,
    StatusShape,
    SubmittedShape,
    SummaryShape,
    TraceShape,
)
from skybatch.model.diff import DomainDiff
from skybatch.model.event import EventType, PageEventType
from skybatch.model.facts import EmailKind
from skybatch.model.message import DeliveryState
from skybatch.model.reason import Reason
from skybatch.model.record import DomainRecord, PageRecord
from skybatch.model.selfcheck import SelfCheck
from skybatch.model.state import BatchState, JobState
from skybatch.model.vitals import Health, System

_BATCH, _JOB = f"{PREFIX}/batch/{{batch_id}}", f"{PREFIX}/job/{{job_id}}"
_SUBMIT, _READ, _CHANGE = "Submit", "Read", "Change"
_EVENTS, _DAEMON = "Events and webhooks", "The daemon"
_CHANGED = (json(BatchShape, "The batch as it is then"),)
_TYPES = words("type", "Only events of these types", EventType, PageEventType)
_EVENTS_ANSWERS = (
    Answer(
        200,
        "A part of the list, or with `Accept: text/event-stream` a stream of Server-Sent Events",
        {JSON: (EventsShape,), EVENTS: (None,)},
    ),
    empty(204, "Of a stream: the batch is over, and all of it has been told"),
)
_LAST_EVENT_ID = word("last_event_id", "As the header `Last-Event-ID`, which goes before it")
_FINDINGS = (json(FindingsShape, "What was found; `ok` when nothing was"),)

OPERATIONS = (
    Operation(
        "POST", f"{PREFIX}/batch", submit.submit, _SUBMIT, "Submit a list of domains",
        (
            json(SubmittedShape, "The batch is on disk", status=202),
            json(SubmittedShape, "A dry run: what the batch would be"),
        ),
        "Good domains are accepted, bad ones are listed; when none is good, that is a 422. A long "
        "list is streamed as text, CSV or NDJSON, its other members are parameters of the query.",
        (KEY, *OF_A_LIST),
        SUBMISSION_BODY,
    ),
    Operation(
        "POST", f"{PREFIX}/scan", scan.scan, _SUBMIT, "Submit one domain",
        (json(ScannedShape, "A batch of one job is on disk", status=202),),
        parameters=(KEY,), body=SCAN_BODY,
    ),
    Operation(
        "GET", f"{PREFIX}/batch", batches.listing, _READ, "List batches, newest first",
        (json(BatchesShape, "A part of the list"),),
        parameters=(
            words("status", "Only batches in these states", BatchState),
            word("label", "Only batches with this label"), SINCE, LIMIT, CURSOR,
        ),
    ),
    Operation(
        "GET", _BATCH, batches.show, _READ, "A batch, as in the list",
        (json(BatchShape, "The batch"),),
    ),
    Operation(
        "GET", f"{_BATCH}/status", status.show, _READ, "How a batch stands, with its first jobs",
        (json(StatusShape, "The batch, with up to 1,000 jobs"), empty(304, "Nothing has changed")),
        parameters=(
            Parameter(
                "wait", "Seconds to wait for a change: a long poll",
                {"type": "number", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
            ),
            KNOWN,
        ),
    ),
    Operation(
        "GET", f"{_BATCH}/jobs", jobs.listing, _READ, "List the jobs of a batch, as submitted",
        (json(JobsShape, "A part of the list"),),
        parameters=(
            words("status", "Only jobs in these states", JobState),
            words("reason", "Only jobs with these reasons", Reason),
            word("domain", "Only this domain, however it is written"), LIMIT, CURSOR,
        ),
    ),
    Operation(
        "GET", f"{_BATCH}/results", results.results, _READ, "What was found, domain by domain",
        (
            Answer(
                200, "All of it, or with `limit` a part",
                {
                    JSON: (ResultsShape, PageResultsShape),
                    NDJSON: (DomainRecord, PageRecord),
                    CSV: (None,),
                },
            ),
        ),
        "Streamed, in a stable order, also while the batch runs. With `fields`, each record "
        "has those members only.",
        (
            one_of("format", "The form", "json", "ndjson", "csv"),
            one_of("level", "A line for each domain, or for each page", "domain", "page"),
            word("include", "With `level=page`: also pages that were not fetched", enum=["all"]),
            flag("all_rows", "A line for each line of the list, duplicates and rejected included"),
            word("fields", "Only these fields, separated by commas"),
            words("kind", "Only e-mail addresses of these kinds", EmailKind),
            Parameter(
                "limit", "How many lines",
                {"type": "integer", "minimum": 1, "maximum": results.MOST},
            ),
            CURSOR,
        ),
        has_head=False,
    ),
    Operation(
        "GET", f"{_BATCH}/summary", summary.show, _READ, "What was found, counted",
        (json(SummaryShape, "Counts over all domains"),),
    ),
    Operation(
        "GET", f"{_BATCH}/explain", explain.explain, _READ, "Why a batch stands where it stands",
        (json(ExplanationShape, "In sentences"),),
    ),
    Operation(
        "GET", f"{_BATCH}/diff", diff.show, _READ, "What has changed since an earlier batch",
        (
            Answer(200, "Domains that are not as they were",
                   {JSON: (DiffShape,), NDJSON: (DomainDiff,)}),
        ),
        parameters=(
            word("against", "The earlier batch; otherwise the one that this one repeats",
                 format="uuid"),
            one_of("format", "The form", "json", "ndjson"),
        ),
        has_head=False,
    ),
    Operation(
        "GET", f"{PREFIX}/status/{{job_id}}", jobs.status, _READ, "A job as it stands",
        (json(JobShape, "The job"),),
    ),
    Operation(
        "GET", f"{_JOB}/result", jobs.result, _READ, "What was found of one domain",
        (json(DomainRecord, "As in the results of its batch"),),
    ),
    Operation(
        "GET", f"{_JOB}/trace", trace.trace, _READ, "The life of a job, attempt by attempt",
        (json(TraceShape, "Every attempt, also of a job that runs"),),
    ),
    Operation(
        "POST", f"{_BATCH}/cancel", batches.cancel, _CHANGE, "Stop a batch", _CHANGED,
        "Running jobs stop within two seconds; what is fetched stays.",
    ),
    Operation(
        "POST", f"{_BATCH}/pause", batches.pause, _CHANGE, "Let a batch rest", _CHANGED,
        "Survives a restart.",
    ),
    Operation("POST", f"{_BATCH}/resume", batches.resume, _CHANGE, "Go on with it", _CHANGED),
    Operation(
        "POST", f"{_BATCH}/retry", batches.retry, _CHANGE, "Try what failed once more", _CHANGED,
        "Puts failed and partial jobs back; what is fetched is kept.",
        (words("reason", "Only jobs with these reasons", Reason),),
    ),
    Operation(
        "POST", f"{_BATCH}/again", again.again, _CHANGE, "The same domains as a new batch",
        (json(SubmittedShape, "The new batch is on disk", status=202),),
        "Pages are asked for only if they have changed.",
        (KEY,),
    ),
    Operation(
        "POST", f"{_BATCH}/reextract", batches.reextract, _CHANGE, "Read kept bodies once more",
        (json(RereadShape, "They are read behind this answer", status=202),),
    ),
    Operation(
        "DELETE", _BATCH, batches.delete, _CHANGE, "Forget a batch that has ended",
        (empty(204, "It is gone"),),
    ),
    Operation(
        "GET", f"{PREFIX}/events", events.of_all, _EVENTS, "What has happened", _EVENTS_ANSWERS,
        "A list begins with the oldest, a stream now.",
        (_TYPES, SINCE, LIMIT, CURSOR, _LAST_EVENT_ID, LAST_EVENT),
        has_head=False,
    ),
    Operation(
        "GET", f"{_BATCH}/events", events.of_batch, _EVENTS, "What has happened to a batch",
        _EVENTS_ANSWERS, "Both forms begin with the oldest.",
        (_TYPES, LIMIT, CURSOR, _LAST_EVENT_ID, LAST_EVENT),
        has_head=False,
    ),
    Operation(
        "GET", f"{PREFIX}/deliveries", deliveries.listing, _EVENTS, "Messages to webhooks",
        (json(DeliveriesShape, "A part of the list, newest first"),),
        parameters=(
            words("status", "Only messages in these states", DeliveryState),
            word("batch_id", "Only those of this batch", format="uuid"), LIMIT, CURSOR,
        ),
    ),
    Operation(
        "POST", f"{PREFIX}/deliveries/{{delivery_id}}/send", deliveries.send_again, _EVENTS,
        "Send a message once more", (json(DeliveryShape, "The message as it is then"),),
    ),
    Operation(
        "GET", f"{PREFIX}/health", health.health, _DAEMON, "How everything is",
        (json(Health, "Also when something is wrong"),),
    ),
    Operation(
        "GET", f"{PREFIX}/system", health.system, _DAEMON, "The daemon from inside",
        (json(System, "Workers, findings, versions, and the configuration without its secrets"),),
    ),
    Operation(
        "GET", f"{PREFIX}/hosts", health.hosts, _DAEMON, "Hosts and their clocks",
        (json(HostsShape, "Those in trouble come first"),), parameters=(LIMIT, CURSOR),
    ),
    Operation(
        "GET", f"{PREFIX}/monitor", operate.look, _DAEMON, "What the monitor would find now",
        _FINDINGS, has_head=False,
    ),
    Operation("POST", f"{PREFIX}/monitor", operate.round_, _DAEMON, "A round of it", _FINDINGS),
    Operation(
        "GET", f"{PREFIX}/test_background_task", operate.test_background_task, _DAEMON,
        "A real job from end to end", (json(SelfCheck, "Each stage by itself"),), has_head=False,
    ),
    Operation(
        "POST", f"{PREFIX}/pause", operate.pause, _DAEMON, "Let all work rest",
        (json(PausedShape, "It rests, also after a restart"),),
    ),
    Operation(
        "POST", f"{PREFIX}/resume", operate.resume, _DAEMON, "Go on with all work",
        (json(PausedShape, "It goes on"),),
    ),
    Operation(
        "GET", "/livez", health.livez, _DAEMON, "Whether the loop turns", (text("It does"),),
        is_open=True,
    ),
    Operation(
        "GET", "/readyz", health.readyz, _DAEMON, "Whether submissions are taken",
        (text("They are"), text("They are not, and why", status=503)),
        parameters=(flag("verbose", "Tell part by part"),), is_open=True,
    ),
    Operation(
        "GET", "/metrics", metrics.show, _DAEMON, "What is counted, for Prometheus",
        (text("Version 0.0.4 of the text format"),),
    ),
)  # fmt: skip
