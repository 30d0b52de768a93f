// The client's own web site: an origin of its own on `localhost`, while the issuer is on
// 127.0.0.1. For a browser these are two sites, so cookies are really third-party there.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const MODULES = ['openid-client', 'oauth4webapi'];
const HERE = new URL('../site/', import.meta.url);

/** Where the file of a module specifier is, for those that the import map names. */
function module(path) {
  if (path.startsWith('jose/')) {
    // Its pieces import each other by relative paths, so whole folders are served.
    const entry = new URL(import.meta.resolve('jose/errors'));
    const root = new URL('../', entry);
    return new URL(path.slice('jose/'.length), root);
  }
  return MODULES.includes(path) ? new URL(import.meta.resolve(path)) : null;
}

async function script(answer, url) {
  const text = await readFile(fileURLToPath(url));
  answer.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(text);
}

/**
 * Serves the app. `/settings` answers what `settings` holds; `/hop` redirects on to
 * `settings.onward`, as apps behind a sign-in broker do; other paths show the page.
 */
export async function startSite() {
  const settings = {};
  const server = createServer((request, answer) => {
    serve(request, answer, settings).catch((error) => {
      answer.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://localhost:${server.address().port}`,
    settings,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(request, answer, settings) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/settings') {
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(settings));
  } else if (url.pathname === '/app.mjs') {
    await script(answer, new URL('app.mjs', HERE));
  } else if (url.pathname === '/hop') {
    answer.writeHead(302, { location: `${settings.onward}${url.search}` }).end();
  } else if (url.pathname.startsWith('/modules/')) {
    await script(answer, module(url.pathname.slice('/modules/'.length)));
  } else if (url.pathname === '/plain') {
    answer.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>plain</title>');
  } else {
    const page = await readFile(new URL('index.html', HERE));
    answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  }
}
