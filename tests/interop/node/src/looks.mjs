// A page as people see it: on a phone and on a desktop, by day and by night.

import { strict as assert } from 'node:assert';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';

const FOLDER =
  process.env.GATELODGE_SCREENSHOTS ??
  fileURLToPath(new URL('../../../../target/screenshots', import.meta.url));
const WIDTHS = {
  phone: { width: 360, height: 740 },
  desktop: { width: 1280, height: 800 },
};
const SCHEMES = ['light', 'dark'];
const HEAVIEST = 30 * 1024;

/** Screenshots of the page, in all its looks. */
export async function picture(page, name, { fullPage = true } = {}) {
  await mkdir(FOLDER, { recursive: true });
  await eachLook(page, (look) => page.screenshot({ path: `${FOLDER}/${name}-${look}.png`, fullPage }));
}

/**
 * Screenshots, and in every look: axe-core finds nothing, and nothing has to be scrolled
 * sideways. Whatever the page loaded weighs less than 30 KB, and nothing moved while it came,
 * unless its own script fills it (`filled`). What is in no place of its own, as a mail, loads
 * nothing that could be weighed (`bare`).
 */
export async function look(page, name, { filled = false, bare = false } = {}) {
  await mkdir(FOLDER, { recursive: true });
  const shift = await page.evaluate(() => globalThis.layoutShift);
  if (!filled && !bare) assert.equal(shift, 0, `${name}: the layout moved`);
  await page.evaluate(axe.source);
  await eachLook(page, async (looked) => {
    await page.screenshot({ path: `${FOLDER}/${name}-${looked}.png`, fullPage: true });
    const { violations, wider } = await page.evaluate(async () => ({
      violations: (await globalThis.axe.run(document)).violations,
      wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    const found = violations.map(({ id, help, nodes }) => ({
      rule: `${id}: ${help}`,
      nodes: nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`),
    }));
    assert.deepEqual(found, [], `axe-core, ${name}, ${looked}`);
    assert.ok(wider <= 0, `${name}, ${looked}: ${wider} pixels too wide`);
  });
  if (bare) return;
  const weight = await page.evaluate(() =>
    ['navigation', 'resource']
      .flatMap((kind) => performance.getEntriesByType(kind))
      .filter(({ initiatorType }) => initiatorType !== 'fetch')
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  );
  assert.ok(weight > 0 && weight < HEAVIEST, `${name} weighs ${weight} bytes`);
}

async function eachLook(page, task) {
  for (const [width, size] of Object.entries(WIDTHS)) {
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize(size);
      // Without motion, so that no picture is taken half way through a transition.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await task(`${width}-${colorScheme}`);
    }
  }
}
