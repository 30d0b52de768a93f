// The second factor in a browser: it is set up from the code on the page, asked for at the next
// sign-in, and every page on the way is looked at.

import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { Admin } from '../src/admin.mjs';
import { login, send } from '../src/browser.mjs';
import { look } from '../src/looks.mjs';
import { startServer } from '../src/server.mjs';
import { visiting } from '../src/visitor.mjs';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The bytes of a secret as an app reads them (RFC 4648 §6). */
function bytesOf(secret) {
  let bits = '';
  for (const letter of secret.replaceAll(' ', '')) {
    bits += ALPHABET.indexOf(letter).toString(2).padStart(5, '0');
  }
  const bytes = bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2));
  return Buffer.from(bytes);
}

/** The code of now, or of so many steps later (RFC 6238). */
function code(secret, later = 0) {
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac('sha1', bytesOf(secret)).update(step).digest();
  const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

describe('the second factor', () => {
  let server;
  let page;

  beforeEach(async () => {
    server = await startServer();
  });

  afterEach(() => server.stop());

  const visitor = visiting((its) => {
    page = its;
  });

  const title = () => page.locator('h1').innerText();
  const here = (path) => `${server.issuer}${path}`;

  /** Reads what the page shows for typing, and proves it. */
  async function setUp(later = 0) {
    const secret = await page.locator('.secret-text').textContent();
    const uri = await page.locator('a[href^="otpauth:"]').getAttribute('href');
    assert.equal(new URL(uri).searchParams.get('secret'), secret.replaceAll(' ', ''));
    await page.fill('input[name=code]', code(secret, later));
    await send(page);
    return secret;
  }

  test('is set up by a person and asked for at the next sign-in', async () => {
    visitor.provoked = /status of (400|401)/;
    await page.goto(here('/login'));
    await login(page, server.demo.user);
    await page.waitForURL(here('/account'));
    await page.click('nav.links a');
    assert.equal(await title(), 'Security');
    await look(page, 'security-bare');
    await page.click('.bar a.quiet');
    assert.equal(await title(), 'Set up an authenticator app');
    await look(page, 'enrolment');
    await page.fill('input[name=code]', '000000');
    await send(page);
    await page.waitForSelector('#code-problem');
    await look(page, 'enrolment-wrong');
    const secret = await setUp();
    await page.waitForSelector('.codes');
    assert.equal(await page.locator('.codes li').count(), 10);
    await look(page, 'recovery-codes');
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('a.primary').isVisible(), false, 'paper has no buttons');
    assert.equal(await page.locator('.codes').isVisible(), true);
    await page.emulateMedia({ media: 'screen' });
    const recovery = await page.locator('.codes li').first().innerText();
    await page.click('a.primary');
    await page.waitForSelector('[role=status]');
    await page.locator('details summary').first().click();
    await look(page, 'security');

    await visitor.open();
    await page.goto(here('/login'));
    await login(page, server.demo.user);
    await page.waitForURL(here('/login/factor'));
    assert.equal(await title(), 'One more step');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'code');
    await look(page, 'factor');
    await page.fill('input[name=code]', '000000');
    await send(page);
    await page.waitForSelector('#code-problem');
    await look(page, 'factor-wrong');
    await page.click('nav.links a');
    await page.waitForURL((url) => url.searchParams.get('method') === 'recovery');
    await look(page, 'factor-recovery');
    await page.click('nav.links a');
    await page.fill('input[name=code]', code(secret, 1));
    await send(page);
    await page.waitForURL(here('/account'));

    await visitor.open();
    await page.goto(here('/login'));
    await login(page, server.demo.user);
    await page.waitForURL(here('/login/factor'));
    await page.click('nav.links a');
    await page.fill('input[name=code]', recovery);
    await send(page);
    await page.waitForURL(here('/account'));
    await page.goto(here('/account/security'));
    assert.match(await page.innerText('main'), /Recovery codes left: 9/);
  });

  test('is set up at sign-in where the realm asks for one, without script too', async () => {
    const admin = await Admin.signIn(server);
    await admin.patchRealm({ settings: { require_second_factor: 1 } });
    await visitor.open({ javaScriptEnabled: false, locale: 'de-DE' });
    await page.goto(here('/login'));
    await login(page, server.demo.user);
    await page.waitForURL(here('/login/enrolment'));
    assert.equal(await title(), 'Authenticator-App einrichten');
    await setUp();
    await page.waitForSelector('.codes');
    assert.equal(await page.locator('[data-print]').isVisible(), false);
    await page.click('a.primary');
    await page.waitForURL(here('/account'));
  });

  test('a password that an administrator gave is changed first', async () => {
    visitor.provoked = /status of (400|401)/;
    const admin = await Admin.signIn(server);
    await admin.givePassword(server.demo.user.username, 'given by the office 71');
    await page.goto(here('/login'));
    await login(page, { ...server.demo.user, password: 'given by the office 71' });
    await page.waitForURL(here('/login/new-password'));
    await look(page, 'new-password');
    await page.fill('input[name=password]', 'password');
    await send(page);
    await page.waitForSelector('#password-problem');
    await look(page, 'new-password-refused');
    await page.fill('input[name=password]', 'an own unusual horse 12');
    await send(page);
    await page.waitForURL(here('/account'));
    await visitor.open({ locale: 'de-DE' });
    await page.goto(here('/login'));
    await login(page, { ...server.demo.user, password: 'an own unusual horse 12' });
    await page.waitForURL(here('/account'));
    await page.goto(here('/account/security'));
    await look(page, 'german-security');
  });
});
