"""What a page says of others is no way to reach the company."""

import pytest

from skybatch.extract.others import OF_OTHERS
from tests.extract.pages import facts


def sure_of(html: str) -> dict[str, float]:
    """Every contact of the page, and how sure it is."""
    found = facts(html)
    return {each.value: each.confidence for each in (*found.emails, *found.phones, *found.faxes)}


@pytest.mark.parametrize(
    "text",
    [
        "Zuständige Aufsichtsbehörde: Landratsamt Ost, Tel. +49 30 901820, post@landrat.com",
        "<h2>Hosting:</h2> Wolke GmbH, Tel. +49 30 901820, <a href=mailto:post@wolke.com>Mail</a>"
        " post@wolke.com",
        "Site web hébergé par Nuage SA, tél. +49 30 901820, post@nuage.com",
        "Website by Studio North, phone +49 30 901820, post@studionorth.com",
        "Il Garante per la protezione dei dati, tel. +49 30 901820, post@garante-x.com",
    ],
)
def test_contacts_of_those_who_host_build_or_oversee_are_the_least_sure(text):
    page = f"<p>Acme GmbH, Tel. +49 40 123456, info@acme.de, chef@post.de</p><p>{text}</p>"
    sure = sure_of(page)
    others = {value for value in sure if value.startswith(("post@", "+4930"))}
    assert len(others) == 2
    assert {sure[value] for value in others} == {OF_OTHERS}
    assert min(sure[value] for value in ("info@acme.de", "+4940123456", "chef@post.de")) > 0.5


@pytest.mark.parametrize(
    "page",
    [
        # Its own data protection officer; an agency whose trade is hosting; said twice.
        "<p>Datenschutzbeauftragte: Jo Doe, Tel. +49 30 901820, datenschutz@acme.de</p>",
        "<nav><a>Hosting</a> <a>Webdesign</a></nav><p>Tel. +49 30 901820, jo@post.com</p>",
        "<p>Tel. +49 30 901820 jo@post.com</p><p>Webdesign: Jo, Tel. +49 30 901820 jo@post.com</p>",
        "<p>Hosting: Wolke GmbH.</p>" + "<p>Wir über uns. </p>" * 20 + "<p>Tel. +49 30 901820</p>",
    ],
)
def test_the_company_itself_is_not_taken_for_others(page):
    assert min(sure_of(page).values()) > 0.5
