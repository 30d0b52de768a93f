// The client's side, in the words of openid-client.

import * as oidc from 'openid-client';

/** Discovers `issuer` for a client; ID token signatures are checked against the JWKS. */
export async function discover(issuer, { client_id, client_secret, method }) {
  const secret = {
    client_secret_post: oidc.ClientSecretPost,
    client_secret_basic: oidc.ClientSecretBasic,
  }[method ?? 'client_secret_basic'];
  return oidc.discovery(
    new URL(issuer),
    client_id,
    {},
    client_secret === undefined ? oidc.None() : secret(client_secret),
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  );
}

/** An authorization request with PKCE and state, and what is needed to finish it. */
export async function request(config, redirectUri, parameters = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    state,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: parameters.nonce,
    idTokenExpected: true,
  };
  return { url, checks };
}

/** The whole way: the person signs in and agrees, the client redeems the code. */
export async function signIn(config, person, redirectUri, parameters) {
  const { url, checks } = await request(config, redirectUri, parameters);
  const back = await person.go(url, redirectUri);
  return oidc.authorizationCodeGrant(config, back, checks);
}

/** How a request was refused: `{ status, error }`. Fails if it was not. */
export async function refusal(attempt) {
  let answer;
  try {
    answer = await attempt;
  } catch (thrown) {
    if (thrown instanceof oidc.ResponseBodyError) {
      return { status: thrown.status, error: thrown.error };
    }
    if (thrown instanceof oidc.WWWAuthenticateChallengeError) {
      const body = await thrown.response.clone().json().catch(() => ({}));
      const challenge = thrown.cause.find(({ parameters }) => parameters.error !== undefined);
      return { status: thrown.status, error: body.error ?? challenge?.parameters.error };
    }
    throw thrown;
  }
  throw new Error(`this should have been refused: ${JSON.stringify(Object.keys(answer ?? {}))}`);
}
