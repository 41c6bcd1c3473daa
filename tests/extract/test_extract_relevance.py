"""Which links are worth a page of the budget first."""

import pytest

from skybatch.extract.relevance import FOOTER, of_text, of_url
from tests.extract.pages import reading

CONTACT, IMPRINT, ABOUT = range(85, 91), range(80, 86), range(65, 71)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("/contact", "", CONTACT),
        ("/contact-us/", "", CONTACT),
        ("/Contact_Us.aspx", "", CONTACT),
        ("/en/contact.html", "", CONTACT),
        ("/index.php?page=kontakt", "", CONTACT),
        ("/kontakt", "", CONTACT),
        ("/p/17", "Kontakt", CONTACT),
        ("/p/17", " Nous contacter » ", CONTACT),
        ("/p/17", "Contáctanos", CONTACT),
        ("/p/17", "İLETİŞİM", CONTACT),
        ("/p/17", "Επικοινωνία", CONTACT),
        ("/p/17", "Контакты", CONTACT),
        ("/p/17", "お問い合わせはこちら", CONTACT),
        ("/p/17", "联系我们", CONTACT),
        ("/p/17", "문의하기", CONTACT),
        ("/p/17", "اتصل بنا", CONTACT),
        ("/%E8%81%94%E7%B3%BB%E6%88%91%E4%BB%AC", "", CONTACT),
        ("/impressum", "", IMPRINT),
        ("/mentions-legales", "", IMPRINT),
        ("/x", "Mentions légales", IMPRINT),
        ("/x", "Aviso Legal", IMPRINT),
        ("/x", "特定商取引法に基づく表記", IMPRINT),
        ("/about", "", ABOUT),
        ("/ueber-uns", "", ABOUT),
        ("/x", "Über uns", ABOUT),
        ("/x", "À propos", ABOUT),
        ("/x", "Qui sommes-nous ?", ABOUT),
        ("/x", "O nás", ABOUT),
        ("/x", "会社概要", ABOUT),
        ("/team", "", range(50, 56)),
        ("/standorte", "", range(45, 51)),
        ("/datenschutz", "", range(25, 31)),
    ],
)
def test_a_page_that_tells_of_the_company_is_known_by_its_path_or_its_link(path, text, expected):
    assert max(of_url(f"https://acme.example{path}"), of_text(text)) in expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "Home"),
        ("/blog/contact-lenses-2024", "Contact lenses: what to know"),
        ("/products/contactor-24v", "Contactor 24 V"),
        ("/news/how-we-moved-our-team-to-the-cloud", "How we moved our team to the cloud"),
        ("/a?b=c&d", "x" * 10_000),
        ("/legally-blonde", ""),
        ("", ""),
    ],
)
def test_a_page_that_only_speaks_of_it_is_not(path, text):
    assert of_url(f"https://acme.example{path}") == of_text(text) == 0


def test_a_nearer_one_comes_before_a_deeper_one():
    assert of_url("https://a.example/contact") > of_url("https://a.example/de/x/contact") > 0


def test_a_link_in_the_footer_matters_a_little_whatever_it_is_called():
    page = """
      <a href="/shop">Shop</a> <a href="/kontakt"><b>Kontakt</b></a>
      <div class="footer"><a href="/x1">Versand</a></div>
      <footer><p><a href="/x2">Hinweise</a> <a href="/x3">Impressum</a></footer>
    """
    scores = {link.url.rpartition("/")[2]: link.score for link in reading(page).links}
    assert scores == {"shop": 0, "kontakt": 90, "x1": FOOTER, "x2": FOOTER, "x3": 85}


def test_the_best_of_several_links_to_a_page_counts():
    page = '<a href="/p"><img></a> <a href="/p">About us</a> <a href="/p">more</a>'
    assert [link.score for link in reading(page).links] == [70]
