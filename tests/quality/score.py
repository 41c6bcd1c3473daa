"""Precision and recall: what was found against what the labels say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from skybatch.model.facts import PageFacts
from tests.quality.labels import Label

FIELDS = (
    "emails",
    "phones",
    "faxes",
    "social",
    "technologies",
    "versions",
    "title",
    "description",
    "language",
    "organization",
)


@dataclass
class Score:
    """Of one field over all pages."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)  # found, and not labelled: "t001 a@b.example"
    missed: list[str] = field(default_factory=list)  # labelled, and not found

    @property
    def precision(self) -> float:
        return self.right / (self.right + len(self.wrong) or 1)

    @property
    def recall(self) -> float:
        return self.right / (self.right + len(self.missed) or 1)


def judge(pairs: Iterable[tuple[Label, PageFacts]]) -> dict[str, Score]:
    """The scores of all fields."""
    scores = {name: Score() for name in FIELDS}
    for label, facts in pairs:
        wanted, found = _labelled(label), _found(facts)
        for name, score in scores.items():
            score.right += len(wanted[name] & found[name])
            score.wrong += [f"{label.id} {value}" for value in sorted(found[name] - wanted[name])]
            score.missed += [f"{label.id} {value}" for value in sorted(wanted[name] - found[name])]
    return scores


def _labelled(label: Label) -> Mapping[str, set[str]]:
    names = dict(map(_split, label.technologies))
    return {
        "emails": set(label.emails),
        "phones": set(label.phones),
        "faxes": set(label.faxes),
        "social": set(map(str.lower, label.social)),
        "technologies": set(names),
        "versions": {f"{name} {version}" for name, version in names.items() if version},
        "title": set(_one(label.title)),
        "description": set(_one(label.description)),
        "language": set(_one(label.language)),
        "organization": set(_one(label.organization)),
    }


def _found(facts: PageFacts) -> Mapping[str, set[str]]:
    organization = facts.organization
    name = organization and (organization.name or organization.legal_name)
    return {
        "emails": {email.value for email in facts.emails},
        "phones": {phone.value for phone in facts.phones},
        "faxes": {phone.value for phone in facts.faxes},
        "social": {link.url.lower() for link in facts.social_links},
        "technologies": {item.name for item in facts.technologies},
        "versions": {f"{item.name} {item.version}" for item in facts.technologies if item.version},
        "title": set(_one(facts.title)),
        "description": set(_one(facts.description)),
        "language": set(_one(facts.language)),
        "organization": set(_one(name)),
    }


def _split(technology: str) -> tuple[str, str]:
    """`Bootstrap 5.3.2` is a name and a version; `Vue.js` is a name."""
    name, _, last = technology.rpartition(" ")
    return (name, last) if name and last[:1].isdigit() else (technology, "")


def _one(value: str | None) -> Iterator[str]:
    if value:
        yield " ".join(value.split())
