"""The faults that a daemon under load is hit with: one table."""

from collections.abc import Mapping

from skybatch.model.state import JobState
from skybatch.torture import kills, odd_answers, poison, stops, storm
from skybatch.torture.clients import Load
from skybatch.torture.fault import Fault, Sites

_ANY_END = frozenset({JobState.COMPLETE, JobState.PARTIAL, JobState.FAILED})

FAULTS: Mapping[str, Fault] = {
    "kill": Fault(kills.kill, "kill -9 after up to 3 s of work", share=1.0),
    "kill-again": Fault(
        kills.kill_again,
        "kill -9, then again and again, 0 to 300 ms after a start has taken the folder",
    ),
    "one-site": Fault(
        kills.kill_in_site,
        f"kill -9 during the crawl of one site of {kills.SITE_PAGES} pages",
        Load(("site0",), max_pages=kills.SITE_PAGES, per_host=6, most=1),
        Sites(pages=kills.SITE_PAGES),
        share=0.25,
        clients=1,
    ),
    "limits": Fault(
        kills.kill,
        "kill -9 with max_pages=10 and max_concurrent_jobs=1, which hold over all starts",
        Load(max_pages=10, max_concurrent_jobs=1),
        share=0.05,
    ),
    "drain": Fault(
        stops.drain,
        "SIGTERM, and a submission during the drain: ends with 0 within 12 s",
        share=0.25,
    ),
    "two-signals": Fault(
        stops.two_signals,
        "SIGTERM and, during the drain, SIGINT: ends within 1 s, and not with 0",
        share=0.05,
    ),
    "freeze": Fault(
        stops.freeze,
        "SIGSTOP, then SIGCONT: awake within 5 s, no job begun again, no page asked for again",
        share=0.01,
        at_rest=stops.nothing_ran_twice,
    ),
    "cancel": Fault(
        storm.storm,
        "a storm of cancels and of submissions broken off by a reset: each cancel within 5 s",
        storm.LOAD,
        Sites(latency_s=0.05),
        ends=frozenset({JobState.COMPLETE, JobState.PARTIAL, JobState.CANCELLED}),
        share=0.005,
    ),
    "odd-answers": Fault(
        odd_answers.visit,
        "sites whose answers trip parsers: a reason for each, and no worker less",
        Load(most=5),
        sites=Sites(odd=odd_answers.answer),
        ends=_ANY_END,
        share=0.005,
        clients=1,
        at_rest=odd_answers.check,
    ),
    "poison": Fault(
        poison.poison,
        "pages that kill the process which reads them: their jobs end at the third crash",
        ends=_ANY_END,
        share=0.02,
        at_rest=poison.check,
        environment=poison.deadly,
    ),
    "reading": Fault(
        poison.kill_readers,
        "kill -9 while an ordinary page is read: it is not taken for poison",
        share=0.05,  # two kills each
        environment=poison.slow,
        clients=2,
    ),
    "second-serve": Fault(
        stops.second_serve,
        "a second serve on the same folder: refused, names the pid",
        share=0.05,
    ),
}
