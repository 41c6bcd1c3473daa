"""How sure a way to reach a company is, by the place that shows it."""

from collections.abc import Mapping

from skybatch.model.facts import Place

MAX_VALUES = 50  # of one kind on one page

CONFIDENCE: Mapping[Place, float] = {
    Place.MAILTO: 0.95,
    Place.TEL: 0.95,
    Place.JSONLD: 0.9,
    Place.MICRODATA: 0.85,
    Place.META: 0.75,
    Place.HEADER: 0.75,
    Place.TEXT: 0.7,
}
