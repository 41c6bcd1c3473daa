"""Fields and products of the user's own."""

import pytest

from skybatch.extract.own import prepare
from skybatch.extract.reading import read
from skybatch.model.own import Additions, OwnField
from tests.extract.pages import facts, raw

PAGE = b"""<title>x</title><ul class=hours><li>Mo 9-17</li><li>Tu 9-17</li><li>Mo 9-17</li></ul>
<a class=menu href="/menu.pdf">Menu</a><img alt="  our  house " src="/h.jpg"><p class=no> </p>"""
RULES = """
[[technology]]
name = "Shopfix"
category = "Shop"
assets = ["/Shopfix/"]
version = 'shopfix/(\\d+)'

[[technology]]
name = "jQuery"
assets = ["our-own-jquery"]
"""


def custom(*fields):
    own = prepare(Additions(tuple(OwnField(**field) for field in fields)))
    return read(raw(PAGE), own).facts.custom


def test_the_first_value_is_taken_or_all_distinct_ones():
    assert custom(
        {"name": "first", "selector": ".hours li"},
        {"name": "each", "selector": ".hours li", "all": True},
    ) == {"first": ("Mo 9-17",), "each": ("Mo 9-17", "Tu 9-17")}


def test_attributes_are_squeezed_and_references_made_absolute():
    assert custom(
        {"name": "menu", "selector": "a.menu", "attribute": "href"},
        {"name": "house", "selector": "img", "attribute": "alt"},
    ) == {"menu": ("https://www.acme.de/menu.pdf",), "house": ("our house",)}


def test_what_is_empty_or_absent_is_not_there():
    assert custom({"name": "no", "selector": ".no"}, {"name": "none", "selector": "video"}) == {}


def test_a_first_element_without_a_value_makes_room_for_the_next():
    assert custom({"name": "x", "selector": ".no, .menu"}) == {"x": ("Menu",)}


def test_a_rule_of_the_user_finds_a_product_and_replaces_a_built_in_one():
    own = prepare(Additions(technologies=RULES))
    page = b"<script src=/shopfix/7/a.js></script><script src=/jquery.min.js></script>"
    found = read(raw(page), own).facts.technologies
    assert [(item.name, item.category, item.version) for item in found] == [
        ("Shopfix", "Shop", "7")
    ]
    assert [item.name for item in facts(page.decode()).technologies] == ["jQuery"]


@pytest.mark.parametrize(
    ("additions", "faults"),
    [
        (
            Additions((OwnField("a", "div >"), OwnField("b", "p"), OwnField("c", ""))),
            [
                "field 'a': 'div >' is no CSS selector",
                "field 'c': '' is no CSS selector",
            ],
        ),
        (Additions(technologies="[["), ["the rules are no TOML document"]),
        (Additions(technologies="technology = 1"), ["the rules must be tables [[technology]]"]),
        (
            Additions(
                technologies="""
[[technology]]
assets = "x"
[[technology]]
name = "B"
generators = ["b"]
version = "("
[[technology]]
name = "C"
inline = [""]
version = "no group"
"""
            ),
            [
                "rule 1 (without a name): it needs a name",
                "rule 1 (without a name): assets must be a list of texts",
                "rule 2 (B): it needs one of generator, headers, cookies",
                "rule 2 (B): there is no 'generators'; did you mean \"generator\"?",
                "rule 2 (B): version is no regular expression",
                "rule 3 (C): inline must be a list of texts",
                "rule 3 (C): version must have one group",
            ],
        ),
    ],
)
def test_every_fault_is_named(additions, faults):
    with pytest.raises(ValueError, match=r".") as caught:
        prepare(additions)
    told = str(caught.value).splitlines()
    assert len(told) == len(faults)
    assert all(line.startswith(fault) for line, fault in zip(told, faults, strict=True))
