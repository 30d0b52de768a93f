// What a realm keeps of a person, on their own page: seen, changed, refused; with script and
// without.

import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';

import { Admin } from '../src/admin.mjs';
import { login, send } from '../src/browser.mjs';
import { look } from '../src/looks.mjs';
import { startServer } from '../src/server.mjs';
import { visiting } from '../src/visitor.mjs';

const OWN = { visible_to_user: true, editable_by_user: true };

describe('what is kept of a person', () => {
  let server;
  let page;

  before(async () => {
    server = await startServer();
    const admin = await Admin.signIn(server);
    await admin.setUserSchema({
      phone: { type: 'string', display_name: 'Desk phone', pattern: '\\+[0-9 ]+', required: true, ...OWN },
      about: { type: 'string', max_length: 500, display_name: 'A few words', ...OWN },
      languages: { type: 'string', multivalued: true, display_name: 'Languages', ...OWN },
      since: { type: 'date', display_name: 'With us since', ...OWN },
      parking: { type: 'boolean', display_name: 'Parking space', ...OWN },
      desk: { type: 'integer', display_name: 'Desk', ...OWN },
      cost_centre: { type: 'string', visible_to_user: true },
      buildings: { type: 'string', multivalued: true, visible_to_user: true },
      grade: { type: 'integer' },
    });
    await admin.setAttributes(server.demo.user.username, {
      phone: '+49 30 1234',
      cost_centre: 'DE-0042',
      buildings: ['Lighthouse', 'North quay'],
      grade: 7,
    });
  });

  after(() => server?.stop());

  const visitor = visiting((its) => {
    page = its;
  });

  async function signIn() {
    await page.goto(`${server.issuer}/login`);
    await login(page, server.demo.user);
    await page.waitForURL(`${server.issuer}/account`);
  }

  test('they see it, change what is theirs, and hear what does not fit', async () => {
    visitor.provoked = /status of 400/;
    await signIn();
    await page.click('a[href$="/account/profile"]');
    await look(page, 'profile');
    const text = await page.textContent('main');
    assert.ok(text.includes('DE-0042') && text.includes('North quay'), text);
    assert.ok(!text.includes('grade'), text);
    await page.fill('textarea[name="attribute.languages"]', 'English\nDeutsch');
    await page.fill('input[name="attribute.since"]', '2026-01-31');
    await page.selectOption('select[name="attribute.parking"]', 'true');
    await page.fill('input[name="attribute.desk"]', 'upstairs');
    await page.fill('input[name="attribute.phone"]', 'none');
    await send(page);
    await page.waitForSelector('[role=alert]');
    assert.equal(await page.locator('.problem').count(), 2);
    await look(page, 'profile-refused');
    await page.fill('input[name="attribute.desk"]', '42');
    await page.fill('input[name="attribute.phone"]', '+49 30 999');
    await send(page);
    await page.waitForSelector('[role=status]');
    await look(page, 'profile-saved');
    assert.equal(await page.inputValue('textarea[name="attribute.languages"]'), 'English\nDeutsch');
    assert.equal(await page.inputValue('select[name="attribute.parking"]'), 'true');
    assert.equal(await page.inputValue('input[name="attribute.since"]'), '2026-01-31');
    assert.equal(await page.inputValue('input[name="attribute.desk"]'), '42');
  });

  test('whose browser speaks German, without script', async () => {
    await visitor.open({ locale: 'de-DE' });
    await signIn();
    await page.click('a[href$="/account/profile"]');
    assert.equal(await page.textContent('h1'), 'Über Sie');
    assert.equal(await page.locator('script').count(), 0);
    await look(page, 'german-profile');
  });
});
