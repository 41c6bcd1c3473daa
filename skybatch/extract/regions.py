"""Which country's telephone numbers a page writes without a prefix."""

from phonenumbers import SUPPORTED_REGIONS

# Country codes that are sold all over the world as words.
_GENERIC_TEXT = "ac ai am cc co fm gg io je la ly me ms mu nu pw sc sh so st tk to tv vc ws"
_GENERIC = frozenset(_GENERIC_TEXT.split())
_OTHER_NAMES = {"uk": "GB", "su": "RU"}
# Languages that are at home in one country.
_SPOKEN_TEXT = """
bg:BG cs:CZ da:DK et:EE fi:FI he:IL hu:HU id:ID is:IS ja:JP ko:KR lt:LT lv:LV nb:NO no:NO pl:PL
sk:SK sl:SI th:TH tr:TR uk:UA vi:VN
"""
_SPOKEN_IN = dict(pair.split(":") for pair in _SPOKEN_TEXT.split())


def region_of(host: str, language: str | None, default: str) -> str | None:
    """The ISO 3166 code that phonenumbers is to assume, `None` if nothing tells it.

    What the user says, then the country of the domain, then the country in the language tag: it
    comes late because many templates say `en-US` wherever the company is. Last the country where
    nearly all who speak the language live.
    """
    tld = host.partition(":")[0].rpartition(".")[2]
    by_host = "" if tld in _GENERIC else _OTHER_NAMES.get(tld, tld.upper())
    by_language = (language or "").rpartition("-")[2]
    by_speakers = _SPOKEN_IN.get((language or "").partition("-")[0].lower(), "")
    for region in (default.upper(), by_host, by_language, by_speakers):
        if region in SUPPORTED_REGIONS:
            return region
    return None
