"""A batch as a few lines of a terminal, which are drawn again and again while it runs."""

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from skybatch.cli.pace import Pace
from skybatch.cli.view import BatchView
from skybatch.cli.wording import plain

_CELLS = 40  # of the bar
_REASONS, _JOBS = 5, 4  # that are shown
# In the order in which they stand in the bar: its characters differ where there are no colours.
_STYLES = {
    "complete": ("green", "█"),
    "partial": ("yellow", "▓"),
    "failed": ("red", "▒"),
    "cancelled": ("magenta", "▒"),
    "running": ("blue", "░"),
    "pending": ("bright_black", "·"),
}


def board(batch: BatchView, pace: Pace) -> Text:
    """All lines."""
    return Text("\n", no_wrap=True, overflow="ellipsis").join(_lines(batch, pace))


def _lines(batch: BatchView, pace: Pace) -> Iterator[Text]:
    yield Text.assemble(_bar(batch), f" {batch.progress:.0%}")
    yield Text(pace.line(batch))
    counts = [
        (f"{batch.counts[state]} {state}", style)
        for state, (style, _) in _STYLES.items()
        if batch.counts.get(state)
    ]
    if batch.paused and not batch.is_over:
        counts.append(("paused", "bold"))
    yield Text(", ").join(Text(words, style) for words, style in counts)
    jobs = batch.domain_statuses.values()
    reasons = Counter(job.reason for job in jobs if job.reason and job.status != "complete")
    if reasons:
        told = [f"{count} {reason}" for reason, count in reasons.most_common(_REASONS)]
        more = ", …" if len(reasons) > _REASONS else ""
        yield Text(f"why not: {', '.join(told)}{more}")
    running = [job for job in jobs if job.status == "running"]
    for job in running[:_JOBS]:
        yield Text(f"  {plain(job.domain)}  {plain(job.stage)}", "bright_black")
    others = batch.counts.get("running", 0) - len(running[:_JOBS])
    if running and others > 0:
        yield Text(f"  and {others:,} more", "bright_black")


def _bar(batch: BatchView) -> Text:
    """Cells by state; whoever is there at all has one."""
    told, cells = Text(), _CELLS
    total = batch.total_domains or 1
    states = [(state, count) for state in _STYLES if (count := batch.counts.get(state, 0))]
    for position, (state, count) in enumerate(states):
        style, character = _STYLES[state]
        behind = len(states) - position - 1  # they need a cell each
        own = cells if not behind else min(cells - behind, max(1, round(_CELLS * count / total)))
        told.append(character * own, style)
        cells -= own
    return told
