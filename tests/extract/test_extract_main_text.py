"""The main text of a page."""

import pytest

from tests.extract.pages import facts

PAGE = (
    "<title>T</title><header>Head</header><nav>Menu</nav><h1>Oak\n tables</h1>"
    "<p>Made <b>by</b> hand."
    "<script>x</script><style>y</style><form>Ask <button>now</button></form><footer>Foot</footer>"
)


def test_it_comes_only_when_it_is_asked_for():
    assert facts(PAGE).text is None


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (PAGE, "Oak tables\nMade\nby\nhand."),
        (f"<div>Around</div><main>{PAGE}</main>", "Oak tables\nMade\nby\nhand."),
        ("<p>Before<article>Within</article>", "Within"),
        ("<nav>Menu</nav>", None),
        ("<frameset>", None),
        ("", None),
    ],
)
def test_it_is_what_the_page_says_without_what_stands_around(page, text):
    assert facts(page, wants_text=True).text == text


def test_it_is_cut():
    assert len(facts("<p>" + "word " * 50_000, wants_text=True).text) == 50_000


def test_the_other_facts_stay_as_they_are():
    page = f"{PAGE}<footer><a href='mailto:info@acme.de'>x</a> Tel. 030 901820</footer>"
    plain, with_text = facts(page), facts(page, wants_text=True)
    assert (plain.emails, plain.phones) == (with_text.emails, with_text.phones)
    assert plain.emails
    assert plain.phones
