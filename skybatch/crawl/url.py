"""What a URL is to us: its identity, its parts, and whether it can be a page at all."""

import re
from functools import lru_cache
from typing import NamedTuple

import ada_url

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 2_000  # longer ones are made by traps; browsers and servers give up soon after

# Parameters that say where a visitor came from, never what the page is.
_TRACKING_NAMES = """
    _ga _gl _hsenc _hsmi __hsfp __hssc __hstc _openstat dclid epik fbclid gad_source gbraid gclid
    gclsrc hsctatracking igshid li_fat_id mc_cid mc_eid mkt_tok msclkid oly_anon_id oly_enc_id
    rb_clickid s_cid srsltid ttclid twclid vero_conv vero_id wbraid wickedid yclid ymclid
"""
# Parameters that say who the visitor is.
_SESSION_NAMES = """
    cfid cftoken jsessionid oscsid phpsessid sessid session_id sessionid sid zenid
"""
_NOTHING = frozenset((_TRACKING_NAMES + _SESSION_NAMES).split())
_NOTHING_PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "matomo_", "aspsessionid")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid|sessionid)=[^/;?]*", re.IGNORECASE)

_ENDINGS = """
    avif bmp gif heic ico jfif jpeg jpg png psd svg svgz tif tiff webp
    aac aif aiff flac m4a mid midi mp3 oga ogg opus wav wma
    3gp avi flv m3u8 m4v mkv mov mp4 mpeg mpg ogv webm wmv
    csv doc docm docx dot dotx epub ics mobi odp ods odt pdf potx pps ppsx ppt pptm pptx ps rtf
    tsv txt vcard vcf xls xlsb xlsm xlsx
    7z apk bin bz2 cab deb dmg exe gz iso jar lz msi pkg rar rpm tar tgz xz zip zst
    atom css eot js json jsonld kml map mjs otf rdf rss ttf wasm webmanifest woff woff2 xml xsd xsl
"""
_FILES = frozenset(_ENDINGS.split())


class Parts(NamedTuple):
    """An absolute http(s) URL in its parts."""

    scheme: str
    host: str  # IPv6 without brackets
    port: int  # 80 or 443 when none is written
    path: str
    query: str  # without the question mark

    @property
    def origin(self) -> str:
        """Scheme, host and port, as the beginning of a URL."""
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{bracketed(self.host)}{port}"


def bracketed(host: str) -> str:
    """The host as a URL spells it."""
    return f"[{host}]" if ":" in host else host


def split(url: str) -> Parts:
    """The parts of an absolute http(s) URL in WHATWG form; credentials are left out."""
    scheme, _, rest = url.partition("://")
    authority, slash, rest = rest.partition("/")
    path, _, query = rest.partition("?")
    authority = authority.rpartition("@")[2]
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        port = port[1:]
    else:
        host, _, port = authority.partition(":")
    return Parts(scheme, host, int(port) if port else DEFAULT_PORTS[scheme], slash + path, query)


# Of a request: each layer between the frontier and the network asks for them. Links are asked for
# once, and are no use here.
parts_of = lru_cache(maxsize=512)(split)


def parse(text: str, base: str | None = None) -> str | None:
    """The absolute http(s) URL that a browser reads, without fragment and credentials.

    `None` for what is no URL, or of another scheme.
    """
    try:
        url = ada_url.join_url(base, text) if base else ada_url.normalize_url(text)
        if not url.startswith(("http://", "https://")):
            return None
        if "@" in url:
            url = ada_url.replace_url(url, username="", password="")
    except ValueError:
        return None
    return url.partition("#")[0]


def identity(url: str) -> str:
    """What makes two links the same page: no fragment, tracking, session or credentials.

    Takes an absolute http(s) URL in WHATWG form and gives one; giving it that again changes
    nothing.
    """
    url = url.partition("#")[0]
    address, question, query = url.partition("?")
    if ";" in address or "@" in address:
        # What is left of a path may be `/..`, which only a parser resolves.
        address = parse(_SESSION_IN_PATH.sub("", address)) or address
    if not question:
        return address
    pairs = query.split("&")
    kept = [pair for pair in pairs if not _says_nothing(pair)]
    if len(kept) < len(pairs):
        query = "&".join(kept)
        question = "?" if query else ""
    return address + question + query


def _says_nothing(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in _NOTHING or name.startswith(_NOTHING_PREFIXES)


def is_file(path: str) -> bool:
    """Whether the ending of a path says that no page is behind it."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return bool(dot) and len(ending) <= 11 and ending.lower() in _FILES
