"""E-mail addresses that a page hides and its own scripts bring back, as its readers see them."""

import base64
import html as entities
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

from skybatch.extract.document import Document

CLOUDFLARE = "/cdn-cgi/l/email-protection"  # where such a link leads
_MAX_CODE = 1_000  # characters
_MAX_CODES = 100  # of a kind
_MAX_SCRIPTS = 50
_MAX_SCRIPT = 20_000  # characters of one; a library is no mail link

# TYPO3, option spamProtectEmailAddresses: each character is moved on within one of these ranges.
_TYPO3_CALL = re.compile(r"linkTo_UnCryptMailto\((?:'|%27|\")([^'\"%]{3,300})", re.IGNORECASE)
_TYPO3_RANGES = ((0x2B, 0x3A), (0x40, 0x5A), (0x61, 0x7A))
_TYPO3_OFFSETS = range(-25, 26)
_MAILTO = "mailto:"

# Between two pieces of text: `'info' + '@'`, and `x = 'info'; x = x + '@'`.
_JOINT = re.compile(r"['\"]\s*\+\s*['\"]|['\"];\s*(?:var\s+)?(\w+)\s*=\s*\1\s*\+\s*['\"]")
_MARK = "\ufeff"  # of a joint
_MAX_JOINTS = 200  # of one script
_REACH = 200  # characters beside a joint
_BEFORE = re.compile(rf"[\w.+@{_MARK}-]*$")
_AFTER = re.compile(rf"[\w.+@{_MARK}-]*")
_WRITES = ("mailto", "&#109;a", "document.write", "innerHTML")


def linked(document: Document) -> Iterator[str]:
    """Texts that hold the recipients of links."""
    for reference in document.references:
        path, _, code = reference.partition("#")
        if path.endswith(CLOUDFLARE):
            yield of_cloudflare(code)
    scripts = (rest for scheme, rest in document.actions if scheme == "javascript")
    for call in islice(filter(None, map(_TYPO3_CALL.search, scripts)), _MAX_CODES):
        yield of_typo3(call[1])
    for node in document.marked("data-mailto-token")[:_MAX_CODES]:
        yield of_typo3(unquote(node.attributes.get("data-mailto-token") or ""))
    for node in document.marked("is-email")[:_MAX_CODES]:
        yield "@".join(_base64(node.attributes.get(part) or "") for part in ("first", "last"))


def written(document: Document) -> Iterator[str]:
    """Texts that hold addresses which a script writes into the page."""
    for node in document.marked("data-cfemail"):
        yield of_cloudflare(node.attributes.get("data-cfemail") or "")
    scripts = islice((node.text() for node in document.nodes["script"]), _MAX_SCRIPTS)
    for script in scripts:
        if len(script) < _MAX_SCRIPT and any(sign in script for sign in _WRITES):
            marked = _JOINT.sub(_MARK, entities.unescape(script))
            for joint in islice(re.finditer(_MARK, marked), _MAX_JOINTS):
                before = _BEFORE.search(marked[max(0, joint.start() - _REACH) : joint.start()])
                after = _AFTER.match(marked, joint.end(), joint.end() + _REACH)
                pieces = (found[0] for found in (before, after) if found)
                yield "".join(pieces).replace(_MARK, "").lower()


def of_cloudflare(code: str) -> str:
    """What Cloudflare's e-mail obfuscation hides: hex bytes, each XORed with the first."""
    try:
        key, *rest = bytes.fromhex(code[:_MAX_CODE])
    except ValueError:  # not hex, or nothing at all
        return ""
    return bytes(byte ^ key for byte in rest).decode("utf-8", "replace").lower()


def of_typo3(code: str) -> str:
    """What TYPO3 hides: a `mailto:` whose characters are all moved on by the same number."""
    for offset in _TYPO3_OFFSETS if code else ():
        if _moved(code[: len(_MAILTO)], offset) == _MAILTO:
            return _moved(code[:_MAX_CODE], offset).removeprefix(_MAILTO).lower()
    return ""


def _moved(code: str, offset: int) -> str:
    return "".join(_moved_one(character, offset) for character in code)


def _moved_one(character: str, offset: int) -> str:
    for first, last in _TYPO3_RANGES:
        if first <= ord(character) <= last:
            return chr(first + (ord(character) - first + offset) % (last - first + 1))
    return character


def _base64(code: str) -> str:
    """What Joomla's `<joomla-hidden-mail>` hides."""
    try:
        return base64.b64decode(code[:_MAX_CODE], validate=True).decode("utf-8", "replace").lower()
    except ValueError:
        return ""
