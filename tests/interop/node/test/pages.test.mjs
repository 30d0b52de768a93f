// Every page is looked at: screenshots in all looks, axe-core without a finding, a browser
// without a complaint.

import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';

import { Admin } from '../src/admin.mjs';
import { agreeUntil, login, openProfile, send } from '../src/browser.mjs';
import { look, picture } from '../src/looks.mjs';
import { discover, request } from '../src/relying-party.mjs';
import { recoveryLink, startNewServer, startServer } from '../src/server.mjs';
import { startSite } from '../src/site.mjs';
import { visiting } from '../src/visitor.mjs';

describe('the pages', () => {
  let server;
  let site;
  let config;
  let home;
  let page;

  before(async () => {
    server = await startServer();
    site = await startSite();
    home = `${site.origin}/plain`;
    const admin = await Admin.signIn(server);
    const client = await admin.createClient({
      client_name: 'Harbour Bikes',
      client_uri: `${site.origin}/about`,
      policy_uri: `${site.origin}/privacy`,
      tos_uri: `${site.origin}/terms`,
      redirect_uris: [home],
      post_logout_redirect_uris: [home],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    });
    config = await discover(server.issuer, client);
  });

  after(async () => {
    await site?.stop();
    await server?.stop();
  });

  const visitor = visiting((its) => {
    page = its;
  });

  /** Opens an authorization request of the app. */
  async function authorize(parameters) {
    const { url } = await request(config, home, parameters);
    await page.goto(url.href);
  }

  const title = () => page.locator('h1').innerText();

  test('sign-in, plain and with an error, consent', async () => {
    visitor.provoked = /status of (400|401)/;
    await authorize({ prompt: 'consent', scope: 'openid profile email offline_access' });
    assert.equal(await title(), 'Sign in');
    await look(page, 'sign-in');

    await login(page, { username: 'nobody', password: 'not this one' });
    await page.waitForSelector('[role=alert]');
    assert.equal(await page.inputValue('input[name=username]'), 'nobody');
    assert.equal(await page.inputValue('input[name=password]'), '');
    await look(page, 'sign-in-refused');

    await login(page, server.demo.user);
    await page.waitForSelector('button[name=decision]');
    assert.match(await title(), /Harbour Bikes/);
    const scopes = await page.locator('.scopes li').allInnerTexts();
    assert.equal(scopes.at(0), 'know who you are');
    assert.equal(scopes.at(-1), 'stay connected while you are away');
    await look(page, 'consent');
    await agreeUntil(page, home);
    assert.ok(new URL(page.url()).searchParams.get('code'), page.url());
  });

  test('a password can be shown, and is hidden again when it is sent', async () => {
    await authorize();
    await page.fill('input[name=password]', 'to be seen');
    await page.click('.reveal');
    assert.equal(await page.getAttribute('#password', 'type'), 'text');
    await page.fill('input[name=username]', 'somebody');
    const sentAs = await page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener('submit', (event) => {
            event.preventDefault();
            resolve(document.getElementById('password').type);
          });
          document.forms[0].requestSubmit();
        }),
    );
    assert.equal(sentAs, 'password');
  });

  test('the account page, the question before signing out, and the word after it', async () => {
    await page.goto(`${server.issuer}/account`);
    await look(page, 'account-signed-out');
    await page.click('a.primary');
    await login(page, server.demo.user);
    await page.waitForURL(`${server.issuer}/account`);
    await look(page, 'account');

    const { end_session_endpoint: logout } = config.serverMetadata();
    await page.goto(logout);
    assert.equal(await title(), 'Sign out?');
    await look(page, 'sign-out');
    await send(page);
    await page.waitForFunction(() => document.querySelector('h1').textContent === 'You are signed out');
    await look(page, 'signed-out');
  });

  test('a person ends another session of theirs', async () => {
    await page.goto(`${server.issuer}/login`);
    await login(page, server.demo.user);
    await page.waitForURL(`${server.issuer}/account`);
    const other = await openProfile(visitor.browser);
    await other.page.goto(`${server.issuer}/login`);
    await login(other.page, server.demo.user);
    await other.page.waitForURL(`${server.issuer}/account`);

    await page.reload();
    const rows = page.locator('.rows li');
    const before = await rows.count();
    // This browser's own session comes first.
    await rows.nth(1).locator('button').click();
    await page.waitForSelector('[role=status]');
    assert.equal(await rows.count(), before - 1);
    await look(page, 'account-session-ended');
    await page.locator('.everywhere button').click();
    await rows.first().waitFor({ state: 'detached' });
    await other.page.reload();
    assert.equal(await other.page.locator('.rows').count(), 0, 'everywhere is everywhere');
    await other.context.close();
    assert.deepEqual(other.complaints, []);
  });

  test('the error page says what to do, and never goes on', async () => {
    visitor.provoked = /status of (400|404)/;
    const { url } = await request(config, 'https://elsewhere.example/');
    await page.goto(url.href);
    assert.equal(await title(), 'We do not know this app');
    await look(page, 'error');
    await page.goto(`${server.issuer}/nothing-here`);
    assert.equal(await title(), 'There is nothing here');
    await look(page, 'not-found');
  });

  test('the demo page plays an app from end to end', async () => {
    const alert = page.locator('#demo-alert');
    const settled = async (step) => {
      await page.locator('#demo:not([aria-busy])').waitFor();
      if (step) await page.locator('#demo-list summary', { hasText: step }).first().waitFor();
      assert.equal(await alert.isVisible(), false, await alert.innerText());
    };
    await page.goto(`${server.issuer}/demo`);
    await page.locator('#demo-sign-in:enabled').waitFor();
    await look(page, 'demo');
    await page.click('#demo-sign-in');
    await login(page, server.demo.user);
    await agreeUntil(page, `${server.issuer}/demo`);
    await page.locator('#demo-result').waitFor();
    await settled('Checked the ID token');
    assert.match(await page.innerText('#demo-notice'), /nonce are right/);
    assert.match(await page.innerText('#demo-rows'), /sub\s+u_[a-z2-7]{26}/i);
    await look(page, 'demo-signed-in', { filled: true });

    await page.click('#demo-userinfo');
    await settled('Called userinfo');
    assert.match(await page.innerText('#demo-list'), new RegExp(server.demo.user.username));
    await page.click('#demo-refresh');
    await settled('Refreshed the tokens');
    await look(page, 'demo-refreshed', { filled: true });

    await page.click('#demo-sign-out');
    await page.locator('#demo-notice', { hasText: 'You are signed out.' }).waitFor();
    await settled();
    await look(page, 'demo-signed-out', { filled: true });
    await page.click('#demo-sign-in');
    await page.waitForSelector('input[name=password]');
  });

  test('without script a person signs in, consents, and is taken back by a form', async () => {
    await visitor.open({ javaScriptEnabled: false });
    await authorize({ prompt: 'consent', response_mode: 'form_post' });
    await picture(page, 'without-script-sign-in');
    assert.equal(await page.locator('.reveal').isVisible(), false);
    await login(page, server.demo.user);
    await page.waitForSelector('button[name=decision]');
    await picture(page, 'without-script-consent');
    await page.click('button[name=decision][value=allow]');
    await page.waitForSelector('input[name=code]', { state: 'attached' });
    assert.equal(await title(), 'One moment');
    await picture(page, 'form-post');
    const posted = page.waitForRequest((sent) => sent.method() === 'POST' && sent.url() === home);
    await send(page);
    assert.ok(new URLSearchParams((await posted).postData()).get('code'));
    await page.waitForURL(home);
  });

  test('with script the form goes by itself', async () => {
    const posted = page.waitForRequest((sent) => sent.method() === 'POST' && sent.url() === home);
    await authorize({ prompt: 'consent', response_mode: 'form_post' });
    await login(page, server.demo.user);
    await page.click('button[name=decision][value=deny]');
    assert.equal(new URLSearchParams((await posted).postData()).get('error'), 'access_denied');
    await page.waitForURL(home);
  });

  test('whose browser speaks German reads German', async () => {
    visitor.provoked = /status of (400|401)/;
    await visitor.open({ locale: 'de-DE' });
    await authorize({ prompt: 'consent' });
    assert.equal(await page.getAttribute('html', 'lang'), 'de');
    assert.equal(await title(), 'Anmelden');
    await look(page, 'german-sign-in');
    await login(page, { username: 'niemand', password: 'so nicht' });
    await page.waitForSelector('[role=alert]');
    await look(page, 'german-sign-in-refused');
    await login(page, server.demo.user);
    await page.waitForSelector('button[name=decision]');
    await look(page, 'german-consent');
    await page.click('button[name=decision][value=deny]');
    await page.waitForURL((url) => url.href.startsWith(home));
    assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied');
    await page.goto(`${server.issuer}/account`);
    await look(page, 'german-account');
  });

  test('the first run sets the house up behind the one-time link, once', async () => {
    visitor.provoked = /status of (400|404)/;
    const bare = await startNewServer();
    try {
      await page.goto(bare.link);
      assert.equal(await title(), 'Set up Gatelodge');
      await look(page, 'setup');
      const password = 'a few random words';
      await page.fill('input[name=username]', 'grace hopper?');
      await page.fill('input[name=password]', password);
      await page.fill('input[name=client_name]', 'Harbour Notes');
      await page.selectOption('select[name=client_kind]', 'web');
      await page.fill('textarea[name=redirect_uris]', 'http://notes.example/callback');
      await send(page);
      await page.waitForSelector('[role=alert]');
      assert.equal(await page.evaluate(() => document.activeElement.name), 'username');
      await look(page, 'setup-refused');
      await page.fill('input[name=username]', 'grace');
      await page.fill('input[name=display_name]', 'Grace Hopper');
      await page.fill('input[name=email]', 'grace@example.org');
      await page.fill('input[name=password]', password);
      await page.fill('input[name=realm_name]', 'Northwind');
      await page.fill('textarea[name=redirect_uris]', 'https://notes.example/callback');
      await send(page);
      await page.waitForFunction(() => document.querySelector('form') === null);
      const told = await page.innerText('main');
      for (const word of ['grace', 'Northwind', 'Harbour Notes', 'gl_cs_', 'lodge login']) {
        assert.ok(told.includes(word), word);
      }
      await look(page, 'setup-done');

      await page.goto(bare.link);
      assert.equal(await title(), 'This link is used up');
      await look(page, 'setup-spent');
      await page.goto(new URL('/login', bare.link).href);
      await login(page, { username: 'grace', password });
      await page.waitForURL(new URL('/account', bare.link).href);

      await page.goto(recoveryLink(bare.folder, 'grace'));
      await look(page, 'recovery');
      await page.fill('input[name=password]', 'a few other words');
      await send(page);
      await page.waitForFunction(() => document.querySelector('form') === null);
      await look(page, 'recovery-done');
    } finally {
      await bare.stop();
    }
  });
});
