// A single-page app: openid-client in the browser, on an origin that is not the issuer's, so
// that discovery, JWKS, token and userinfo are all met through CORS.

import * as oidc from 'openid-client';

const { issuer, client_id: clientId, redirect_uri: redirectUri } = await (await fetch('/settings')).json();
const element = (id) => document.getElementById(id);

async function discover() {
  return oidc.discovery(new URL(issuer), clientId, {}, oidc.None(), {
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  });
}

async function signIn() {
  const config = await discover();
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  sessionStorage.setItem('pending', JSON.stringify({ verifier, state }));
  location.assign(
    oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile email',
      state,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }),
  );
}

async function comeBack() {
  const config = await discover();
  const { verifier, state } = JSON.parse(sessionStorage.getItem('pending'));
  const tokens = await oidc.authorizationCodeGrant(config, new URL(location.href), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    idTokenExpected: true,
  });
  const { sub } = tokens.claims();
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, sub);
  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  element('revoke').hidden = false;
  element('revoke').onclick = () =>
    oidc.tokenRevocation(config, fresh.access_token).then(() => show({ revoked: true }), show);
  element('sign-out').hidden = false;
  element('sign-out').onclick = () =>
    location.assign(
      oidc.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token,
        post_logout_redirect_uri: new URL('/signed-out', location.origin).href,
        state: 'see-you',
      }),
    );
  return { sub, userinfo, refreshed: fresh.access_token !== tokens.access_token, access_token: fresh.access_token };
}

element('sign-in').onclick = () => signIn().catch(show);
if (location.pathname === '/callback') comeBack().then(show, show);
document.documentElement.dataset.ready = 'yes';

function show(outcome) {
  const told = outcome instanceof Error ? { error: `${outcome}: ${outcome.cause ?? ''}` } : outcome;
  element('result').textContent = JSON.stringify(told);
}
