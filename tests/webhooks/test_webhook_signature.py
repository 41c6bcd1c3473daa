"""Signatures, held against the reference package and the example of the specification."""

import json
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from skybatch.model.signature import headers_of, key_of
from skybatch.webhooks.secret import new_secret

# The example of https://github.com/standard-webhooks/standard-webhooks (spec, "Signature scheme").
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the specification
BODY = '{"test": 2432232314}'


def test_the_example_of_the_specification():
    headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY, [key_of(SECRET)])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_reference_accepts_either_key_while_one_takes_the_place_of_the_other():
    old, new, other = new_secret(), new_secret(), new_secret()
    body = json.dumps({"type": "batch.finished", "data": {"label": "Grüße 漢 😀"}})
    headers = headers_of("id", int(time.time()), body, [key_of(new), key_of(old)])
    assert Webhook(new).verify(body, headers) == json.loads(body)
    assert Webhook(old).verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + " ", headers)


@pytest.mark.parametrize(
    "text", ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_no base64!", "whsec_c2hvcnQ="]
)
def test_what_is_no_secret_is_refused(text):
    with pytest.raises(ValueError, match="whsec_"):
        key_of(text)
