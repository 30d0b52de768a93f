// The pages around mail: a forgotten password, a link's page, an address. Looked at like the
// others; the mails are read out of the folder that they are written to.

import { strict as assert } from 'node:assert';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { Admin } from '../src/admin.mjs';
import { login, send } from '../src/browser.mjs';
import { look } from '../src/looks.mjs';
import { startServer } from '../src/server.mjs';
import { visiting } from '../src/visitor.mjs';

describe('the pages around mail', () => {
  let server;
  let admin;
  let folder;
  let user;
  let page;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatelodge-mail-'));
    server = await startServer({
      GATELODGE__MAIL__TRANSPORT: 'file',
      GATELODGE__MAIL__FOLDER: folder,
      GATELODGE__MAIL__FROM: 'no-reply@id.example',
    });
    admin = await Admin.signIn(server);
    user = await admin.setEmail(server.demo.user.username, 'ada@example.org', false);
  });

  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const visitor = visiting((its) => {
    page = its;
  });

  const title = () => page.locator('h1').innerText();

  /** The names of the mails, in the order in which they were made. */
  async function mails() {
    // Ids rise with time in the alphabet of base32, where digits come after letters.
    const place = (name) => name.replace(/[2-7]/g, (digit) => '{|}~\x7f\x80'[digit - 2]);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.eml'));
    return names.sort((one, other) => (place(one) < place(other) ? -1 : 1));
  }

  /** The HTML part of the mail that arrives as so many-th. */
  async function mail(count) {
    for (let tries = 0; tries < 2_400; tries += 1) {
      const files = await mails();
      if (files.length >= count) {
        const raw = await readFile(join(folder, files[count - 1]), 'utf8');
        const [, part] = raw.replaceAll('\r\n', '\n').split('text/html');
        const head = part.slice(0, part.indexOf('\n\n'));
        const body = part.slice(part.indexOf('\n\n') + 2).split('\n--')[0];
        if (/base64/.test(head)) return Buffer.from(body, 'base64').toString('utf8');
        if (!/quoted-printable/.test(head)) return body;
        const bytes = body
          .replaceAll('=\n', '')
          .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
        return Buffer.from(bytes, 'latin1').toString('utf8');
      }
      await pause(50);
    }
    throw new Error(`mail ${count} did not arrive`);
  }

  const link = (html) => /href="(http[^"]+)"/.exec(html)[1];

  test('a forgotten password, from the sign-in page to the next sign-in', async () => {
    visitor.provoked = /status of (400|404)/;
    await page.goto(`${server.issuer}/login`);
    await look(page, 'sign-in-forgot');
    await page.click('nav.links a');
    assert.equal(await title(), 'Forgot your password?');
    await look(page, 'recover');
    await page.fill('input[name=username]', server.demo.user.username);
    await send(page);
    await page.waitForFunction(() => document.querySelector('form') === null);
    await look(page, 'recover-sent');

    const html = await mail(1);
    const shown = await visitor.context.newPage();
    await shown.setContent(html);
    await look(shown, 'mail-password-reset', { bare: true });
    await shown.close();

    await page.goto(link(html));
    assert.equal(await title(), 'Choose a new password');
    await look(page, 'reset');
    await page.fill('input[name=password]', 'password');
    await send(page);
    await page.waitForSelector('[role=alert]');
    await look(page, 'reset-refused');
    const password = 'five unusual batteries stapled';
    await page.fill('input[name=password]', password);
    await send(page);
    await page.waitForFunction(() => document.querySelector('form') === null);
    await look(page, 'reset-done');
    await page.click('a.primary');
    await login(page, { username: server.demo.user.username, password });
    await page.waitForURL(`${server.issuer}/account`);
    server.demo.user.password = password;

    await page.goto(link(html));
    assert.equal(await title(), 'This link is used up');
  });

  test('an address is proved and changed', async () => {
    visitor.provoked = /status of 400/;
    // The reset above proved it.
    await admin.setEmail(server.demo.user.username, 'ada@example.org', false);
    await page.goto(`${server.issuer}/login`);
    await login(page, server.demo.user);
    await page.waitForURL(`${server.issuer}/account`);
    await page.click(`a[href$="/account/email"]`);
    await look(page, 'email');
    await send(page);
    await page.waitForSelector('[role=status]');
    await look(page, 'email-sent');
    const html = await mail(3);
    await page.goto(link(html));
    assert.equal(await title(), 'Is this your address?');
    await look(page, 'verify-email');
    await send(page);
    await page.waitForFunction(() => document.querySelector('form') === null);
    await look(page, 'verify-email-done');

    await page.goto(`${server.issuer}/account/email`);
    await page.fill('input[name=email]', 'ada@new.example');
    await page.fill('input[name=current]', 'wrong horse');
    await send(page);
    await page.waitForSelector('[role=alert]');
    await look(page, 'email-wrong-password');
  });

  test('whose browser speaks German reads German', async () => {
    await visitor.open({ locale: 'de-DE' });
    await page.goto(`${server.issuer}/recover`);
    assert.equal(await title(), 'Passwort vergessen?');
    await look(page, 'german-recover');
    await page.fill('input[name=username]', server.demo.user.username);
    await send(page);
    await page.waitForFunction(() => document.querySelector('form') === null);
    await look(page, 'german-recover-sent');
    const html = await mail(4);
    assert.match(html, /<html lang="de">/);
    await page.goto(link(html));
    await look(page, 'german-reset');
  });
});
