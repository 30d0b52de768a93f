// A person at a browser without script: cookies, redirects, and forms filled in by their labels.

import { fill, firstPostForm } from './html.mjs';

const LONGEST_WAY = 12;

/** A page that led no further: an error page, or one with nothing left to do. */
export class Stuck extends Error {
  constructor(url, status, body, why) {
    super(`${why}: ${status} at ${url}\n${body.slice(0, 2000)}`);
    this.url = url;
    this.status = status;
    this.body = body;
  }
}

/** One browser profile. Cookies are kept by host and path, as browsers do; ports do not count. */
export class Person {
  #cookies = new Map();

  constructor({ username, password }) {
    this.values = { username, password };
    /** The names of the fields of each form that was filled in, page by page. */
    this.filled = [];
  }

  /** Whether a form with this field was met. */
  met(field) {
    return this.filled.some((names) => names.includes(field));
  }

  /**
   * Opens `url`, fills in whatever form comes, and follows redirects until one leads to
   * `destination`. Answers that address, which is not itself opened.
   */
  async go(url, destination, { decision = 'allow' } = {}) {
    const wanted = new URL(destination);
    let answer = await this.request(new URL(url));
    let lastForm = '';
    for (let step = 0; step < LONGEST_WAY; step += 1) {
      const location = answer.headers.get('location');
      if (answer.status >= 300 && answer.status < 400 && location !== null) {
        await answer.body?.cancel();
        const next = new URL(location, answer.url);
        if (leadsTo(next, wanted)) return next;
        answer = await this.request(next);
        continue;
      }
      const page = await answer.text();
      if (answer.status !== 200) throw new Stuck(answer.url, answer.status, page, 'refused');
      const form = firstPostForm(page);
      if (form === null) throw new Stuck(answer.url, answer.status, page, 'no form to fill in');
      const names = form.fields.concat(form.buttons).flatMap(({ name }) => name ?? []);
      if (names.join() === lastForm) {
        throw new Stuck(answer.url, answer.status, page, 'the same form came again');
      }
      lastForm = names.join();
      this.filled.push(names);
      const body = fill(form, this.values, { name: 'decision', value: decision });
      const action = new URL(form.action || answer.url, answer.url);
      answer = await this.request(action, { method: 'POST', body });
    }
    throw new Stuck(answer.url, answer.status, '', 'too many steps');
  }

  /** One request with this person's cookies; redirects are not followed. */
  async request(url, init = {}) {
    const headers = new Headers(init.headers);
    headers.set('accept', 'text/html');
    const cookie = this.#cookiesFor(url);
    if (cookie !== '') headers.set('cookie', cookie);
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(url, line);
    return answer;
  }

  #cookiesFor(url) {
    const sent = [];
    for (const cookie of this.#cookies.values()) {
      const within =
        url.pathname === cookie.path ||
        url.pathname.startsWith(cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`);
      if (cookie.host === url.hostname && within) sent.push(`${cookie.name}=${cookie.value}`);
    }
    return sent.join('; ');
  }

  #keep(url, line) {
    const [pair, ...rest] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const cookie = { host: url.hostname, name: pair.slice(0, at), value: pair.slice(at + 1), path: '/' };
    let gone = false;
    for (const part of rest) {
      const [key, value = ''] = part.split(/=(.*)/s);
      switch (key.toLowerCase()) {
        case 'path':
          if (value.startsWith('/')) cookie.path = value;
          break;
        case 'max-age':
          gone = Number(value) <= 0;
          break;
        case 'expires':
          gone ||= Date.parse(value) <= Date.now();
          break;
        case 'secure':
          // A browser does not take a Secure cookie from plain http.
          if (url.protocol !== 'https:') return;
          break;
        default:
      }
    }
    const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
    if (gone) this.#cookies.delete(key);
    else this.#cookies.set(key, cookie);
  }
}

function leadsTo(url, wanted) {
  return url.origin === wanted.origin && url.pathname === wanted.pathname;
}
