"""Which country's telephone numbers a page writes without a prefix."""

from phonenumbers import SUPPORTED_REGIONS

# Country codes that are sold all over the world as words.
_GENERIC_TEXT = "ac ai am cc co fm gg io je la ly me ms mu nu pw sc sh so st tk to tv vc ws"
_GENERIC = frozenset(_GENERIC_TEXT.split())
_OTHER_NAMES = {"uk": "GB", "su": "RU"}


def region_of(host: str, language: str | None, default: str) -> str | None:
    """The ISO 3166 code that phonenumbers is to assume, `None` if nothing tells it.

    What the user says, then the country of the domain, then the country in the language tag: it
    comes last because many templates say `en-US` wherever the company is.
    """
    tld = host.partition(":")[0].rpartition(".")[2]
    by_host = "" if tld in _GENERIC else _OTHER_NAMES.get(tld, tld.upper())
    by_language = (language or "").rpartition("-")[2]
    for region in (default.upper(), by_host, by_language):
        if region in SUPPORTED_REGIONS:
            return region
    return None
