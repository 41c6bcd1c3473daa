"""Faults that end the daemon at once: kill -9 under load, into the recovery, within one site."""

from skybatch.torture.stage import Stage

SITE_PAGES = 500
_SOONEST_S = 0.05
_INTO_RECOVERY_S = 0.3


def kill(stage: Stage) -> None:
    """Once, and start again."""
    stage.work_for(_SOONEST_S, stage.plan.strength.work_s)
    stage.kill()
    stage.start()


def kill_again(stage: Stage) -> None:
    """Once, then again and again while it recovers."""
    stage.work_for(_SOONEST_S, min(1.0, stage.plan.strength.work_s))
    stage.kill()
    for _ in range(stage.rng.randint(*stage.plan.strength.kills_in_recovery)):
        stage.spawn()
        stage.work_for(0, _INTO_RECOVERY_S)
        stage.kill()
        stage.note("kills during a recovery")
    stage.start()


def kill_in_site(stage: Stage) -> None:
    """Once a random share of the pages of the one site is there."""
    share = SITE_PAGES // (stage.plan.rounds + 1)
    stage.origin.latency_s = stage.plan.rounds / 200  # so that the site outlasts the kills
    wanted = min(SITE_PAGES, _pages(stage) + stage.rng.randint(1, share))
    stage.until(lambda: _pages(stage) >= wanted, 60, f"{wanted} pages of the site are asked for")
    stage.kill()
    stage.start()


def _pages(stage: Stage) -> int:
    return stage.origin.pages_of_hosts().total()
