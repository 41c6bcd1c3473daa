"""The rules that recognise products, and pages that they must leave alone."""

import pytest

from skybatch.extract.technology_rules import RULES, built_in, read_rules
from tests.extract.pages import facts


@pytest.mark.parametrize(
    ("page", "name", "version"),
    [
        ('<meta name="generator" content="WordPress 6.8.1">', "WordPress", "6.8.1"),
        ('<link rel=stylesheet href="/wp-content/themes/x/style.css?ver=9">', "WordPress", None),
        ('<meta name="Generator" content="Elementor 3.29.2; features: x">', "Elementor", "3.29.2"),
        ('<meta name=generator content="WooCommerce 9.8.5">', "WooCommerce", "9.8.5"),
        (
            "<!-- This site is optimized with the Yoast SEO plugin v25.1 - https://yoast.com/ -->",
            "Yoast SEO",
            "25.1",
        ),
        (
            '<meta name=generator content="Joomla! - Open Source Content Management">',
            "Joomla",
            None,
        ),
        ('<meta name=generator content="TYPO3 CMS">', "TYPO3", None),
        ("<!--\n\tThis website is powered by TYPO3 - inspiring people -->", "TYPO3", None),
        (
            '<meta name=Generator content="Drupal 11 (https://www.drupal.org)">',
            "Drupal",
            "11",
        ),
        ('<meta name=generator content="Wix.com Website Builder">', "Wix", None),
        ("<body><!-- This is Squarespace. --></body>", "Squarespace", None),
        ('<script src="https://cdn.shopify.com/s/x.js"></script>', "Shopify", None),
        ('<script src="//js.hs-scripts.com/1.js"></script>', "HubSpot", None),
        (
            "<script>j.src='https://www.googletagmanager.com/gtm.js?id='+i</script>",
            "Google Tag Manager",
            None,
        ),
        (
            '<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-X"></iframe>',
            "Google Tag Manager",
            None,
        ),
        (
            '<script async src="https://www.googletagmanager.com/gtag/js?id=G-X1"></script>',
            "Google Analytics",
            None,
        ),
        ('<script src="https://code.jquery.com/jquery-3.7.1.min.js"></script>', "jQuery", "3.7.1"),
        ('<script src="/lib/jquery.min.js?ver=3.7.1"></script>', "jQuery", "3.7.1"),
        ('<script src="/lib/jquery/3.6/jquery.min.js"></script>', "jQuery", "3.6"),
        (
            '<link href="https://cdn.jsdelivr.net/npm/bootstrap@5.3.6/dist/css/bootstrap.min.css">',
            "Bootstrap",
            "5.3.6",
        ),
    ],
)
def test_a_product_is_recognised_with_its_version(page, name, version):
    found = {item.name: item.version for item in facts(page).technologies}
    assert name in found
    assert found[name] == version


@pytest.mark.parametrize(
    "page",
    [
        "<p>We build WordPress, Drupal and Shopify sites with jquery.min.js</p>",
        '<img src="https://blog.example.net/wp-content/uploads/a.png">',
        '<a href="https://cdn.shopify.com/s/x.js">x</a>',
        '<meta name=description content="WordPress 6.8">',
        "<!-- no generator -->",
        "<!--[if !IE]><!--><p>Unser Blog ist powered by TYPO3?</p>",
        '<script>document.write("<!-- this is squarespace. -->")</script>',
        '<p title="<!-- powered by TYPO3 -->">x</p>',
        "<textarea><!-- powered by TYPO3 --></textarea>",
    ],
)
def test_talking_about_a_product_is_not_using_it(page):
    assert facts(page).technologies == ()


def test_the_evidence_is_the_text_that_shows_it():
    page = '<script src="/a.js"></script><script src="/lib/jQuery.min.js"></script>'
    (jquery,) = facts(page).technologies
    assert jquery.evidence == "/lib/jQuery.min.js"


def test_evidence_is_short_even_on_one_long_line():
    page = f"<script>{'x' * 9_000}'google-analytics.com/analytics.js'{'y' * 9_000}</script>"
    (analytics,) = facts(page).technologies
    assert "google-analytics.com/analytics.js" in analytics.evidence
    assert len(analytics.evidence) <= 200


def test_the_version_is_taken_from_the_channel_that_tells_it():
    page = """<link rel=stylesheet href="/wp-includes/x.css">
      <meta name=generator content="WordPress 6.8">"""
    (wordpress,) = facts(page).technologies
    assert (wordpress.version, wordpress.evidence) == ("6.8", "WordPress 6.8")


def test_every_rule_is_whole():
    assert read_rules(RULES.read_text("utf-8")) == built_in().rules  # or it says what is wrong
    names = [rule.name for rule in built_in().rules]
    assert len(names) == len(set(names))
    for rule in built_in().rules:
        assert rule.category
        assert rule.source.startswith("https://")
        assert rule.marks
        for marks in rule.marks.values():
            assert all(mark == mark.lower() and mark.isascii() for mark in marks)


def test_a_page_in_another_script_is_looked_through_as_far_as_one_in_latin():
    page = "<p>" + "я" * 60_500 + '</p><div data-bs-toggle="x">'
    assert [each.name for each in facts(page).technologies] == ["Bootstrap"]
