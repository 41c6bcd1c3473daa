"""What extractors ask of a page."""

import pytest

from skybatch.extract.document import parse
from skybatch.extract.source import source_of


def test_attributes_are_found_whatever_their_case():
    document = parse(source_of('<p ITEMSCOPE><a Data-CFEmail="00">'), "http://a.example/")
    assert [node.tag for node in document.marked("itemscope")] == ["p"]
    assert [node.tag for node in document.marked("data-cfemail")] == ["a"]
    assert document.marked("itemprop") == []


def test_what_nobody_looks_for_is_not_said_to_be_missing():
    document = parse(source_of("<p data-x=1>"), "http://a.example/")
    with pytest.raises(KeyError):
        document.marked("data-x")


def test_comments_are_those_of_the_parser_also_before_the_page():
    page = (
        "<!-- one --><html><body><!--><p title='<!-- no -->'><!two><script>// <!-- no --></script>"
    )
    comments = parse(source_of(page), "http://a.example/").comments()
    assert [comment.strip() for comment in comments] == ["one", "", "two"]
