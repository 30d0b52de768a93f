// A browser for the tests of a suite, with a fresh profile for each of them, and an ear for what
// it complains of.

import { strict as assert } from 'node:assert';
import { after, afterEach, before, beforeEach } from 'node:test';

import { openProfile, startBrowser } from './browser.mjs';

/**
 * To be called within a `describe`, after its own hooks: these run in the order in which they are
 * written, so that a server is there before the first page is opened, and is stopped even if the
 * browser complained. `opened` is told of each new page; `usual` is how profiles are opened.
 *
 * Answers `{ browser, context, provoked, open, forgive }`. `provoked` matches what a test has the
 * browser say on purpose.
 */
export function visiting(opened, usual = {}) {
  let profile = null;
  let heard = [];

  async function leave() {
    if (profile === null) return;
    const { context, complaints } = profile;
    profile = null;
    await context.close();
    heard.push(...complaints);
  }

  const visitor = {
    browser: null,
    /** What a test provokes on purpose: Chromium says why it refused. */
    provoked: null,

    /** The present profile. */
    get context() {
      return profile.context;
    },

    /** Leaves the profile for a fresh one; what the browser said in it still counts. */
    async open(options = usual) {
      await leave();
      profile = await openProfile(visitor.browser, options);
      opened(profile.page);
    },

    /** Whether the browser said that; if so, it is none of its complaints any more. */
    forgive(pattern) {
      const kept = profile.complaints.filter((line) => !pattern.test(line));
      const said = kept.length < profile.complaints.length;
      profile.complaints.splice(0, Infinity, ...kept);
      return said;
    },
  };

  before(async () => {
    visitor.browser = await startBrowser();
  });

  after(() => visitor.browser?.close());

  beforeEach(async () => {
    visitor.provoked = null;
    heard = [];
    await visitor.open();
  });

  afterEach(async () => {
    await leave();
    const unexpected = heard.filter((line) => !visitor.provoked?.test(line));
    assert.deepEqual(unexpected, [], 'the browser complained');
  });

  return visitor;
}
