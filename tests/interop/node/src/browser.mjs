// Headless Chromium, and an ear for what it says: errors of scripts, of the console and of the
// Content-Security-Policy are complaints, and a test that hears one fails.

import { chromium } from 'playwright-core';

const WITHIN = 60_000;
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];

/** Starts the system's Chromium; `CHROMIUM` names another. */
export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: QUIET,
  });
}

/**
 * A browser profile of its own. Answers `{ context, page, complaints }`; the complaints of all
 * its pages, popups too, are added to the list as they come.
 */
export async function openProfile(browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(WITHIN);
  await context.addInitScript(watchForShifts);
  const complaints = [];
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || /content security policy/i.test(message.text())) {
        complaints.push(`${message.location().url}: ${message.text()}`);
      }
    });
  });
  return { context, page: await context.newPage(), complaints };
}

/** Runs in every page: how far its layout moved without being asked to, in `layoutShift`. */
function watchForShifts() {
  globalThis.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) {
      if (!hadRecentInput) globalThis.layoutShift += value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Presses the button that sends the page's main form, which is its first post form. */
export async function send(page) {
  const form = page.locator('form[method=post i]').first();
  await form.locator('button:not([type=button]):not([type=reset]), input[type=submit]').first().click();
}

/** Fills the sign-in page in and sends it. */
export async function login(page, { username, password }) {
  await page.fill('input[name=username]', username);
  await page.fill('input[name=password]', password);
  await send(page);
}

/**
 * Agrees if the consent page comes, and waits until the browser is where `destination`, an
 * address or its beginning, is. Answers whether it was asked.
 */
export async function agreeUntil(page, destination) {
  const arrived = (url) => url.href.startsWith(destination);
  const allow = page.locator('button[name=decision][value=allow]');
  const there = page.waitForURL(arrived);
  await Promise.race([there, allow.waitFor().catch(() => there)]);
  const asked = !page.url().startsWith(destination);
  if (asked) await allow.click();
  await there;
  return asked;
}
