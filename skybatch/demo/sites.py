"""Company sites that do not exist: the same ones for the same seed, in any size."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from skybatch.demo.languages import LANGUAGES, Language

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Resource:
    """What a server gives for one path."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    location: str | None = None  # of a redirect


@dataclass(frozen=True, slots=True)
class _Company:
    """Who a site is about."""

    host: str
    language: Language
    trade: str
    place: tuple[str, str, str]  # part of the host name, town, postal code
    number: int

    @property
    def name(self) -> str:
        return f"{self.trade} {self.place[0].title()}"

    @property
    def email(self) -> str:
        return f"info@{self.host}"

    @property
    def phone(self) -> str:
        return self.language.phone % (self.number % 50)

    @property
    def fax(self) -> str:
        return self.language.phone % (50 + self.number % 50)

    @property
    def profile(self) -> str:
        """The name of its social profiles."""
        return self.host.replace(".", "-")

    @property
    def is_wordpress(self) -> bool:
        return self.number % 3 == 0


def bench_hosts(count: int) -> tuple[str, ...]:
    """The names of the sites that `sites` makes, in order."""
    return tuple(_company(number).host for number in range(count))


def sites(
    count: int, pages: int, *, seed: int = 1, page_kb: int = 6
) -> dict[str, dict[str, Resource]]:
    """`count` sites: host -> path -> resource. Each has exactly `pages` pages, all of them linked,
    of at least `page_kb` KiB, and a robots.txt, a sitemap and an icon."""
    return {
        company.host: _site(company, pages, random.Random(f"{seed}/{company.host}"), page_kb)
        for company in map(_company, range(count))
    }


def _company(number: int) -> _Company:
    language = LANGUAGES[number % len(LANGUAGES)]
    step = number // len(LANGUAGES)
    slug, trade = language.trades[step % len(language.trades)]
    step //= len(language.trades)
    place = language.places[step % len(language.places)]
    step //= len(language.places)
    suffix = f"-{step + 1}" if step else ""
    return _Company(f"{slug}-{place[0]}{suffix}.example", language, trade, place, number)


def _site(
    company: _Company, pages: int, chance: random.Random, page_kb: int
) -> dict[str, Resource]:
    titles = dict(_titles(company.language, pages))
    resources = {
        path: Resource(_page(company, path, titles, chance, page_kb).encode()) for path in titles
    }
    urls = "".join(f"<url><loc>http://{company.host}{path}</loc></url>" for path in titles)
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    robots = f"User-agent: *\nAllow: /\nSitemap: http://{company.host}/sitemap.xml\n"
    return resources | {
        "/robots.txt": Resource(robots.encode(), "text/plain; charset=utf-8"),
        "/sitemap.xml": Resource(sitemap.encode(), "application/xml"),
        "/favicon.svg": Resource(
            b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>', "image/svg+xml"
        ),
    }


def _titles(language: Language, pages: int) -> Iterator[tuple[str, str]]:
    """Path and title of each page; what makes a contact record comes first."""
    kinds = ("home", "contact", "imprint", "about", "products")
    for kind in kinds[:pages]:
        yield "/" if kind == "home" else f"/{kind}", language.titles[kind]
    for number in range(1, pages - len(kinds) + 1):
        kind = "product" if number % 2 else "news"
        yield f"/{kind}/{number}", f"{language.titles[kind]} {number}"


def _page(
    company: _Company,
    path: str,
    titles: Mapping[str, str],
    chance: random.Random,
    page_kb: int,
) -> str:
    head = _head(company, path, titles[path])
    foot = _foot(company)
    links = [f'<li><a href="{to}">{escape(title)}</a></li>' for to, title in titles.items()]
    # Every page links to the first ones; a list of all of them stands on two pages only.
    menu = "".join(links if path in ("/", "/products") else links[:12])
    body = _contact(company) if path in ("/contact", "/imprint") else ""
    start = f"{head}<nav><ul>{menu}</ul></nav><main><h1>{escape(titles[path])}</h1>{body}"
    size, paths, cards = len(start) + len(foot), list(titles), list[str]()
    while size < page_kb * 1024 or not cards:
        cards.append(_card(company.language, chance, chance.choice(paths)))
        size += len(cards[-1])
    return f"{start}{''.join(cards)}</main>{foot}"


def _head(company: _Company, path: str, title: str) -> str:
    full = escape(f"{title} | {company.name}")
    about = escape(company.language.sentences[0])
    lines = [
        f'<!DOCTYPE html><html lang="{company.language.code}"><head><meta charset="utf-8">',
        f'<title>{full}</title><meta name="description" content="{about}">',
        f'<link rel="canonical" href="http://{company.host}{path}">',
        '<link rel="icon" href="/favicon.svg"><link rel="stylesheet" href="/site.css">',
        f'<meta property="og:site_name" content="{escape(company.name)}">',
        f'<meta property="og:title" content="{full}">',
    ]
    if company.is_wordpress:
        lines.append('<meta name="generator" content="WordPress 6.8.1">')
    if path == "/":
        lines.append(f'<script type="application/ld+json">{_structured(company)}</script>')
    skip = company.language.labels["skip"]
    return "\n".join([*lines, f'</head><body><a href="#main">{escape(skip)}</a><a id="main"></a>'])


def _structured(company: _Company) -> str:
    """Who the company is, in schema.org's words."""
    _, town, code = company.place
    return json.dumps(
        {
            "@context": "https://schema.org",
            "@type": "LocalBusiness",
            "name": company.name,
            "legalName": f"{company.name} {company.language.form}",
            "url": f"http://{company.host}/",
            "email": company.email,
            "telephone": company.phone,
            "address": {
                "@type": "PostalAddress",
                "streetAddress": f"{company.language.street} {company.number + 1}",
                "postalCode": code,
                "addressLocality": town,
                "addressCountry": company.language.country,
            },
        },
        ensure_ascii=False,
    )


def _contact(company: _Company) -> str:
    labels = company.language.labels
    _, town, code = company.place
    return (
        f"<address>{escape(company.name)} {company.language.form}<br>"
        f"{escape(company.language.street)} {company.number + 1}<br>{code} {town}<br>"
        f'{labels["email"]}: <a href="mailto:{company.email}">{company.email}</a><br>'
        f'{labels["phone"]}: <a href="tel:{company.phone.replace(" ", "")}">{company.phone}</a><br>'
        f"Fax: {company.fax}</address>"
    )


def _card(language: Language, chance: random.Random, path: str) -> str:
    first, second = chance.sample(language.sentences, 2)
    title = " ".join(chance.choice(language.sentences).split()[:4])
    return (
        f'\n<section class="card card--wide"><h2 class="card__title">{escape(title)}</h2>'
        f'<p class="card__text">{escape(first)} {escape(second)}</p>'
        f'<a class="button button--quiet" href="{path}">{escape(language.labels["more"])}</a>'
        "</section>"
    )


def _foot(company: _Company) -> str:
    profile = company.profile
    return (
        f"<footer><p>© {escape(company.name)} {company.language.form}</p>"
        f'<a href="https://www.linkedin.com/company/{profile}">LinkedIn</a> '
        f'<a href="https://www.facebook.com/{profile}">Facebook</a> '
        f'<a href="https://www.instagram.com/{profile.replace("-", "_")}/">Instagram</a> '
        '<a href="/brochure.pdf">PDF</a></footer></body></html>\n'
    )
