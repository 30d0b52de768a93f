// openid-client (OpenID-certified) against the real binary, the pages driven by their HTML.

import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';

import { Admin } from '../src/admin.mjs';
import { Person, Stuck } from '../src/person.mjs';
import { discover, refusal, request, signIn } from '../src/relying-party.mjs';
import { settled, startServer } from '../src/server.mjs';

describe('openid-client in Node', () => {
  let server;
  let admin;
  let user;
  let config;
  let redirectUri;
  let inspector;

  const active = async (token) => (await oidc.tokenIntrospection(inspector, token)).active;
  const userinfo = (token) => oidc.fetchUserInfo(config, token, oidc.skipSubjectCheck);

  before(async () => {
    server = await startServer();
    const { public_client: client, confidential_client: confidential } = server.demo;
    config = await discover(server.issuer, client);
    redirectUri = client.redirect_uri;
    inspector = await discover(server.issuer, confidential);
    // One person for the checks that are not about signing in: signed in once, then remembered.
    user = new Person(server.demo.user);
    admin = await Admin.signIn(server);
  });

  after(async () => {
    const ended = await server?.stop();
    if (ended !== undefined) assert.equal(ended, 'exited with 0', 'SIGTERM ends it gracefully');
  });

  test('discovery answers in both forms and names its own issuer', async () => {
    const metadata = config.serverMetadata();
    assert.equal(metadata.issuer, server.issuer);
    for (const name of ['authorization', 'token', 'userinfo', 'introspection', 'revocation', 'end_session']) {
      assert.ok(metadata[`${name}_endpoint`]?.startsWith(`${server.issuer}/`), name);
    }
    const oauth = await oidc.discovery(new URL(server.issuer), 'any', {}, oidc.None(), {
      algorithm: 'oauth2',
      execute: [oidc.allowInsecureRequests],
    });
    assert.equal(oauth.serverMetadata().token_endpoint, metadata.token_endpoint);
  });

  test('a code with PKCE comes back through the login and consent pages', async () => {
    const person = new Person(server.demo.user);
    const tokens = await signIn(config, person, redirectUri, { nonce: 'n-0S6_WzA2Mj' });
    assert.ok(person.met('username') && person.met('password'), 'no login page was met');
    assert.ok(person.met('decision'), 'no consent page was met');
    assert.equal(tokens.token_type, 'bearer');
    assert.equal(tokens.claims().nonce, 'n-0S6_WzA2Mj');
    assert.ok(tokens.refresh_token, 'a client registered for refresh gets a refresh token');
  });

  test('a person who is signed in and has agreed is not asked again', async () => {
    const person = new Person(server.demo.user);
    const first = await signIn(config, person, redirectUri);
    const asked = person.filled.length;
    const second = await signIn(config, person, redirectUri);
    assert.equal(person.filled.length, asked);
    assert.equal(second.claims().sub, first.claims().sub);
  });

  test('a person who says no comes back with access_denied', async () => {
    const person = new Person(server.demo.user);
    const { url, checks } = await request(config, redirectUri, { prompt: 'consent' });
    const back = await person.go(url, redirectUri, { decision: 'deny' });
    await assert.rejects(
      oidc.authorizationCodeGrant(config, back, checks),
      (thrown) => thrown instanceof oidc.AuthorizationResponseError && thrown.error === 'access_denied',
    );
  });

  test('the ID token and the access token are validated from the JWKS', async () => {
    const tokens = await signIn(config, user, redirectUri);
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
    const { client_id: audience } = server.demo.public_client;
    const { payload } = await jwtVerify(tokens.id_token, keys, { issuer: server.issuer, audience });
    assert.equal(payload.sub, tokens.claims().sub);
    const access = await jwtVerify(tokens.access_token, keys, {
      issuer: server.issuer,
      audience: server.issuer,
      typ: 'at+jwt',
    });
    assert.equal(access.payload.client_id, audience);
    const [head, body, signature] = tokens.id_token.split('.');
    const other = signature.startsWith('A') ? 'B' : 'A';
    await assert.rejects(
      jwtVerify(`${head}.${body}.${other}${signature.slice(1)}`, keys),
      { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
    );
  });

  test('userinfo speaks of the subject of the ID token', async () => {
    const tokens = await signIn(config, user, redirectUri);
    const { sub } = tokens.claims();
    const claims = await oidc.fetchUserInfo(config, tokens.access_token, sub);
    assert.equal(claims.sub, sub);
    assert.ok(claims.preferred_username ?? claims.name ?? claims.email, 'profile and email were granted');
  });

  test('a refresh token buys new tokens for the same subject and sign-in', async () => {
    const tokens = await signIn(config, user, redirectUri);
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(fresh.access_token, tokens.access_token);
    assert.notEqual(fresh.refresh_token, tokens.refresh_token);
    assert.equal((await userinfo(fresh.access_token)).sub, tokens.claims().sub);
    if (fresh.id_token) assert.equal(fresh.claims().auth_time, tokens.claims().auth_time);
  });

  test('a spent refresh token is refused and ends its family and its access tokens', async () => {
    const tokens = await signIn(config, user, redirectUri);
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(await active(fresh.access_token), true);
    const again = await refusal(oidc.refreshTokenGrant(config, tokens.refresh_token));
    assert.deepEqual(again, { status: 400, error: 'invalid_grant' });
    const heir = await refusal(oidc.refreshTokenGrant(config, fresh.refresh_token));
    assert.deepEqual(heir, { status: 400, error: 'invalid_grant' });
    await settled();
    for (const token of [tokens.access_token, fresh.access_token]) {
      assert.equal(await active(token), false);
      assert.deepEqual(await refusal(userinfo(token)), { status: 401, error: 'invalid_token' });
    }
  });

  test('introspection describes a live token and says nothing of a made-up one', async () => {
    const tokens = await signIn(config, user, redirectUri);
    const seen = await oidc.tokenIntrospection(inspector, tokens.access_token);
    assert.equal(seen.active, true);
    assert.equal(seen.client_id, server.demo.public_client.client_id);
    assert.equal(seen.sub, tokens.claims().sub);
    assert.equal(seen.iss, server.issuer);
    assert.ok(seen.scope.split(' ').includes('openid'));
    const unseen = await oidc.tokenIntrospection(inspector, 'made-up');
    assert.deepEqual({ ...unseen }, { active: false });
  });

  test('a revoked access token is dead for introspection and userinfo', async () => {
    const tokens = await signIn(config, user, redirectUri);
    assert.equal(await active(tokens.access_token), true);
    assert.equal((await userinfo(tokens.access_token)).sub, tokens.claims().sub);
    await oidc.tokenRevocation(config, tokens.access_token);
    await settled();
    assert.equal(await active(tokens.access_token), false);
    assert.deepEqual(await refusal(userinfo(tokens.access_token)), { status: 401, error: 'invalid_token' });
  });

  test('a revoked refresh token buys nothing', async () => {
    const tokens = await signIn(config, user, redirectUri);
    await oidc.tokenRevocation(config, tokens.refresh_token, { token_type_hint: 'refresh_token' });
    await settled();
    const refused = await refusal(oidc.refreshTokenGrant(config, tokens.refresh_token));
    assert.deepEqual(refused, { status: 400, error: 'invalid_grant' });
    assert.equal(await active(tokens.access_token), false);
  });

  for (const method of ['client_secret_basic', 'client_secret_post']) {
    test(`client credentials are granted with ${method}, and not for a wrong secret`, async () => {
      const client = await admin.createClient({
        client_name: `Machine by ${method}`,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: method,
      });
      const machine = await discover(server.issuer, { ...client, method });
      const tokens = await oidc.clientCredentialsGrant(machine);
      const seen = await oidc.tokenIntrospection(inspector, tokens.access_token);
      assert.equal(seen.active, true);
      assert.equal(seen.sub, client.client_id);
      assert.equal(tokens.refresh_token, undefined);
      const thief = await discover(server.issuer, { ...client, client_secret: 'x'.repeat(43), method });
      const refused = await refusal(oidc.clientCredentialsGrant(thief));
      assert.deepEqual(refused, { status: 401, error: 'invalid_client' });
    });
  }

  test("the demo's confidential client signs people in as well", async () => {
    const { redirect_uri } = server.demo.confidential_client;
    const tokens = await signIn(inspector, user, redirect_uri);
    assert.equal((await oidc.fetchUserInfo(inspector, tokens.access_token, tokens.claims().sub)).sub, tokens.claims().sub);
    const machine = await oidc.clientCredentialsGrant(inspector);
    assert.equal(await active(machine.access_token), true);
  });

  test('a client signs a person out and gets them back', async () => {
    const home = 'http://127.0.0.1/signed-out';
    const client = await admin.createClient({
      client_name: 'Signs out',
      redirect_uris: ['http://127.0.0.1/callback'],
      post_logout_redirect_uris: [home],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    });
    const party = await discover(server.issuer, client);
    const person = new Person(server.demo.user);
    const tokens = await signIn(party, person, 'http://127.0.0.1/callback');
    assert.equal(await active(tokens.access_token), true);

    const out = oidc.buildEndSessionUrl(party, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: home,
      state: 'see-you',
    });
    const back = await person.go(out, home);
    assert.equal(back.searchParams.get('state'), 'see-you');
    await settled();

    assert.equal(await active(tokens.access_token), false);
    const refused = await refusal(oidc.refreshTokenGrant(party, tokens.refresh_token));
    assert.deepEqual(refused, { status: 400, error: 'invalid_grant' });
    const { url, checks } = await request(party, 'http://127.0.0.1/callback', { prompt: 'none' });
    const silent = await person.go(url, 'http://127.0.0.1/callback');
    await assert.rejects(
      oidc.authorizationCodeGrant(party, silent, checks),
      (thrown) => thrown.error === 'login_required',
    );
  });

  test('a redirect URI that is not registered gets a page and no redirect', async () => {
    for (const wrong of ['https://evil.example/callback', `${redirectUri}/more`]) {
      const { url } = await request(config, wrong);
      await assert.rejects(user.go(url, wrong), (thrown) => {
        assert.ok(thrown instanceof Stuck, String(thrown));
        assert.equal(thrown.status, 400);
        return true;
      });
    }
  });

  test('a code is not redeemed for another redirect URI, nor afterwards', async () => {
    const { url, checks } = await request(config, redirectUri);
    const back = await user.go(url, redirectUri);
    const elsewhere = new URL(back);
    elsewhere.pathname += '/more';
    const invalid = { status: 400, error: 'invalid_grant' };
    assert.deepEqual(await refusal(oidc.authorizationCodeGrant(config, elsewhere, checks)), invalid);
    assert.deepEqual(await refusal(oidc.authorizationCodeGrant(config, back, checks)), invalid);
  });

  test('a wrong verifier is refused and burns the code', async () => {
    const { url, checks } = await request(config, redirectUri);
    const back = await user.go(url, redirectUri);
    const wrong = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
    const invalid = { status: 400, error: 'invalid_grant' };
    assert.deepEqual(await refusal(oidc.authorizationCodeGrant(config, back, wrong)), invalid);
    assert.deepEqual(await refusal(oidc.authorizationCodeGrant(config, back, checks)), invalid);
  });

  test('a replayed code is refused and ends what it bought', async () => {
    const { url, checks } = await request(config, redirectUri);
    const back = await user.go(url, redirectUri);
    const tokens = await oidc.authorizationCodeGrant(config, back, checks);
    assert.equal(await active(tokens.access_token), true);
    const invalid = { status: 400, error: 'invalid_grant' };
    assert.deepEqual(await refusal(oidc.authorizationCodeGrant(config, back, checks)), invalid);
    await settled();
    assert.equal(await active(tokens.access_token), false);
    assert.deepEqual(await refusal(oidc.refreshTokenGrant(config, tokens.refresh_token)), invalid);
  });

  test('an expired code is refused', async () => {
    await admin.patchRealm({ settings: { authorization_code_lifetime: 1 } });
    await settled();
    try {
      const { url, checks } = await request(config, redirectUri);
      const back = await user.go(url, redirectUri);
      await pause(1_100); // its whole life
      assert.deepEqual(await refusal(oidc.authorizationCodeGrant(config, back, checks)), {
        status: 400,
        error: 'invalid_grant',
      });
    } finally {
      // null removes it (RFC 7396): the built-in default holds again.
      await admin.patchRealm({ settings: { authorization_code_lifetime: null } });
    }
    const tokens = await signIn(config, user, redirectUri);
    assert.equal(await active(tokens.access_token), true);
  });

  test('an unknown client gets a page at authorize and invalid_client at token', async () => {
    const nobody = await discover(server.issuer, { client_id: 'nobody', client_secret: 'x'.repeat(43) });
    const { url } = await request(nobody, redirectUri);
    await assert.rejects(user.go(url, redirectUri), (thrown) => {
      assert.ok(thrown instanceof Stuck, String(thrown));
      assert.equal(thrown.status, 400);
      return true;
    });
    const refused = await refusal(oidc.clientCredentialsGrant(nobody));
    assert.deepEqual(refused, { status: 401, error: 'invalid_client' });
  });

  test('a code request without nonce is accepted, and its ID token has none', async () => {
    const { url } = await request(config, redirectUri);
    assert.equal(url.searchParams.has('nonce'), false);
    const tokens = await signIn(config, user, redirectUri);
    assert.equal(tokens.claims().nonce, undefined);
  });
});
