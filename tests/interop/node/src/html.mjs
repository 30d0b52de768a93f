// Just enough HTML to fill in a form: the first `post` form of a page is its main task.

const TAG = /<(\/?form|input|button)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([^\s=/"'>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number.parseInt(decimal, 10));
    return NAMED[name.toLowerCase()] ?? whole;
  });
}

function attributes(text) {
  const found = {};
  for (const [, name, double, single, bare] of text.matchAll(ATTRIBUTE)) {
    found[name.toLowerCase()] = unescape(double ?? single ?? bare ?? '');
  }
  return found;
}

/**
 * The first form with method post: `{ action, fields, buttons }`, each field and button being
 * its attributes; null if the page has none.
 */
export function firstPostForm(html) {
  let form = null;
  for (const [, tag, rest] of html.replace(/<!--[\s\S]*?-->/g, '').matchAll(TAG)) {
    const name = tag.toLowerCase();
    const found = attributes(rest);
    if (name === 'form') {
      if (form === null && found.method?.toLowerCase() === 'post') {
        form = { action: found.action, fields: [], buttons: [] };
      }
    } else if (name === '/form') {
      if (form !== null) return form;
    } else if (form !== null && !('disabled' in found)) {
      const type = (found.type ?? (name === 'button' ? 'submit' : 'text')).toLowerCase();
      if (type === 'submit') form.buttons.push({ ...found, type });
      else if (type !== 'button' && type !== 'reset') form.fields.push({ ...found, type });
    }
  }
  return form;
}

/** What a browser would send if a person typed `values` and pressed the button `pressed`. */
export function fill(form, values, pressed) {
  const pairs = new URLSearchParams();
  for (const { name, type, value, checked } of form.fields) {
    if (name === undefined) continue;
    if (type === 'checkbox' || type === 'radio') {
      if (checked !== undefined) pairs.append(name, value ?? 'on');
    } else {
      pairs.append(name, values[name] ?? value ?? '');
    }
  }
  const button =
    form.buttons.find(({ name, value }) => name === pressed.name && value === pressed.value) ??
    form.buttons[0];
  if (button?.name !== undefined) pairs.append(button.name, button.value ?? '');
  return pairs;
}
