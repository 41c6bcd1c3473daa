"""What a start finds of the run before, and what it makes of it."""

from dataclasses import dataclass

from skybatch.model.wording import some

ALONE_FROM = 2  # crashes from which on a job runs alone
LAST_CRASH = 3  # the crash that ends a job


@dataclass(frozen=True, slots=True)
class Suspect:
    """A page that was being read when the process died."""

    job_id: str
    attempt: int
    url: str  # identity


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that went out; whether its answer was stored, the database knows."""

    job_id: str
    attempt: int
    url: str  # identity, if it was for a page
    at: float = 0.0
    is_page: bool = True  # or robots.txt, or a sitemap


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was taken back from workers that are gone."""

    jobs: int = 0
    pages_kept: int = 0
    pages_to_refetch: int = 0  # were asked for, and their answers are lost
    ended: int = 0  # jobs of a page that has killed the daemon too often

    @property
    def is_anything(self) -> bool:
        """Whether there was anything to recover."""
        return bool(self.jobs or self.ended)

    def __str__(self) -> str:
        text = (
            f"recovered {some(self.jobs, 'job')}, {some(self.pages_kept, 'page')} kept, "
            f"{some(self.pages_to_refetch, 'page')} to refetch"
        )
        return f"{text}, {some(self.ended, 'job')} ended" if self.ended else text
