// openid-client in headless Chromium, the client on another origin: here CSP, cookies and CORS
// are the browser's and not ours to simulate.

import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';

import * as oidc from 'openid-client';

import { Admin } from '../src/admin.mjs';
import { agreeUntil, login, send } from '../src/browser.mjs';
import { discover, request } from '../src/relying-party.mjs';
import { startServer } from '../src/server.mjs';
import { startSite } from '../src/site.mjs';
import { visiting } from '../src/visitor.mjs';

describe('openid-client in Chromium, on another origin', () => {
  let server;
  let site;
  let third;
  let client;
  let page;

  before(async () => {
    server = await startServer();
    site = await startSite();
    third = await startSite();
    const admin = await Admin.signIn(server);
    client = await admin.createClient({
      client_name: 'An app on another origin',
      redirect_uris: [`${site.origin}/callback`, `${site.origin}/hop`],
      post_logout_redirect_uris: [`${site.origin}/signed-out`, `${site.origin}/hop`],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    });
    Object.assign(site.settings, {
      issuer: server.issuer,
      client_id: client.client_id,
      redirect_uri: `${site.origin}/callback`,
      onward: `${third.origin}/plain`,
    });
  });

  after(async () => {
    await site?.stop();
    await third?.stop();
    await server?.stop();
  });

  const visitor = visiting((its) => {
    page = its;
  });

  async function result() {
    await page.waitForFunction(() => document.getElementById('result')?.textContent !== '');
    const told = JSON.parse(await page.textContent('#result'));
    assert.equal(told.error, undefined, told.error);
    return told;
  }

  async function signInFromTheApp() {
    await page.goto(`${site.origin}/`);
    await page.click('html[data-ready] #sign-in');
    await login(page, server.demo.user);
    await agreeUntil(page, `${site.origin}/callback`);
    return result();
  }

  test('a person signs in from the app, which gets tokens and userinfo by fetch', async () => {
    const told = await signInFromTheApp();
    assert.match(told.sub, /^u_[a-z2-7]{26}$/i);
    assert.equal(told.userinfo.sub, told.sub);
    assert.equal(told.refreshed, true);
  });

  test('the app revokes its access token by fetch', async () => {
    const { access_token: token, sub } = await signInFromTheApp();
    const config = await discover(server.issuer, client);
    assert.equal((await oidc.fetchUserInfo(config, token, sub)).sub, sub);
    await page.click('#revoke:not([hidden])');
    await page.waitForFunction(() => document.getElementById('result').textContent.includes('revoked'));
    await assert.rejects(oidc.fetchUserInfo(config, token, sub), { status: 401 });
  });

  test('coming back later needs no page: the session cookie is sent', async () => {
    const first = await signInFromTheApp();
    await page.goto(`${site.origin}/`);
    await page.click('html[data-ready] #sign-in');
    await page.waitForURL((url) => url.pathname === '/callback');
    assert.equal((await result()).sub, first.sub);
  });

  test('a redirect page may send the browser on to a third origin, after login and after consent', async () => {
    const config = await discover(server.issuer, client);
    // prompt=consent: the consent page's post leads there; without it, the login page's own.
    for (const parameters of [{ prompt: 'consent' }, {}]) {
      await visitor.context.clearCookies();
      const { url } = await request(config, `${site.origin}/hop`, parameters);
      await page.goto(url.href);
      await login(page, server.demo.user);
      const asked = await agreeUntil(page, `${third.origin}/plain`);
      assert.equal(asked, parameters.prompt === 'consent');
      assert.ok(new URL(page.url()).searchParams.get('code'), page.url());
    }
  });

  test('the same after the question before signing out', async () => {
    const { access_token: token } = await signInFromTheApp();
    const config = await discover(server.issuer, client);
    const out = oidc.buildEndSessionUrl(config, {
      post_logout_redirect_uri: `${site.origin}/hop`,
      state: 'see-you',
    });
    // Without a hint anybody could have sent the person here, so they are asked.
    await page.goto(out.href);
    assert.equal(new URL(page.url()).origin, server.issuer);
    await oidc.fetchUserInfo(config, token, oidc.skipSubjectCheck);
    await send(page);
    await page.waitForURL((url) => url.origin === third.origin);
    assert.equal(new URL(page.url()).searchParams.get('state'), 'see-you');
    await assert.rejects(oidc.fetchUserInfo(config, token, oidc.skipSubjectCheck), { status: 401 });
  });

  test('a request posted from the app finds the session, though its cookies are Lax', async () => {
    const { sub } = await signInFromTheApp();
    const config = await discover(server.issuer, client);
    const { url, checks } = await request(config, `${site.origin}/hop`, { prompt: 'none' });
    await page.goto(`${site.origin}/plain`);
    await page.evaluate((address) => {
      const target = new URL(address);
      const form = document.createElement('form');
      form.method = 'post';
      for (const [name, value] of target.searchParams) {
        const field = document.createElement('input');
        field.type = 'hidden';
        field.name = name;
        field.value = value;
        form.append(field);
      }
      target.search = '';
      form.action = target.href;
      document.body.append(form);
      form.submit();
    }, url.href);
    await page.waitForURL((to) => to.origin === third.origin);
    const back = new URL(page.url());
    assert.equal(back.searchParams.get('error'), null, page.url());
    const landed = new URL(`${site.origin}/hop${back.search}`);
    const tokens = await oidc.authorizationCodeGrant(config, landed, checks);
    assert.equal(tokens.claims().sub, sub);
  });

  test('userinfo is readable from the origins of the client and from no other', async () => {
    const { access_token: token } = await signInFromTheApp();
    const config = await discover(server.issuer, client);
    const { userinfo_endpoint: userinfo } = config.serverMetadata();
    visitor.provoked = /CORS policy|net::ERR_FAILED/;
    const tried = async (origin, credentials) => {
      await page.goto(`${origin}/plain`);
      return page.evaluate(
        async ([url, bearer, mode]) => {
          try {
            const answer = await fetch(url, {
              headers: { authorization: `Bearer ${bearer}` },
              credentials: mode,
            });
            return answer.status;
          } catch (error) {
            return error.name;
          }
        },
        [userinfo, token, credentials],
      );
    };
    assert.equal(await tried(site.origin, 'omit'), 200);
    assert.equal(await tried(third.origin, 'omit'), 'TypeError');
    assert.equal(await tried(site.origin, 'include'), 'TypeError', 'CORS is without credentials');
  });

  test('discovery and keys are readable from anywhere, the admin port from nowhere', async () => {
    visitor.provoked = /CORS policy|net::ERR_FAILED/;
    await page.goto(`${third.origin}/plain`);
    const tried = (url) =>
      page.evaluate(
        (address) => fetch(address).then((answer) => answer.status, (error) => error.name),
        url,
      );
    const config = await discover(server.issuer, client);
    assert.equal(await tried(`${server.issuer}/.well-known/openid-configuration`), 200);
    assert.equal(await tried(config.serverMetadata().jwks_uri), 200);
    assert.equal(await tried(`${server.adminUrl}/healthz`), 'TypeError');
  });

  test('the pages may not be framed by the app', async () => {
    const config = await discover(server.issuer, client);
    const { url } = await request(config, `${site.origin}/callback`);
    visitor.provoked = /frame-ancestors/;
    await page.goto(`${site.origin}/plain`);
    await page.evaluate((address) => {
      const frame = document.createElement('iframe');
      frame.src = address;
      document.body.append(frame);
      return new Promise((loaded) => frame.addEventListener('load', loaded));
    }, url.href);
    const shown = await page.frames()[1].locator('input[name=password]').count();
    assert.equal(shown, 0);
  });

  test('the app signs the person out and gets them back', async () => {
    const { access_token: token } = await signInFromTheApp();
    await page.click('#sign-out:not([hidden])');
    await page.waitForURL((url) => url.href.startsWith(`${site.origin}/signed-out`));
    assert.equal(new URL(page.url()).searchParams.get('state'), 'see-you');
    const config = await discover(server.issuer, client);
    await assert.rejects(oidc.fetchUserInfo(config, token, oidc.skipSubjectCheck), { status: 401 });
    await page.click('html[data-ready] #sign-in');
    await page.waitForSelector('input[name=password]');
  });
});
