"""Every rule against the code that its vendor tells people to put into their pages."""

import re

import pytest

from skybatch.extract.technology_rules import built_in
from tests.extract.pages import facts

# (product and version, page) - or (product and version, page, signs of the answer)
SHOWN = [
    ("Divi 4.27.4", "<link rel=stylesheet href='/wp-content/themes/Divi/style.css?ver=4.27.4'>"),
    (
        "WPBakery",
        '<meta name=generator content="Powered by WPBakery Page Builder - drag and drop">',
    ),
    (
        "WPBakery 7.9",
        "<script src='/wp-content/plugins/js_composer/a/js_composer.js?ver=7.9'></script>",
    ),
    (
        "Contact Form 7 5.9.8",
        "<script src='/wp-content/plugins/contact-form-7/includes/js/index.js?ver=5.9.8'></script>",
    ),
    (
        "WPForms 1.9.1",
        "<link rel=stylesheet href='/wp-content/plugins/wpforms-lite/a.css?ver=1.9.1'>",
    ),
    ("Contao", "<meta name=generator content='Contao Open Source CMS'>"),
    ("Neos", "<!--\n\tThis website is powered by Neos, the Open Source Content Application -->"),
    ("Ghost 5.89", "<meta name=generator content='Ghost 5.89'>"),
    ("Craft CMS", "<p>x", ("X-Powered-By: Craft CMS",)),
    ("Craft CMS", "<p>x", ("Cookie: CraftSessionId",)),
    ("Concrete CMS 9.2.1", "<meta name=generator content='Concrete CMS 9.2.1'>"),
    ("Hugo 0.128.2", "<meta name=generator content='Hugo 0.128.2'>"),
    ("Jekyll 4.3.3", "<meta name=generator content='Jekyll v4.3.3'>"),
    ("Jekyll", "<!-- Begin Jekyll SEO tag v2.8.0 -->"),
    ("Hexo 7.3.0", "<meta name=generator content='Hexo 7.3.0'>"),
    ("Eleventy 3.0.0", "<meta name=generator content='Eleventy v3.0.0'>"),
    ("Gatsby 5.13.7", "<meta name=generator content='Gatsby 5.13.7'>"),
    ("Gatsby", '<div id="___gatsby"></div>'),
    ("Next.js", '<script id="__NEXT_DATA__" type="application/json">{}</script>'),
    ("Next.js", "<script src='/_next/static/chunks/main.js'></script>"),
    ("Next.js", "<p>x", ("X-Powered-By: Next.js",)),
    ("Nuxt", '<div id="__nuxt"></div>'),
    ("Nuxt", "<link rel=modulepreload href='/_nuxt/entry.1a2b.js'>"),
    ("Astro 4.15.4", "<meta name=generator content='Astro v4.15.4'>"),
    ("Docusaurus 3.5.2", "<meta name=generator content='Docusaurus v3.5.2'>"),
    ("MediaWiki 1.43.0", "<meta name=generator content='MediaWiki 1.43.0'>"),
    ("Sphinx", "<script src='_static/documentation_options.js?v=5929fcd5'></script>"),
    ("MkDocs 1.6.1", "<meta name=generator content='mkdocs-1.6.1, mkdocs-material-9.5.34'>"),
    (
        "DocBook XSL Stylesheets 1.79.2",
        "<meta name=generator content='DocBook XSL Stylesheets V1.79.2'>",
    ),
    ("Shopware", "<script src='/bundles/storefront/assets/js/x.js'></script>"),
    ("Shopware", "<p>x", ("Cookie: sw-states",)),
    ("Magento", '<script type="text/x-magento-init">{"*":{}}</script>'),
    ("Magento", "<script src='/static/version1718/frontend/x/mage/requirejs/mixins.js'></script>"),
    ("PrestaShop", '<script>var prestashop = {"cart":{}};</script>'),
    ("OpenCart", "<script src='catalog/view/javascript/common.js'></script>"),
    ("OpenCart", "<p>x", ("Cookie: OCSESSID",)),
    (
        "BigCommerce",
        "<script src='https://cdn11.bigcommerce.com/s-abc/stencil/1/e/dist/theme.js'></script>",
    ),
    ("Jimdo", "<link rel=stylesheet href='https://u.jimstatic.com/s/web.css'>"),
    (
        "Webflow",
        '<html data-wf-page="6" data-wf-site="5"><meta content="Webflow" name="generator">',
    ),
    ("Weebly", "<link rel=stylesheet href='//cdn2.editmysite.com/css/sites.css'>"),
    ("Bootstrap Studio", '<div class="bs-studio-page"></div>'),
    (
        "React 18.3.1",
        "<script src='https://unpkg.com/react@18.3.1/umd/react.production.min.js'></script>",
    ),
    ("Vue.js 3.4.38", "<script src='https://unpkg.com/vue@3.4.38/dist/vue.global.js'></script>"),
    ("Angular 18.2.1", '<app-root ng-version="18.2.1"></app-root>'),
    (
        "Alpine.js 3.14.1",
        "<script defer src='https://cdn.jsdelivr.net/npm/alpinejs@3.14.1/dist/cdn.min.js'></script>",
    ),
    (
        "jQuery Mobile 1.4.5",
        "<script src='https://code.jquery.com/mobile/1.4.5/jquery.mobile-1.4.5.min.js'></script>",
    ),
    ("Tailwind CSS", "<script src='https://cdn.tailwindcss.com'></script>"),
    (
        "Tailwind CSS 2.2.19",
        "<link rel=stylesheet href='https://unpkg.com/tailwindcss@2.2.19/dist/tailwind.min.css'>",
    ),
    ("Foundation", "<link rel=stylesheet href='/css/foundation.min.css'>"),
    (
        "Bulma 1.0.2",
        "<link rel=stylesheet href='https://cdn.jsdelivr.net/npm/bulma@1.0.2/css/bulma.min.css'>",
    ),
    (
        "Font Awesome 6.3.0",
        "<script src='https://use.fontawesome.com/releases/v6.3.0/js/all.js'></script>",
    ),
    (
        "Font Awesome 6.5.2",
        "<link rel=stylesheet href='https://cdnjs.cloudflare.com/ajax/libs/font-awesome/6.5.2/css/all.min.css'>",
    ),
    ("Laravel", "<p>x", ("Cookie: laravel_session",)),
    ("ASP.NET 4.0.30319", "<p>x", ("X-AspNet-Version: 4.0.30319",)),
    ("ASP.NET", '<input type="hidden" name="__VIEWSTATE" value="/w">'),
    ("PHP 8.2.24", "<p>x", ("X-Powered-By: PHP/8.2.24",)),
    (
        "Swiper 11",
        "<script src='https://cdn.jsdelivr.net/npm/swiper@11/swiper-bundle.min.js'></script>",
    ),
    (
        "Matomo",
        "<script>var u='//stats.a.example/';_paq.push(['setTrackerUrl', u+'matomo.php']);</script>",
    ),
    (
        "Plausible",
        "<script defer data-domain=a.example src='https://plausible.io/js/script.js'></script>",
    ),
    (
        "Hotjar",
        "<script>(function(h){})(window,document,'https://static.hotjar.com/c/hotjar-','.js?sv=');</script>",
    ),
    ("Microsoft Clarity", "<script>t.src='https://www.clarity.ms/tag/'+i;</script>"),
    (
        "etracker",
        "<script id='_etLoader' data-secure-code=x src='//code.etracker.com/code/e.js'></script>",
    ),
    (
        "Meta Pixel",
        "<script>!function(){}(window,'https://connect.facebook.net/en_US/fbevents.js')</script>",
    ),
    (
        "Google Ads",
        "<script async src='https://www.googletagmanager.com/gtag/js?id=AW-1'></script>",
    ),
    (
        "Mailchimp",
        "<script id=mcjs>m.src='https://chimpstatic.com/mcjs-connected/js/users/1.js'</script>",
    ),
    (
        "Mailchimp",
        '<form action="https://a.us1.list-manage.com/subscribe/post?u=1&amp;id=2"></form>',
    ),
    (
        "ActiveCampaign",
        "<script>(function(e,t){})(window,document,'https://diffuser-cdn.app-us1.com/diffuser/diffuser.js','vgo')</script>",
    ),
    ("Brevo", '<form action="https://abc.sibforms.com/serve/MUIE"></form>'),
    (
        "Cookiebot",
        "<script id=Cookiebot src='https://consent.cookiebot.com/uc.js' data-cbid=1></script>",
    ),
    ("OneTrust", "<script src='https://cdn.cookielaw.org/scripttemplates/otSDKStub.js'></script>"),
    (
        "Usercentrics",
        "<script id=usercentrics-cmp src='https://app.usercentrics.eu/browser-ui/latest/loader.js'></script>",
    ),
    (
        "Borlabs Cookie 3.2",
        "<script src='/wp-content/plugins/borlabs-cookie/assets/x.js?ver=3.2'></script>",
    ),
    ("Complianz", '<div id="cmplz-cookiebanner-container"></div>'),
    (
        "CookieYes",
        "<script id=cookieyes src='https://cdn-cookieyes.com/client_data/1/script.js'></script>",
    ),
    ("Intercom", "<script>window.intercomSettings = {app_id: 'x'};</script>"),
    (
        "Zendesk",
        "<script id=ze-snippet src='https://static.zdassets.com/ekr/snippet.js?key=1'></script>",
    ),
    ("Tawk.to", "<script>s1.src='https://embed.tawk.to/1/default';</script>"),
    ("Crisp", "<script>window.$crisp=[];window.CRISP_WEBSITE_ID='1';</script>"),
    ("LiveChat", "<script>n.src='https://cdn.livechatinc.com/tracking.js'</script>"),
    (
        "Userlike",
        "<script async src='https://userlike-cdn-widgets.s3-eu-west-1.amazonaws.com/1.js'></script>",
    ),
    ("Tidio", "<script src='//code.tidio.co/abc.js' async></script>"),
    ("Cloudflare", "<p>x", ("Server: cloudflare", "CF-Ray: 8c1-FRA")),
    (
        "Cloudflare",
        "<script src='/cdn-cgi/scripts/5c5dd728/cloudflare-static/email-decode.min.js'></script>",
    ),
    ("Fastly", "<p>x", ("X-Served-By: cache-fra-etou8220054-FRA",)),
    ("Amazon CloudFront", "<p>x", ("X-Amz-Cf-Id: x==",)),
    ("jsDelivr", "<script src='https://cdn.jsdelivr.net/npm/x@1'></script>"),
    ("unpkg", "<script src='https://unpkg.com/x@1'></script>"),
    ("cdnjs", "<script src='https://cdnjs.cloudflare.com/ajax/libs/x/1/x.js'></script>"),
    ("nginx 1.26.2", "<p>x", ("Server: nginx/1.26.2",)),
    ("Apache 2.4.62", "<p>x", ("Server: Apache/2.4.62 (Debian)",)),
    ("Microsoft IIS 10.0", "<p>x", ("Server: Microsoft-IIS/10.0",)),
    ("LiteSpeed", "<p>x", ("Server: LiteSpeed",)),
    ("Caddy", "<p>x", ("Server: Caddy",)),
    ("Google Fonts", "<link rel=stylesheet href='https://fonts.googleapis.com/css2?family=Inter'>"),
    ("Adobe Fonts", "<link rel=stylesheet href='https://use.typekit.net/abc1def.css'>"),
    ("Stripe", "<script src='https://js.stripe.com/v3/'></script>"),
    ("PayPal", "<script src='https://www.paypal.com/sdk/js?client-id=x'></script>"),
    ("Klarna", "<script async src='https://js.klarna.com/web-sdk/v1/klarna.js'></script>"),
    ("reCAPTCHA", "<script src='https://www.google.com/recaptcha/api.js'></script>"),
    ("hCaptcha", "<script src='https://js.hcaptcha.com/1/api.js'></script>"),
    (
        "Cloudflare Turnstile",
        "<script src='https://challenges.cloudflare.com/turnstile/v0/api.js'></script>",
    ),
    ("Google Maps", "<iframe src='https://www.google.com/maps/embed?pb=1'></iframe>"),
    ("Leaflet 1.9.4", "<script src='https://unpkg.com/leaflet@1.9.4/dist/leaflet.js'></script>"),
    (
        "Mapbox 3.6.0",
        "<script src='https://api.mapbox.com/mapbox-gl-js/v3.6.0/mapbox-gl.js'></script>",
    ),
    ("YouTube", "<iframe src='https://www.youtube-nocookie.com/embed/abc'></iframe>"),
    ("Vimeo", "<iframe src='https://player.vimeo.com/video/1'></iframe>"),
]
ELSEWHERE = 15  # rules that test_extract_technology.py shows


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown[0])
def test_what_a_vendor_tells_people_to_put_there_shows_the_product(shown):
    product, page, *signs = shown
    found = [
        f"{item.name} {item.version}" if item.version else item.name
        for item in facts(page, signs=signs[0] if signs else ()).technologies
    ]
    assert product in found, found


def test_every_rule_is_shown_at_work():
    products = [product for product, *_ in SHOWN]
    shown = {
        rule.name
        for rule in built_in().rules
        if any(re.fullmatch(rf"{re.escape(rule.name)}( [\d.]+)?", product) for product in products)
    }
    assert len(shown) == len(built_in().rules) - ELSEWHERE
