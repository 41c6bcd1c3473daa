"""Where a page speaks of others: who hosts or built it, and who watches over its owner.

Imprints and privacy notices must name them, with their addresses and numbers, which are not the
ways to reach the company.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from skybatch.extract.document import Document
from skybatch.extract.sightings import Sought

OF_OTHERS = 0.3  # confidence of what stands there
_REACH = 250  # characters behind the words that name them
_MOST = 50  # places on one page

# In lower case; as they stand in running text or before a colon, since "Hosting" alone is what an
# agency sells.
_NAMED = Sought(
    (
        *("hosting:", "hoster:", "webhosting:", "gehostet bei", "gehostet von", "webdesign:"),
        *("umsetzung:", "realisierung:", "programmierung:", "website von", "webdesign von"),
        *("aufsichtsbehörde", "landesbeauftragte", "bundesbeauftragte", "schlichtungsstelle"),
        *("zuständige kammer", "berufshaftpflicht", "datenschutzbeauftragte"),
        *("hosted by", "hosting provider", "website by", "web design by", "site by"),
        *("supervisory authority", "data protection authority", "information commissioner"),
        *("ombudsman", "data protection officer"),
        *("hébergeur", "hébergement :", "hébergé par", "conception du site", "création du site"),
        *("réalisation du site", "autorité de contrôle", "médiateur", "délégué à la protection"),
        *("proveedor de alojamiento", "diseño web:", "diseñado por", "desarrollado por"),
        *("agencia española de protección", "delegado de protección"),
        *("realizzazione sito", "sito realizzato da", "garante per la protezione"),
        *("responsabile della protezione", "desenvolvido por", "encarregado de proteção"),
        *("website door", "gerealiseerd door", "autoriteit persoonsgegevens"),
        *("functionaris gegevensbescherming", "wykonanie strony", "urzędu ochrony danych"),
        *("inspektor ochrony danych", "inspektorem ochrony danych"),
    )
)


@dataclass(frozen=True, slots=True)
class Others:
    """The parts of a lower-case text that speak of others."""

    text: str
    zones: Sequence[tuple[int, int]]

    def name(self, position: int) -> bool:
        """Whether what stands there is of others."""
        return any(start <= position < end for start, end in self.zones)

    def name_all(self, value: str) -> bool:
        """Whether a value stands there, and nowhere else in the text."""
        position = self.text.find(value) if self.zones else -1
        is_there = position >= 0
        while position >= 0:
            if not self.name(position):
                return False
            position = self.text.find(value, position + len(value))
        return is_there


NOBODY = Others("", ())


def find(document: Document, own: Callable[[str], bool]) -> Others:
    """The parts of the text of a page; one with an e-mail address of its `own` domain speaks of the
    company itself."""
    text = document.text
    zones = []
    for _, at in islice(_NAMED.sightings(document.encoded), _MOST):
        start = len(document.encoded[:at].decode())
        zone = text[start : start + _REACH]
        if not any("@" in word and own(word.strip("()[]<>,;:.")) for word in zone.split()):
            zones.append((start, start + _REACH))
    return Others(text, zones)
