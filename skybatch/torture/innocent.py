"""Nobody pays for what happens to others."""

from collections.abc import Callable

from skybatch.torture import view
from skybatch.torture.stage import Stage


def check(stage: Stage, is_guilty: Callable[[str], bool]) -> None:
    """The jobs of all domains that are not guilty are complete."""
    for batch_id in stage.acknowledged():
        for job in view.jobs(stage.child, batch_id):
            if job.status != "complete" and not is_guilty(job.domain):
                stage.complain(
                    f"{job.domain} is {job.status} ({job.reason}), beside others' faults"
                )
