"""Profiles on social networks: the canonical URL of each, however it was linked."""

import re
from collections.abc import Iterable

from skybatch.extract.document import host_of
from skybatch.extract.networks import NETWORKS
from skybatch.model.facts import SocialLink

_MAX_LINKS = 50  # on one page
_MAX_URL = 500
_MASTODON = re.compile(r"https?://([\w.-]{4,100})/(?:web/)?@(\w{1,50})/?")

# Accounts that the templates of website builders lead to, until their user writes his own there.
_BUILDERS = frozenset({"wix", "squarespace", "weebly", "webflow"})

_BY_HOST = {host: network for network in NETWORKS for host in network.hosts}


def find(
    urls: Iterable[str], owned: Iterable[str] = (), embedded: Iterable[str] = ()
) -> tuple[SocialLink, ...]:
    """Distinct profiles among absolute http(s) URLs, in their order.

    `owned`: those that the page calls its own by `rel=me`. Mastodon lives on thousands of hosts,
    and verifies its profiles by such links (https://docs.joinmastodon.org/user/profile/).
    `embedded`: what its data holds; authors and customers are there as well, so it counts only for
    networks that nothing else leads to.
    """
    mine = frozenset(owned)
    found: dict[str, SocialLink] = {}
    for url in urls:
        link = profile(url) or (_on_mastodon(url) if url in mine else None)
        if link is not None:
            found.setdefault(link.url.lower(), link)
    held = {link.network for link in found.values()}
    for link in filter(None, map(profile, embedded)):
        if link.network not in held:
            found.setdefault(link.url.lower(), link)
    return tuple(found.values())[:_MAX_LINKS]


def _on_mastodon(url: str) -> SocialLink | None:
    match = _MASTODON.fullmatch(url)
    return SocialLink("mastodon", f"https://{match[1]}/@{match[2]}") if match else None


def profile(url: str) -> SocialLink | None:
    """The profile that a URL leads to; `None` for share buttons, posts, and other sites."""
    host = host_of(url)
    # de.linkedin.com, m.facebook.com: there is a subdomain for every language and device.
    network = _BY_HOST.get(host) or _BY_HOST.get(host.partition(".")[2])
    if network is None or len(url) > _MAX_URL:
        return None
    canonical = network.profile(url.partition("://")[2].partition("/")[2])
    if canonical is None or canonical.rpartition("/")[2].lower() in _BUILDERS:
        return None
    return SocialLink(network.name, canonical)
