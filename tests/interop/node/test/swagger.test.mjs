// Swagger UI on both ports: it loads, signs in as `gatelodge-docs`, and tries a call.

import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';

import { login } from '../src/browser.mjs';
import { picture } from '../src/looks.mjs';
import { startServer } from '../src/server.mjs';
import { visiting } from '../src/visitor.mjs';

describe('Swagger UI', () => {
  let server;
  let page;

  before(async () => {
    server = await startServer();
  });

  after(() => server?.stop());

  visiting(
    (its) => {
      page = its;
    },
    { viewport: { width: 1280, height: 1000 } },
  );

  /** Opens the documents, presses Authorize, and signs in in the window that opens. */
  async function authorize(url, name, person) {
    await page.goto(`${url}/docs`);
    assert.equal(page.url(), `${url}/docs/`);
    await page.locator('.scheme-container button.authorize').click();
    const dialog = page.locator('.modal-ux');
    const client = dialog.locator('#client_id_authorizationCode');
    assert.equal(await client.inputValue(), 'gatelodge-docs');
    await picture(page, `swagger-${name}-authorize`, { fullPage: false });
    const opened = page.waitForEvent('popup');
    await dialog.locator('.auth-container', { has: page.locator('#client_id_authorizationCode') }).locator('button.authorize').click();
    const window = await opened;
    const closed = window.waitForEvent('close');
    await login(window, person);
    await Promise.race([closed, window.locator('button[value=allow]').click().catch(() => closed)]);
    await closed;
    await dialog.locator('button', { hasText: 'Logout' }).waitFor();
    await dialog.locator('.close-modal').click();
  }

  /** Opens an operation, tries it, and answers `{ status, body }` as the page shows them. */
  async function attempt(operation) {
    const block = page.locator(`.opblock[id$="-${operation}"]`);
    await block.locator('.opblock-summary-control').click();
    await block.locator('button.try-out__btn').click();
    await block.locator('button.execute').click();
    const live = block.locator('.live-responses-table tbody tr').first();
    await live.waitFor();
    await live.scrollIntoViewIfNeeded();
    return {
      status: (await live.locator('.response-col_status').innerText()).trim(),
      body: await live.locator('.response-col_description').innerText(),
    };
  }

  test('on the auth port a user signs in and asks userinfo', async () => {
    await authorize(server.issuer, 'auth', server.demo.user);
    const { status, body } = await attempt('userinfo');
    await picture(page, 'swagger-auth', { fullPage: false });
    assert.match(status, /^200/, body);
    assert.match(body, /"sub": "u_/);
  });

  test('on the admin port an administrator signs in and lists the realms', async () => {
    await authorize(server.adminUrl, 'admin', server.demo.admin);
    const { status, body } = await attempt('list_realms');
    await picture(page, 'swagger-admin', { fullPage: false });
    assert.match(status, /^200/, body);
    assert.match(body, /"slug": "default"/);
  });
});
