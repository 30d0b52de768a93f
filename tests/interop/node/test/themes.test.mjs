// A realm in its own colours, with its own logo and words, in a language that an operator added.
// Looked at like the others.

import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Admin } from '../src/admin.mjs';
import { login } from '../src/browser.mjs';
import { look, picture } from '../src/looks.mjs';
import { discover, request } from '../src/relying-party.mjs';
import { startServer } from '../src/server.mjs';
import { startSite } from '../src/site.mjs';
import { visiting } from '../src/visitor.mjs';

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><script>document.title = 'run'</script>
<style>path { fill: #0b57d0 } @media (prefers-color-scheme: dark) { path { fill: #a8c7fa } }</style>
<path d="M8 30h40l-6 8H16zM26 4h4v22h-4zM32 6l14 18H32zM24 8v16H12zM60 12h6v8h8v-8h6v24h-6V26h-8v10h-6zM90 12h22v6H96v4h12v6H96v8h-6z"/></svg>`;
const CLIENT_LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="16" fill="#b3541e"/></svg>`;

const THEME = {
  name: 'Harbour Works',
  corners: 'round',
  colours: {
    light: { accent: '#0b57d0', ground: '#eaf1fb', surface: '#ffffff', ink: '#10233f', ink_soft: '#45566f' },
    dark: { accent: '#a8c7fa', ground: '#0b1220', surface: '#131c2e', ink: '#e8eefb', ink_soft: '#a9b6cc' },
  },
  links: {
    support: 'https://harbour.example/help',
    privacy: 'https://harbour.example/privacy',
    terms: 'https://harbour.example/terms',
  },
  texts: { en: { sign_in_title: 'Welcome aboard' } },
};

// Enough of a language that is written from right to left to see where things go.
const ARABIC = `
sign_in_title = "تسجيل الدخول"
sign_in_lead_alone = "إلى حسابك"
username = "اسم المستخدم"
password = "كلمة المرور"
show = "إظهار"
hide = "إخفاء"
show_password = "إظهار كلمة المرور"
hide_password = "إخفاء كلمة المرور"
sign_in_remember = "إبقائي مسجلاً على هذا الجهاز"
sign_in_button = "دخول"
`;

describe('a realm with a theme', () => {
  let folder;
  let server;
  let admin;
  let site;
  let config;
  let home;
  let page;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatelodge-themes-'));
    await mkdir(join(folder, 'site'));
    await mkdir(join(folder, 'messages'));
    await writeFile(join(folder, 'site', 'bikes.svg'), CLIENT_LOGO);
    await writeFile(join(folder, 'messages', 'ar.toml'), ARABIC);
    server = await startServer({
      GATELODGE__SITE__FOLDER: join(folder, 'site'),
      GATELODGE__PAGES__MESSAGES_DIR: join(folder, 'messages'),
    });
    site = await startSite();
    home = `${site.origin}/plain`;
    admin = await Admin.signIn(server);
    const client = await admin.createClient({
      client_name: 'Harbour Bikes',
      logo_uri: `${server.issuer}/site/bikes.svg`,
      policy_uri: `${site.origin}/privacy`,
      redirect_uris: [home],
      token_endpoint_auth_method: 'none',
    });
    config = await discover(server.issuer, client);
    await admin.dress(THEME, LOGO);
  });

  after(async () => {
    await site?.stop();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const visitor = visiting((its) => {
    page = its;
  });

  const title = () => page.locator('h1').innerText();
  const colour = (selector, property) =>
    page.locator(selector).first().evaluate((node, name) => getComputedStyle(node)[name], property);

  test('sign-in, consent and the account page wear it', async () => {
    const { url } = await request(config, home, { prompt: 'consent', scope: 'openid profile' });
    await page.goto(url.href);
    assert.equal(await title(), 'Welcome aboard');
    await page.emulateMedia({ colorScheme: 'light' });
    assert.equal(await colour('button.primary', 'backgroundColor'), 'rgb(11, 87, 208)');
    const drawn = await page.locator('img.logo').evaluate((image) => image.naturalWidth > 0);
    assert.ok(drawn, 'the logo is drawn');
    await look(page, 'themed-sign-in');

    await login(page, server.demo.user);
    await page.waitForSelector('button[name=decision]');
    const logos = page.locator('.path img.logo');
    assert.equal(await logos.count(), 2, "the realm's logo and the client's");
    for (const image of await logos.all()) {
      assert.ok(await image.evaluate(({ naturalWidth }) => naturalWidth > 0), 'it is drawn');
    }
    await look(page, 'themed-consent');

    await page.goto(`${server.issuer}/account`);
    await look(page, 'themed-account');
    await page.goto(`${server.issuer}/account/security`);
    await look(page, 'themed-security');
  });

  test('a logo that is opened by itself runs nothing', async () => {
    await page.goto(`${server.issuer}/login`);
    const src = await page.locator('img.logo').getAttribute('src');
    const logo = await visitor.context.newPage();
    await logo.goto(new URL(src, server.issuer).href);
    assert.equal(await logo.title(), '', 'its script did not run');
    await picture(logo, 'themed-logo', { fullPage: false });
    // Chromium says so; everything else that it says is a complaint.
    assert.ok(visitor.forgive(/sandboxed|script/i), 'it was stopped');
  });

  test('a language that is written from right to left', async () => {
    await visitor.open({ locale: 'ar' });
    await page.goto(`${server.issuer}/login`);
    assert.equal(await page.getAttribute('html', 'dir'), 'rtl');
    assert.equal(await title(), 'تسجيل الدخول');
    await look(page, 'themed-sign-in-rtl');
  });

  test('a mail shows the name and the colours', async () => {
    const mail = await admin.previewMail('password_reset', 'en');
    assert.match(mail.html, /Harbour Works/);
    await page.setContent(mail.html);
    await page.emulateMedia({ colorScheme: 'light' });
    assert.equal(await colour('a.button', 'backgroundColor'), 'rgb(11, 87, 208)');
    await look(page, 'themed-mail', { bare: true });
  });
});
