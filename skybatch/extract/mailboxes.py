"""Whose mailbox an e-mail address is: a role's, a person's, or nobody's."""

import re

from skybatch.model.facts import EmailKind

_ROLES_TEXT = """
info information contact contacts contacto contatto contato kontakt kontakte sales vertrieb verkauf
ventas vendite support help helpdesk service services kundenservice office buero büro mail email
post hello hallo hi hey hola team admin administrator webmaster hostmaster postmaster abuse noreply
no-reply newsletter news press presse prensa media marketing pr jobs job career careers karriere
bewerbung hr personal recruiting billing buchhaltung accounting accounts invoice invoices rechnung
rechnungen finance order orders bestellung shop store privacy datenschutz dsgvo gdpr dpo legal
compliance security reception empfang sekretariat zentrale booking bookings reservation
reservations reservierung anfrage anfragen enquiries enquiry inquiries inquiry feedback general
welcome partners events redaktion editor customerservice customercare export einkauf
purchasing werbung ads advertising accueil bonjour commercial comptabilite secretariat ufficio
segreteria biuro praxis kanzlei verwaltung reservas reserva reserveren reserveringen
prenotazioni rezerwacje recepcja recepcion recepcao bestel bestellen bestellungen verkoop
klantenservice
poststelle atelier dsb iod rodo rgpd lgpd encarregado obchod prodej sprzedaz
administracion administracao amministrazione facturacion faturamento fatturazione facturation
facturen boekhouding ksiegowosc atendimento suporte soporte assistenza ayuda pedidos ordini
commandes commande compras acquisti logistik versand lager technik werkstatt redaction redaccion
redazione redactie rrhh rh empleo trabajo lavoro emploi vacatures praca kariera
"""
_FILES_TEXT = """
png jpg jpeg gif svg webp avif ico bmp css js mjs ts json map xml html htm php asp aspx pdf mp3 mp4
webm woff ttf eot zip
"""
_PLACEHOLDERS_TEXT = """
domain.com domain.org domain.ru domain.de domain.tld yourdomain.com yoursite.com yourcompany.com
mysite.com mydomain.com email.com ihredomain.de deinedomain.de votrefournisseur.fr votredomaine.fr
tudominio.com tudominio.es dominio.com dominio.it dominio.gov dominio.com.br
"""
_NOBODIES_TEXT = """
yourname youremail your-email your.email your.name yourmail username deinname ihrname ihre-email
nome.sobrenome xyz foo foobar vorname.nachname firstname.lastname prenom.nom nombre.apellido
nome.cognome youraddress yourusername null
undefined
"""
_ROLES = frozenset(_ROLES_TEXT.split())
_FILES = frozenset(_FILES_TEXT.split())
_PLACEHOLDERS = frozenset(_PLACEHOLDERS_TEXT.split())
_NOBODIES = frozenset(_NOBODIES_TEXT.split())
_MACHINES = (".sentry.io", ".wixpress.com")
_WORDS = frozenset({"shop", "store", "team", "service", "services", "events", "news", "media"})
_KEY = re.compile(r"[0-9a-f]{24,64}")
# The ids of messages look like addresses (RFC 5322, section 3.6.4): those of Gnus, and of others
# with the time in them.
_MESSAGE = re.compile(r"[0-9a-z]+\.fsf.*|(?=.*\.)(?:[^0-9]*[0-9]){10}.*")
# First and last name; two words with a hyphen are those of a list (`python-list@`).
_PERSON = re.compile(r"[a-z]+(?:-[a-z]+)?[._][a-z]{2,}(?:-[a-z]+)?")
_SEPARATOR = re.compile(r"[._+-]")


def kind_of(address: str) -> EmailKind:
    """What the local part tells: a role (`info-berlin@`) or a person (`jo.doe@`)."""
    local = address.partition("@")[0]
    parts = _SEPARATOR.split(local)
    if local in _ROLES or parts[0].rstrip("0123456789") in _ROLES or parts[-1] in _ROLES:
        return EmailKind.ROLE
    return EmailKind.PERSONAL if _PERSON.fullmatch(local) else EmailKind.UNKNOWN


def is_mailbox(local: str) -> bool:
    """Whether a word before `@ acme.com`, which may be prose, is a mailbox all the same."""
    if local in _WORDS:
        return False
    return kind_of(f"{local}@") is EmailKind.ROLE or not _SEPARATOR.sub("", local).isalpha()


def is_nobody(local: str, domain: str) -> bool:
    """Whether it is a file (`logo@2x.png`), a placeholder (RFC 2606), or the key of a machine."""
    labels = domain.split(".")
    return (
        labels[-1] in _FILES
        or "example" in labels[:-1]
        or domain in _PLACEHOLDERS
        or local in _NOBODIES
        or "sentry" in labels[:-1]
        or f".{domain}".endswith(_MACHINES)
        or _KEY.fullmatch(local) is not None
        or _MESSAGE.fullmatch(local) is not None
    )
