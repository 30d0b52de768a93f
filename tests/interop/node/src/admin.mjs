// The administrator: signs in through the admin port's own issuer, as any client would.

import { strict as assert } from 'node:assert';

import { Person } from './person.mjs';
import { discover, signIn } from './relying-party.mjs';

/** The admin API of one server, with an administrator's token. */
export class Admin {
  #url;
  #token;

  constructor(url, token) {
    this.#url = url;
    this.#token = token;
  }

  /** Signs the demo's administrator in: code + PKCE at the admin URL. */
  static async signIn({ adminUrl, demo }) {
    const config = await discover(adminUrl, { client_id: demo.admin_client.client_id });
    const person = new Person(demo.admin);
    const tokens = await signIn(config, person, demo.admin_client.redirect_uri, {
      scope: 'openid admin',
    });
    return new Admin(adminUrl, tokens.access_token);
  }

  /** Registers a client in the default realm; its metadata has RFC 7591's names. */
  async createClient(metadata) {
    const { status, body } = await this.#call('POST', '/realms/default/clients', metadata);
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  }

  /** Gives a person of the default realm a mail address, and answers their row id. */
  async setEmail(username, email, verified) {
    const path = '/realms/default/users';
    const listed = await this.#call('GET', `${path}?username_prefix=${username}`);
    const { id } = listed.body.items[0];
    const change = { email, email_verified: verified };
    const type = { 'content-type': 'application/merge-patch+json' };
    const { status, body } = await this.#call('PATCH', `${path}/${id}`, change, type);
    assert.equal(status, 200, JSON.stringify(body));
    return id;
  }

  /** Sends a person of the default realm a link that proves their address. */
  async sendVerification(id) {
    const { status, body } = await this.#call(
      'POST',
      `/realms/default/users/${id}/email-verification`,
    );
    assert.equal(status, 202, JSON.stringify(body));
  }

  /** Gives a person of the default realm a password that they must change. */
  async givePassword(username, password) {
    const path = '/realms/default/users';
    const listed = await this.#call('GET', `${path}?username=${username}`);
    const { id } = listed.body.items[0];
    const body = { password, temporary: true };
    const answer = await this.#call('PUT', `${path}/${id}/password`, body);
    assert.equal(answer.status, 204, JSON.stringify(answer.body));
  }

  /** Says what the default realm keeps of its people. */
  async setUserSchema(attributes) {
    const path = '/realms/default/user-schema';
    const before = await this.#call('GET', path);
    const headers = { 'if-match': before.etag };
    const { status, body } = await this.#call('PUT', path, { attributes }, headers);
    assert.equal(status, 200, JSON.stringify(body));
  }

  /** Gives a person of the default realm attributes. */
  async setAttributes(username, attributes) {
    const path = '/realms/default/users';
    const listed = await this.#call('GET', `${path}?username=${username}`);
    const { id } = listed.body.items[0];
    const type = { 'content-type': 'application/merge-patch+json' };
    const { status, body } = await this.#call('PATCH', `${path}/${id}`, { attributes }, type);
    assert.equal(status, 200, JSON.stringify(body));
  }

  /** Changes the default realm (RFC 7396), on top of what it is now. */
  async patchRealm(change) {
    const path = '/realms/default';
    const before = await this.#call('GET', path);
    assert.equal(before.status, 200, JSON.stringify(before.body));
    const after = await this.#call('PATCH', path, change, {
      'content-type': 'application/merge-patch+json',
      'if-match': before.etag,
    });
    assert.equal(after.status, 200, JSON.stringify(after.body));
    return { before: before.body, after: after.body };
  }

  /** Gives the default realm a theme and an SVG logo. */
  async dress(theme, logo) {
    const path = '/realms/default/theme';
    const written = await this.#call('PUT', path, theme);
    assert.equal(written.status, 200, JSON.stringify(written.body));
    const answer = await fetch(`${this.#url}/admin/v1${path}/logo`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'image/svg+xml' },
      body: logo,
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** A mail of the default realm, filled with made-up values. */
  async previewMail(template, language) {
    const path = `/realms/default/mail-templates/${template}/${language}/preview`;
    const { status, body } = await this.#call('POST', path);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  async #call(method, path, body, headers = {}) {
    const answer = await fetch(`${this.#url}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return {
      status: answer.status,
      etag: answer.headers.get('etag'),
      body: await answer.json().catch(() => null),
    };
  }
}
