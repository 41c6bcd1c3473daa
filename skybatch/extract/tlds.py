"""The top-level domains that there are."""

import re
from functools import cache
from pathlib import Path

import publicsuffixlist
from ada_url import idna_to_ascii

_ICANN_ENDS = "===END ICANN DOMAINS==="
_NAME = re.compile(r"^([^\s./*!]+)$", re.MULTILINE)
# Reserved for documentation and tests (RFC 2606): nobody is there, and so nothing is a mistake.
_RESERVED = frozenset({"example", "test"})


@cache
def top_level_domains() -> frozenset[str]:
    """Their names in ASCII, from the Public Suffix List; takes 3 ms the first time."""
    path = Path(publicsuffixlist.__file__).with_name("public_suffix_list.dat")
    text = path.read_text("utf-8")
    names = _NAME.findall(text[: text.find(_ICANN_ENDS)])
    return frozenset(idna_to_ascii(name).decode("ascii") for name in names) | _RESERVED
