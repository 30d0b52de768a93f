"""Authlib against the real binary, the pages driven by their HTML."""

import time
from urllib.parse import parse_qs, urlsplit

from authlib.common.urls import add_params_to_uri
from joserfc.errors import JoseError
import pytest
import requests

from admin import Admin
from gatelodge import Server, settled
from person import Person, Stuck
from relying_party import Party, refused


@pytest.fixture(scope="module")
def server():
    running = Server()
    yield running
    assert running.stop() == 0, "SIGTERM ends it gracefully"


@pytest.fixture(scope="module")
def admin(server):
    return Admin(server)


@pytest.fixture(scope="module")
def party(server):
    return Party(server.issuer, server.demo["public_client"])


@pytest.fixture(scope="module")
def confidential(server):
    return Party(server.issuer, server.demo["confidential_client"])


@pytest.fixture(scope="module")
def user(server):
    """For the checks that are not about signing in: signed in once, then remembered."""
    return Person(server.demo["user"])


@pytest.fixture(scope="module")
def active(confidential):
    return lambda token: confidential.introspect(token)["active"]


def test_discovery_answers_in_both_forms_and_names_its_own_issuer(server, party):
    assert party.metadata["issuer"] == server.issuer
    for name in ("authorization", "token", "userinfo", "introspection", "revocation", "end_session"):
        assert party.metadata[f"{name}_endpoint"].startswith(f"{server.issuer}/"), name
    # RFC 8414 §3.1: the well-known part stands between host and path.
    parts = urlsplit(server.issuer)
    other = requests.get(
        f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}",
        timeout=60,
    )
    assert other.json()["token_endpoint"] == party.metadata["token_endpoint"]


def test_a_code_with_pkce_comes_back_through_the_login_and_consent_pages(server, party):
    person = Person(server.demo["user"])
    attempt = party.begin(nonce="n-0S6_WzA2Mj")
    back = person.go(attempt.url, attempt.redirect_uri)
    assert person.met("username") and person.met("password"), "no login page was met"
    assert person.met("decision"), "no consent page was met"
    answer = parse_qs(urlsplit(back).query)
    assert answer["iss"] == [server.issuer]  # RFC 9207
    assert answer["state"] == [attempt.state]
    tokens = attempt.redeem(back)
    assert tokens["token_type"].lower() == "bearer"
    assert tokens["refresh_token"]
    assert party.id_token(tokens, nonce="n-0S6_WzA2Mj")["nonce"] == "n-0S6_WzA2Mj"


def test_the_id_token_is_validated_from_the_jwks(party, user):
    tokens = party.sign_in(user)
    assert party.id_token(tokens)["sub"]
    head, body, signature = tokens["id_token"].split(".")
    forged = signature.replace(signature[0], "B" if signature[0] == "A" else "A", 1)
    with pytest.raises(JoseError):
        party.id_token({**tokens, "id_token": f"{head}.{body}.{forged}"})


def test_userinfo_speaks_of_the_subject_of_the_id_token(party, user):
    tokens = party.sign_in(user)
    claims = party.userinfo(tokens["access_token"]).json()
    assert claims["sub"] == party.id_token(tokens)["sub"]


def test_a_refresh_token_buys_new_tokens_for_the_same_subject(party, user):
    tokens = party.sign_in(user)
    fresh = party.refresh(tokens["refresh_token"])
    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["refresh_token"] != tokens["refresh_token"]
    before, after = (party.userinfo(each["access_token"]).json() for each in (tokens, fresh))
    assert before["sub"] == after["sub"]


def test_a_spent_refresh_token_is_refused_and_ends_its_family_and_access_tokens(
    party, user, active
):
    tokens = party.sign_in(user)
    fresh = party.refresh(tokens["refresh_token"])
    assert active(fresh["access_token"])
    refused(lambda: party.refresh(tokens["refresh_token"]), "invalid_grant")
    refused(lambda: party.refresh(fresh["refresh_token"]), "invalid_grant")
    settled()
    for token in (tokens["access_token"], fresh["access_token"]):
        assert not active(token)
        assert party.userinfo(token).status_code == 401


def test_introspection_describes_a_live_token_and_nothing_else(server, party, confidential, user):
    tokens = party.sign_in(user)
    seen = confidential.introspect(tokens["access_token"])
    assert seen["active"] is True
    assert seen["client_id"] == party.client_id
    assert seen["sub"] == party.id_token(tokens)["sub"]
    assert seen["iss"] == server.issuer
    assert "openid" in seen["scope"].split()
    assert confidential.introspect("made-up") == {"active": False}


def test_a_revoked_access_token_is_dead_for_introspection_and_userinfo(party, user, active):
    tokens = party.sign_in(user)
    assert active(tokens["access_token"])
    assert party.userinfo(tokens["access_token"]).status_code == 200
    party.revoke(tokens["access_token"], "access_token")
    settled()
    assert not active(tokens["access_token"])
    answer = party.userinfo(tokens["access_token"])
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_revoked_refresh_token_buys_nothing(party, user, active):
    tokens = party.sign_in(user)
    party.revoke(tokens["refresh_token"], "refresh_token")
    settled()
    refused(lambda: party.refresh(tokens["refresh_token"]), "invalid_grant")
    assert not active(tokens["access_token"])


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_client_credentials_are_granted_by(method, server, admin, confidential):
    client = admin.create_client(
        client_name=f"Machine by {method}",
        grant_types=["client_credentials"],
        redirect_uris=[],
        response_types=[],
        token_endpoint_auth_method=method,
    )
    tokens = Party(server.issuer, client, method).client_credentials()
    seen = confidential.introspect(tokens["access_token"])
    assert seen["active"] and seen["sub"] == client["client_id"]
    assert "refresh_token" not in tokens
    thief = Party(server.issuer, {**client, "client_secret": "x" * 43}, method)
    refused(thief.client_credentials, "invalid_client")


def test_a_client_signs_a_person_out_and_gets_them_back(server, admin, active):
    home = "http://127.0.0.1/signed-out"
    client = admin.create_client(
        client_name="Signs out",
        redirect_uris=["http://127.0.0.1/callback"],
        post_logout_redirect_uris=[home],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
    )
    party = Party(server.issuer, {**client, "redirect_uri": "http://127.0.0.1/callback"})
    person = Person(server.demo["user"])
    tokens = party.sign_in(person)
    assert active(tokens["access_token"])
    out = add_params_to_uri(
        party.metadata["end_session_endpoint"],
        [
            ("id_token_hint", tokens["id_token"]),
            ("post_logout_redirect_uri", home),
            ("state", "see-you"),
        ],
    )
    back = person.go(out, home)
    assert parse_qs(urlsplit(back).query)["state"] == ["see-you"]
    settled()
    assert not active(tokens["access_token"])
    refused(lambda: party.refresh(tokens["refresh_token"]), "invalid_grant")
    silent = party.begin(prompt="none")
    answer = parse_qs(urlsplit(person.go(silent.url, silent.redirect_uri)).query)
    assert answer["error"] == ["login_required"]


def test_a_redirect_uri_that_is_not_registered_gets_a_page_and_no_redirect(party, user):
    wrong = "https://evil.example/callback"
    attempt = party.begin(redirect_uri=wrong)
    with pytest.raises(Stuck) as caught:
        user.go(attempt.url, wrong)
    assert caught.value.status == 400


def test_a_code_is_not_redeemed_for_another_redirect_uri_nor_afterwards(party, user):
    attempt = party.begin()
    back = user.go(attempt.url, attempt.redirect_uri)
    elsewhere = f"{attempt.redirect_uri}/more"
    refused(lambda: attempt.redeem(back, redirect_uri=elsewhere), "invalid_grant")
    refused(lambda: attempt.redeem(back), "invalid_grant")


def test_a_wrong_verifier_is_refused_and_burns_the_code(party, user):
    attempt = party.begin()
    back = user.go(attempt.url, attempt.redirect_uri)
    refused(lambda: attempt.redeem(back, code_verifier="w" * 48), "invalid_grant")
    refused(lambda: attempt.redeem(back), "invalid_grant")


def test_a_replayed_code_is_refused_and_ends_what_it_bought(party, user, active):
    attempt = party.begin()
    back = user.go(attempt.url, attempt.redirect_uri)
    tokens = dict(attempt.redeem(back))
    assert active(tokens["access_token"])
    refused(lambda: attempt.redeem(back), "invalid_grant")
    settled()
    assert not active(tokens["access_token"])
    refused(lambda: party.refresh(tokens["refresh_token"]), "invalid_grant")


def test_an_expired_code_is_refused(party, user, admin):
    admin.patch_realm({"settings": {"authorization_code_lifetime": 1}})
    settled()
    try:
        attempt = party.begin()
        back = user.go(attempt.url, attempt.redirect_uri)
        time.sleep(1.1)  # its whole life
        refused(lambda: attempt.redeem(back), "invalid_grant")
    finally:
        # null removes it (RFC 7396): the built-in default holds again.
        admin.patch_realm({"settings": {"authorization_code_lifetime": None}})
    assert party.sign_in(user)["access_token"]


def test_an_unknown_client_gets_a_page_at_authorize_and_invalid_client_at_token(
    server, party, user
):
    nobody = Party(
        server.issuer,
        {"client_id": "nobody", "client_secret": "x" * 43, "redirect_uri": party.redirect_uri},
    )
    attempt = nobody.begin()
    with pytest.raises(Stuck) as caught:
        user.go(attempt.url, attempt.redirect_uri)
    assert caught.value.status == 400
    refused(nobody.client_credentials, "invalid_client")


def test_a_code_request_without_nonce_is_accepted(party, user):
    attempt = party.begin()
    assert "nonce" not in parse_qs(urlsplit(attempt.url).query)
    tokens = attempt.redeem(user.go(attempt.url, attempt.redirect_uri))
    assert "nonce" not in party.id_token(tokens)
