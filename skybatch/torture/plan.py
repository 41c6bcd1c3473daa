"""What a trial does, and how hard its strikes are."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Strength:
    """Ranges are thrown by dice; the defaults are those of a short run."""

    work_s: float = 3.0  # the longest that it works before a kill
    kills_in_recovery: tuple[int, int] = (1, 3)  # in a row
    freeze_s: tuple[float, float] = (1.0, 4.0)
    storm_s: float = 10.0
    storm_cancels: int = 50


THOROUGH = Strength(
    kills_in_recovery=(10, 10),
    freeze_s=(90.0, 90.0),  # three leases
    storm_s=60.0,
    storm_cancels=500,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a trial does; the same seed throws the same dice."""

    fault: str  # its name
    rounds: int
    seed: int
    strength: Strength = field(default_factory=Strength)
    clients: int = 4
    settle_s: float = 60.0  # until everything has ended after the last strike
    ready_s: float = 2.0  # a start may take so long, or twice the first one

    @property
    def is_thorough(self) -> bool:
        """Whether it strikes as hard as it can."""
        return self.strength == THOROUGH
