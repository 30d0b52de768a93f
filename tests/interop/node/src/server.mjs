// A real gatelodge in demo mode: its own data folder, free ports, gone when the tests are.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const READY_WITHIN = 120_000;
const STOPPED_WITHIN = 60_000;

let asked = 0;

/**
 * A free port below those that outgoing connections take (32,768 on Linux), so that nobody has it
 * when the server comes; this process asks for each of them once, and processes one after the
 * other begin far from each other.
 */
async function freePort() {
  for (;;) {
    const port = 12_000 + ((process.pid * 7_919 + asked++) % 20_000);
    const probe = createServer();
    const free = await new Promise((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/**
 * Starts `gatelodge serve --demo` with these environment variables besides ours and waits until
 * it says that it is ready.
 * Answers `{ issuer, adminUrl, demo, stop }`, where `demo` is demo.json.
 */
export async function startServer(environment = {}) {
  const { folder, stop } = await start(['--demo'], environment);
  const demo = JSON.parse(await readFile(join(folder, 'demo.json'), 'utf8'));
  return { issuer: demo.issuer, adminUrl: demo.admin_url, demo, stop };
}

/**
 * Starts a server that nobody has set up yet. Answers `{ link, folder, stop }`, where `link` is
 * the one-time link of the first administrator.
 */
export async function startNewServer() {
  const { folder, stop } = await start([]);
  const link = (await readFile(join(folder, 'first-admin'), 'utf8')).trim();
  return { link, folder, stop };
}

/** The link that lets an administrator of that server back in. */
export function recoveryLink(folder, user) {
  const words = ['recover', '--user', user, '--data-dir', folder];
  return execFileSync(process.env.GATELODGE_BINARY, words, { encoding: 'utf8' }).trim();
}

/**
 * Waits until what was done at one node holds at every other. One server alone holds to it at
 * once, and then there is nothing to wait for (cargo xtask cluster sets the variable).
 */
export function settled() {
  return pause(Number(process.env.GATELODGE_SETTLED_AFTER_MS ?? 0));
}

async function start(flags, environment = {}) {
  const binary = process.env.GATELODGE_BINARY;
  if (!binary) {
    throw new Error('GATELODGE_BINARY must name the gatelodge binary (cargo xtask interop sets it)');
  }
  const folder = await mkdtemp(join(tmpdir(), 'gatelodge-interop-'));
  const auth = `127.0.0.1:${await freePort()}`;
  const admin = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    binary,
    ['serve', ...flags, '--data-dir', folder, '--auth-listen', auth, '--admin-listen', admin],
    { cwd: folder, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  child.stdout.on('data', (chunk) => (log += chunk));
  child.stderr.on('data', (chunk) => (log += chunk));
  let ended = null;
  child.on('error', (error) => (ended = `could not start: ${error.message}`));
  child.on('exit', (code, signal) => (ended = `exited with ${code ?? signal}`));

  const stop = async () => {
    if (ended === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await Promise.race([gone, pause(STOPPED_WITHIN, undefined, { ref: false })]);
      if (ended === null) {
        child.kill('SIGKILL');
        await gone;
      }
    }
    await rm(folder, { recursive: true, force: true });
    return ended;
  };

  const deadline = Date.now() + READY_WITHIN;
  for (;;) {
    if (ended !== null) {
      await stop();
      throw new Error(`gatelodge ${ended}:\n${log}`);
    }
    if (await isReady(auth)) break;
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`gatelodge was not ready in time:\n${log}`);
    }
    await pause(50);
  }
  return { folder, stop };
}

async function isReady(listen) {
  try {
    const answer = await fetch(`http://${listen}/readyz`);
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}
