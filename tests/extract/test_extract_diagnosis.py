"""What a page is instead of a company's own."""

import pytest

from skybatch.extract.diagnosis import of_refusal
from skybatch.model.facts import Diagnosis
from tests.extract.pages import facts

PROSE = "<p>We build furniture from oak and ash in our workshop by the river. " * 80
LINKS = "".join(f"<a href=/{n}>page {n}</a> " for n in range(9))


@pytest.mark.parametrize(
    ("page", "diagnosis"),
    [
        ("<title>Just a moment...</title><p>Enable JavaScript and cookies to continue", "bot_wall"),
        ("<title>x</title><p>Verify you are human by completing the action below.", "bot_wall"),
        ("<p>Loading<script src='https://ct.captcha-delivery.com/c.js'></script>", "bot_wall"),
        ("<title>acme.de</title><h1>This domain is for sale!</h1><p>Make an offer", "for_sale"),
        ("<p>Diese Domain steht zum Verkauf. <a href=//sedo.com>Angebot</a>", "for_sale"),
        ("<p>Ce nom de domaine est à vendre", "for_sale"),
        ("<p>acme.de is parked free, courtesy of a registrar", "parked"),
        ("<body><script src='//img.sedoparking.com/x.js'></script>", "parked"),
        ("<p>Diese Domain wurde gerade registriert.", "parked"),
        ("<title>Sign in</title><form><input type='password'></form>", "login_wall"),
        ("<title>Anmelden | Acme</title><form><input type=\"password\"></form>", "login_wall"),
        ('<div id="root"></div><script src=/app.js></script>', "js_only"),
        ("<noscript>You need to enable JavaScript.</noscript><script></script>", "js_only"),
        ("<title>Acme</title><app-root></app-root><script src=/main.js></script>", "js_only"),
        ("<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>", "empty"),
        ("<title>Index of /</title>", "empty"),
        ("<title>Acme</title><body></body>", "empty"),
        ("", "empty"),
    ],
)  # fmt: skip
def test_what_is_no_page_of_a_company_is_told(page, diagnosis):
    assert facts(page).diagnosis == Diagnosis(diagnosis)


@pytest.mark.parametrize(
    "page",
    [
        f"<title>Domain for sale? What to know</title>{PROSE}",
        f"<title>Sign in to win</title>{PROSE}<input type=password>",
        f"<h1>Acme</h1>{LINKS}<script src=/a.js></script>",
        "<h1>Acme GmbH</h1><p>Tel. 030 901820<script src=/a.js></script>",
        "<title>Login</title><p>Our login is closed for the summer.",
        "<p>Site under construction, back in May<script src=/matomo.js></script>",
        '<div id="root"></div><script type="application/json">{"email":"info@acme.de"}</script>',
        *(
            f"<title>{title}</title><h1>{title}</h1><p>info@acme.de{PROSE[:900]}{LINKS}"
            for title in (
                "How it works | Acme",
                "Whit Works - Potteries",
                "Security Check GmbH",
                "Registered at the heart of London | Acme Law",
                "Villa is for sale | Acme Estates",
            )
        ),
        f"<p>info@acme.de{PROSE[:900]}<a href=https://antibodis.com/>x</a>{LINKS}",
        f"<p>info@acme.de{PROSE[:900]}<a href=https://gutübodis.com/>x</a>{LINKS}",
        f"<p>info@acme.de{PROSE[:900]} Related searches: oak<script src=/assets/park.js></script>",
        "<script src=/cdn-cgi/challenge-platform/h/b/scripts/jsd/main.js></script><p>info@acme.de",
        '<meta http-equiv=refresh content="0; url=/start">',
        "<frameset><frame src=/a><frame src=/b></frameset>",
        "<body><img src=/all-in-one.png><a href=https://x.com/acme>x</a>",
    ],
)
def test_a_page_of_somebody_is_not(page):
    assert facts(page).diagnosis is None


@pytest.mark.parametrize(
    ("status", "headers", "diagnosis"),
    [
        (403, ["Server: cloudflare", "CF-Mitigated: challenge"], Diagnosis.BOT_WALL),
        (405, ["X-Amzn-Waf-Action: captcha"], Diagnosis.BOT_WALL),
        (401, ["Server: nginx"], Diagnosis.LOGIN_WALL),
        (403, ["Server: nginx"], None),
        (404, [], None),
    ],
)
def test_a_refusal_tells_by_its_headers(status, headers, diagnosis):
    assert of_refusal(status, headers) == diagnosis
