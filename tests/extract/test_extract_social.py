"""Profiles on social networks."""

import pytest

from skybatch.extract.networks import NETWORKS
from skybatch.extract.social import profile
from skybatch.model.facts import SocialLink
from tests.extract.pages import facts, jsonld


@pytest.mark.parametrize(
    ("url", "network", "canonical"),
    [
        ("https://twitter.com/Acme?lang=en", "x", "https://x.com/Acme"),
        ("https://mobile.twitter.com/@Acme/", "x", "https://x.com/Acme"),
        (
            "http://de.linkedin.com/company/acme-ag/about/?trk=x",
            "linkedin",
            "https://www.linkedin.com/company/acme-ag",
        ),
        ("https://www.linkedin.com/in/jo-doe/", "linkedin", "https://www.linkedin.com/in/jo-doe"),
        ("https://m.facebook.com/acme/?ref=bm", "facebook", "https://www.facebook.com/acme"),
        (
            "https://facebook.com/profile.php?ref=x&id=100064&sk=about",
            "facebook",
            "https://www.facebook.com/profile.php?id=100064",
        ),
        (
            "https://www.facebook.com/pages/Acme/1234",
            "facebook",
            "https://www.facebook.com/pages/Acme",
        ),
        ("https://instagram.com/acme.de/?hl=de", "instagram", "https://www.instagram.com/acme.de"),
        ("https://youtube.com/@acme/videos", "youtube", "https://www.youtube.com/@acme"),
        (
            "https://www.youtube.com/channel/UC_x-1",
            "youtube",
            "https://www.youtube.com/channel/UC_x-1",
        ),
        ("https://www.tiktok.com/@acme", "tiktok", "https://www.tiktok.com/@acme"),
        ("https://www.pinterest.de/acme/", "pinterest", "https://www.pinterest.com/acme"),
        ("https://github.com/acme", "github", "https://github.com/acme"),
        ("https://www.xing.com/companies/acmeag", "xing", "https://www.xing.com/companies/acmeag"),
        ("https://vimeo.com/acme", "vimeo", "https://vimeo.com/acme"),
        ("https://fosstodon.org/@acme", "mastodon", "https://fosstodon.org/@acme"),
        ("https://www.threads.net/@acme", "threads", "https://www.threads.com/@acme"),
        ("https://bsky.app/profile/acme.de", "bluesky", "https://bsky.app/profile/acme.de"),
        ("https://t.me/acme_de", "telegram", "https://t.me/acme_de"),
        ("https://dribbble.com/acme", "dribbble", "https://dribbble.com/acme"),
        ("https://www.behance.net/acme/", "behance", "https://www.behance.net/acme"),
        ("https://old.reddit.com/r/acme/", "reddit", "https://www.reddit.com/r/acme"),
        ("https://medium.com/@acme", "medium", "https://medium.com/@acme"),
        ("https://discord.com/invite/aBc1", "discord", "https://discord.gg/aBc1"),
        ("https://www.twitch.tv/acme", "twitch", "https://www.twitch.tv/acme"),
    ],
)
def test_a_profile_has_one_canonical_url(url, network, canonical):
    assert profile(url) == SocialLink(network, canonical)


@pytest.mark.parametrize(
    "url",
    [
        "https://twitter.com/intent/tweet?text=x",
        "https://twitter.com/share?url=x",
        "https://x.com/home",
        "https://x.com/acme/status/1",
        "https://www.facebook.com/sharer/sharer.php?u=x",
        "https://www.facebook.com/sharer.php?u=x",
        "https://www.facebook.com/dialog/share?x",
        "https://www.facebook.com/plugins/like.php?x",
        "https://www.facebook.com/login",
        "https://www.facebook.com/",
        "https://www.facebook.com/tr?id=1",
        "https://www.linkedin.com/shareArticle?url=x",
        "https://www.linkedin.com/login",
        "https://www.instagram.com/p/abc/",
        "https://www.youtube.com/watch?v=x",
        "https://www.youtube.com/embed/x",
        "https://pinterest.com/pin/create/button/?url=x",
        "https://github.com/login?x",
        "https://github.com/acme/repo",
        "https://vimeo.com/123456",
        "https://t.me/share/url?url=x",
        "https://wa.me/?text=x",
        "https://discord.com/download",
        "https://notfacebook.com/acme",
        "https://facebook.com.evil.test/acme",
        "https://acme.de/facebook.com/acme",
        "https://www.facebook.com/" + "a" * 900,
    ],
)
def test_buttons_posts_and_other_sites_are_no_profiles(url):
    assert profile(url) is None


def test_at_least_fifteen_networks_are_known():
    assert len({network.name for network in NETWORKS}) >= 15


def test_profiles_come_from_links_and_structured_data_each_once():
    page = (
        '<a rel="nofollow" href="https://twitter.com/acme">1</a><a href="//x.com/ACME?s=1">2</a>'
        '<link rel="alternate" href="https://x.com/other">'
        + jsonld('{"@type":"Organization","sameAs":["https://x.com/acme","https://t.me/acme"]}')
    )
    assert facts(page).social_links == (
        SocialLink("x", "https://x.com/acme"),
        SocialLink("telegram", "https://t.me/acme"),
    )


def test_mastodon_is_known_anywhere_by_what_the_page_calls_its_own():
    page = """<a rel="me noopener" href="https://social.acme.de/@acme">Mastodon</a>
      <a href="https://other.example/@other">a friend</a>
      <meta property="article:publisher" content="https://www.facebook.com/acme">
      <a href="https://www.instagram.com/acme/tagged/">photos</a>"""
    assert {link.url for link in facts(page).social_links} == {
        "https://social.acme.de/@acme",
        "https://www.facebook.com/acme",
        "https://www.instagram.com/acme",
    }
