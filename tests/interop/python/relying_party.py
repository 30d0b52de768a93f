"""The client's side, in the words of Authlib."""

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet
import pytest
import requests


class Party:
    """One client at one issuer, configured by discovery alone."""

    def __init__(self, issuer, client, method=None):
        self.client_id = client["client_id"]
        self.redirect_uri = client.get("redirect_uri")
        self.metadata = OpenIDProviderMetadata(
            requests.get(get_well_known_url(issuer, external=True), timeout=60).json()
        )
        self.metadata.validate_issuer()
        secret = client.get("client_secret")
        self._session = {
            "client_id": self.client_id,
            "client_secret": secret,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": method or ("client_secret_basic" if secret else "none"),
            "revocation_endpoint_auth_method": method
            or ("client_secret_basic" if secret else "none"),
        }

    def session(self, **changes):
        """A fresh Authlib session of this client."""
        return OAuth2Session(**{**self._session, **changes})

    def begin(self, **parameters):
        """An authorization request with PKCE and state; finish it with `redeem`."""
        attempt = Attempt(self, parameters.pop("redirect_uri", self.redirect_uri))
        attempt.url, attempt.state = attempt.session.create_authorization_url(
            self.metadata["authorization_endpoint"],
            code_verifier=attempt.verifier,
            **parameters,
        )
        return attempt

    def sign_in(self, person, **parameters):
        """The whole way: the person signs in and agrees, the client redeems the code."""
        attempt = self.begin(**parameters)
        return attempt.redeem(person.go(attempt.url, attempt.redirect_uri))

    def client_credentials(self):
        return self.session(scope=None).fetch_token(
            self.metadata["token_endpoint"], grant_type="client_credentials"
        )

    def refresh(self, token):
        return self.session().refresh_token(
            self.metadata["token_endpoint"], refresh_token=token
        )

    def introspect(self, token):
        answer = self.session().introspect_token(self.metadata["introspection_endpoint"], token)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def revoke(self, token, hint):
        answer = self.session().revoke_token(
            self.metadata["revocation_endpoint"], token, token_type_hint=hint
        )
        assert answer.status_code == 200, answer.text

    def userinfo(self, token):
        """The plain answer, refused or not."""
        session = self.session(token={"access_token": token, "token_type": "Bearer"})
        return session.get(self.metadata["userinfo_endpoint"])

    def id_token(self, tokens, nonce=None):
        """The ID token's claims, its signature checked with the JWKS and its claims by
        OpenID Connect Core §3.1.3.7."""
        keys = KeySet.import_key_set(requests.get(self.metadata["jwks_uri"], timeout=60).json())
        token = jwt.decode(
            tokens["id_token"],
            keys,
            algorithms=self.metadata["id_token_signing_alg_values_supported"],
        )
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "values": [self.metadata["issuer"]]},
                "aud": {"essential": True, "value": self.client_id},
            },
            {
                "nonce": nonce,
                "client_id": self.client_id,
                "access_token": tokens["access_token"],
            },
        )
        claims.validate()
        return claims


class Attempt:
    """An authorization request under way."""

    def __init__(self, party, redirect_uri):
        self.party = party
        self.redirect_uri = redirect_uri
        self.verifier = generate_token(48)
        self.session = party.session(redirect_uri=redirect_uri)
        self.url = None
        self.state = None

    def redeem(self, back, **changes):
        """Hands the code in; `changes` are what is to be wrong about it."""
        return self.session.fetch_token(
            self.party.metadata["token_endpoint"],
            authorization_response=back,
            state=self.state,
            **{"code_verifier": self.verifier, "redirect_uri": self.redirect_uri, **changes},
        )


def refused(attempt, error):
    """That `attempt` is refused with this OAuth error."""
    with pytest.raises(OAuthError) as caught:
        attempt()
    assert caught.value.error == error
