"""What a scrape says, and what the documentation says of it."""

import re
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Family:
    """One metric, as it is named in a query (a counter with its `_total`)."""

    kind: str
    labels: frozenset[str]
    text: str


class Scrape:
    """The values of one scrape."""

    def __init__(self, body: bytes) -> None:
        self.parsed = list(text_string_to_metric_families(body.decode()))
        self.samples = [sample for family in self.parsed for sample in family.samples]

    @property
    def families(self) -> dict[str, Family]:
        return {
            each.name + ("_total" if each.type == "counter" else ""): Family(
                each.type,
                frozenset(label for sample in each.samples for label in sample.labels) - {"le"},
                each.documentation,
            )
            for each in self.parsed
        }

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of what has these labels."""
        found = [
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert found, f"no {name} {labels}"
        return sum(found)


def documented() -> dict[str, Family]:
    """The tables of docs/metrics.md."""
    found = {}
    for line in (ROOT / "docs/metrics.md").read_text("utf-8").splitlines():
        if line.startswith("| `") and line.count("|") == 5:
            name, kind, labels, text = (cell.strip() for cell in line.strip("|").split("|"))
            found[name.strip("`")] = Family(kind, frozenset(re.findall(r"`(\w+)`", labels)), text)
    return found
