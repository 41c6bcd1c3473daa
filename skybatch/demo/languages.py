"""What companies of four countries write on their sites: words, sentences, addresses, numbers.

Phone numbers come from the blocks that the regulators keep for films and examples, so that none of
them rings: Bundesnetzagentur "Drama-Nummern", Ofcom "Telephone numbers for drama purposes", ARCEP
décision 2018-0881, PTS "Telefonnummer för användning i böcker och filmer".
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """How a company site of one country reads."""

    code: str  # of `<html lang>`
    titles: Mapping[str, str]  # kind of page -> its title
    trades: tuple[tuple[str, str], ...]  # part of the host name, trade
    places: tuple[tuple[str, str, str], ...]  # part of the host name, town, postal code
    street: str
    form: str  # legal form
    country: str
    phone: str  # `%02d` is any number of two digits
    labels: Mapping[str, str]
    sentences: tuple[str, ...]


GERMAN = Language(
    code="de",
    titles={
        "home": "Willkommen",
        "about": "Über uns",
        "contact": "Kontakt",
        "imprint": "Impressum",
        "products": "Produkte",
        "product": "Produkt",
        "news": "Neuigkeit",
    },
    trades=(("baeckerei", "Bäckerei"), ("tischlerei", "Tischlerei"), ("optik", "Optik")),
    places=(("nord", "Berlin", "10115"), ("sued", "Potsdam", "14467"), ("hafen", "Kiel", "24103")),
    street="Musterstraße",
    form="GmbH",
    country="DE",
    phone="+49 30 23125 0%02d",
    labels={"phone": "Telefon", "email": "E-Mail", "more": "Mehr erfahren", "skip": "Zum Inhalt"},
    sentences=(
        "Seit drei Generationen arbeiten wir mit denselben Lieferanten aus der Region.",
        "Jedes Stück entsteht in unserer eigenen Werkstatt und wird von Hand geprüft.",
        "Rufen Sie uns an, wenn Sie eine Frage haben, die hier nicht beantwortet wird.",
        "Unsere Auszubildenden lernen den Beruf von Grund auf, vom Rohstoff bis zur Rechnung.",
        "Größere Bestellungen liefern wir am nächsten Werktag, auf Wunsch auch früh am Morgen.",
        "Was übrig bleibt, geben wir abends an die Tafel weiter.",
        "Die neue Maschine verbraucht ein Drittel weniger Strom als ihre Vorgängerin.",
        "Wir beraten Sie gern vor Ort und erstellen ein Angebot ohne Verpflichtung.",
    ),
)
ENGLISH = Language(
    code="en-GB",
    titles={
        "home": "Welcome",
        "about": "About us",
        "contact": "Contact",
        "imprint": "Legal notice",
        "products": "Products",
        "product": "Product",
        "news": "News",
    },
    trades=(("bakery", "Bakery"), ("joinery", "Joinery"), ("opticians", "Opticians")),
    places=(("north", "London", "N1"), ("mill", "London", "SE1"), ("dock", "London", "E14")),
    street="Sample Street",
    form="Ltd",
    country="GB",
    phone="+44 20 7946 00%02d",
    labels={"phone": "Phone", "email": "E-mail", "more": "Read more", "skip": "Skip to content"},
    sentences=(
        "For three generations we have worked with the same suppliers from the region.",
        "Every piece is made in our own workshop and checked by hand.",
        "Give us a ring if you have a question that is not answered here.",
        "Our apprentices learn the trade from the ground up, from the raw material to the invoice.",
        "Larger orders are delivered on the next working day, early in the morning if you like.",
        "What is left over in the evening goes to the food bank.",
        "The new machine uses a third less electricity than the one before it.",
        "We are happy to visit you and to make an offer that commits you to nothing.",
    ),
)
FRENCH = Language(
    code="fr",
    titles={
        "home": "Bienvenue",
        "about": "Qui sommes-nous",
        "contact": "Contact",
        "imprint": "Mentions légales",
        "products": "Produits",
        "product": "Produit",
        "news": "Actualité",
    },
    trades=(("boulangerie", "Boulangerie"), ("menuiserie", "Menuiserie"), ("optique", "Optique")),
    places=(("nord", "Paris", "75010"), ("rive", "Paris", "75006"), ("canal", "Paris", "75019")),
    street="rue de l'Exemple",
    form="SARL",
    country="FR",
    phone="+33 1 99 00 10 %02d",
    labels={"phone": "Téléphone", "email": "Courriel", "more": "En savoir plus", "skip": "Contenu"},
    sentences=(
        "Depuis trois générations, nous travaillons avec les mêmes fournisseurs de la région.",
        "Chaque pièce est fabriquée dans notre atelier et contrôlée à la main.",
        "Appelez-nous si vous avez une question qui ne trouve pas sa réponse ici.",
        "Nos apprentis découvrent le métier depuis la matière première jusqu'à la facture.",
        "Les grandes commandes sont livrées le jour ouvré suivant, même tôt le matin.",
        "Ce qui reste le soir est donné à une association du quartier.",
        "La nouvelle machine consomme un tiers d'électricité de moins que la précédente.",
        "Nous venons volontiers chez vous et établissons un devis sans engagement.",
    ),
)
SWEDISH = Language(
    code="sv",
    titles={
        "home": "Välkommen",
        "about": "Om oss",
        "contact": "Kontakta oss",
        "imprint": "Juridisk information",
        "products": "Produkter",
        "product": "Produkt",
        "news": "Nyhet",
    },
    trades=(("bageri", "Bageri"), ("snickeri", "Snickeri"), ("optik", "Optik")),
    places=(
        ("norr", "Stockholm", "111 20"),
        ("sodra", "Solna", "171 45"),
        ("hamn", "Nacka", "131 30"),
    ),
    street="Exempelgatan",
    form="AB",
    country="SE",
    phone="+46 8 465 004 %02d",
    labels={"phone": "Telefon", "email": "E-post", "more": "Läs mer", "skip": "Till innehållet"},
    sentences=(
        "I tre generationer har vi arbetat med samma leverantörer från trakten.",
        "Varje del tillverkas i vår egen verkstad och kontrolleras för hand.",
        "Ring oss gärna om du har en fråga som inte besvaras här.",
        "Våra lärlingar lär sig yrket från grunden, från råvaran till fakturan.",
        "Större beställningar levereras nästa arbetsdag, om du vill tidigt på morgonen.",
        "Det som blir över på kvällen går till hjälporganisationen i kvarteret.",
        "Den nya maskinen drar en tredjedel mindre ström än den förra.",
        "Vi kommer gärna på besök och lämnar ett förslag som inte binder dig till något.",
    ),
)
LANGUAGES = (GERMAN, ENGLISH, FRENCH, SWEDISH)
