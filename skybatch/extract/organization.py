"""Who runs a site, from one schema.org object."""

import html
from collections.abc import Mapping

from skybatch.extract.contacts import CONFIDENCE
from skybatch.extract.lettering import squeeze
from skybatch.model.facts import Organization, Place

# https://schema.org/Organization and the subtypes that companies use for themselves. Others end
# in one of the words below.
_TYPES_TEXT = """
Organization Corporation NGO LocalBusiness Restaurant Hotel Hostel Motel Resort BedAndBreakfast
CafeOrCoffeeShop BarOrPub Bakery Brewery Winery Dentist Physician Hospital Pharmacy Attorney Notary
Library School CollegeOrUniversity Plumber Electrician Locksmith RoofingContractor HousePainter
GeneralContractor MovingCompany AutoDealer AutoRepair Florist BankOrCreditUnion Airline Consortium
SportsTeam GovernmentOffice RadioStation TelevisionStation TravelAgency RealEstateAgent
InsuranceAgency
"""
_TYPES = frozenset(_TYPES_TEXT.split())
_ENDINGS = ("Organization", "Business", "Store", "Service", "Club", "Salon")
_ADDRESS = (
    "streetAddress",
    "postOfficeBoxNumber",
    "postalCode",
    "addressLocality",
    "addressRegion",
    "addressCountry",
)
_MAX_TEXT = 300


def organization_of(item: Mapping[str, object], place: Place) -> Organization | None:
    """The organization that the object is; `None` if it is none, or has no name."""
    if not any(map(_is_organization, _types(item.get("@type")))):
        return None
    name = _text(item.get("name"))
    legal_name = _text(item.get("legalName"))
    if name is None and legal_name is None:
        return None
    return Organization(name, legal_name, _address(item.get("address")), place, CONFIDENCE[place])


def _types(value: object) -> list[str]:
    """`Organization` of `["schema:Organization", "https://schema.org/Thing"]`."""
    names = value if isinstance(value, list) else [value]
    texts = (name for name in names if isinstance(name, str))
    return [text.rpartition("/")[2].rpartition(":")[2] for text in texts]


def _is_organization(name: str) -> bool:
    return name in _TYPES or name.endswith(_ENDINGS)


def _address(value: object) -> dict[str, str]:
    """The members of a PostalAddress; a bare text is taken as its street."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        value = {"streetAddress": value}
    if not isinstance(value, dict):
        return {}
    members = ((name, _text(value.get(name))) for name in _ADDRESS)
    return {name: text for name, text in members if text}


def _text(value: object) -> str | None:
    """A text as people read it: CMS often write `M&uuml;ller &amp; Co` into JSON."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return squeeze(html.unescape(value), _MAX_TEXT) if isinstance(value, str) else None
