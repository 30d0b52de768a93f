// A relying party in one file: authorization code with PKCE (RFC 7636), state and nonce, and an
// ID token that is verified here, by the rules of OpenID Connect Core §3.1.3.7. It keeps its
// tokens in this tab's session storage, which is good enough for a demo.

const page = document.getElementById("demo");
const { issuer, clientId, redirectUri, scope } = page.dataset;
const part = (name) => document.getElementById(`demo-${name}`);
const KEEP = `gatelodge-demo ${issuer}`;

const encoder = new TextEncoder();
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const unbase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const parsed = (text) => JSON.parse(new TextDecoder().decode(unbase64url(text)));
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

let kept = JSON.parse(sessionStorage.getItem(KEEP) ?? "{}");
const keep = (changes) => {
  kept = { ...kept, ...changes };
  sessionStorage.setItem(KEEP, JSON.stringify(kept));
};
const forget = () => {
  kept = {};
  sessionStorage.removeItem(KEEP);
};

// The log: each step as it went over the wire, long values cut so that it stays readable.
const short = (value) =>
  typeof value === "string" && value.length > 56 ? `${value.slice(0, 40)}… (${value.length})` : value;
const pretty = (value) => JSON.stringify(value, (_, inner) => short(inner), 2);
const fields = (pairs) => [...pairs].map(([name, value]) => `  ${name} = ${short(value)}`).join("\n");
function draw({ step, text }, open = false) {
  const [item, details, summary, pre] =
    ["li", "details", "summary", "pre"].map((name) => document.createElement(name));
  summary.textContent = page.dataset[step];
  pre.textContent = text;
  details.append(summary, pre);
  details.open = open;
  item.append(details);
  part("list").append(item);
  part("log").hidden = false;
}
function log(step, ...lines) {
  const entry = { step, text: lines.join("\n\n") };
  keep({ steps: [...(kept.steps ?? []), entry] });
  draw(entry, step === "userinfo" || step === "refresh");
}
function tell(where, text) {
  part(where).textContent = text;
  part(where).hidden = !text;
}

async function call(step, url, options = {}) {
  const response = await fetch(url, { credentials: "omit", cache: "no-store", ...options });
  const body = await response.text();
  const data = body.startsWith("{") ? JSON.parse(body) : body;
  const sent = [`${options.method ?? "GET"} ${url}`];
  if (options.headers?.Authorization) sent.push(`  Authorization: ${short(options.headers.Authorization)}`);
  if (options.body) sent.push(fields(options.body));
  log(step, sent.join("\n"), `${response.status}\n${pretty(data)}`);
  if (!response.ok) throw new Error(data.error_description ?? data.error ?? `HTTP ${response.status}`);
  return data;
}

let metadata;
async function discover() {
  if (metadata) return metadata;
  const found = await call("discovery", `${issuer}/.well-known/openid-configuration`);
  // OpenID Connect Discovery §4.3: the document must speak for the issuer we asked.
  if (found.issuer !== issuer) throw new Error(`issuer is ${found.issuer}`);
  return (metadata = found);
}

async function signIn() {
  forget();
  part("list").replaceChildren();
  const { authorization_endpoint } = await discover();
  const verifier = random();
  const challenge = base64url(await crypto.subtle.digest("SHA-256", encoder.encode(verifier)));
  const state = random();
  const nonce = random();
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: challenge,
    code_challenge_method: "S256",
  });
  keep({ pending: { verifier, state, nonce } });
  log("authorize", `GET ${authorization_endpoint}\n${fields(query)}`);
  location.assign(`${authorization_endpoint}?${query}`);
}

const ALGORITHMS = {
  RS256: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
  PS256: [{ name: "RSA-PSS", hash: "SHA-256" }, { name: "RSA-PSS", saltLength: 32 }],
  ES256: [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }],
  EdDSA: [{ name: "Ed25519" }],
};

async function verify(token, nonce) {
  const { jwks_uri } = await discover();
  const { keys } = await call("jwks", jwks_uri);
  const [head, body, signature] = token.split(".");
  const header = parsed(head);
  const claims = parsed(body);
  const [importing, verifying = importing] = Object.hasOwn(ALGORITHMS, header.alg)
    ? ALGORITHMS[header.alg]
    : [];
  if (!importing) throw new Error(`alg ${header.alg}`);
  const jwk = keys.find((key) => key.kid === header.kid);
  if (!jwk || (jwk.alg && jwk.alg !== header.alg)) throw new Error(`kid ${header.kid}`);
  const { kty, n, e, crv, x, y } = jwk;
  const key = await crypto.subtle.importKey("jwk", { kty, n, e, crv, x, y }, importing, false, ["verify"]);
  const now = Date.now() / 1000;
  const audience = [claims.aud].flat();
  const checks = {
    signature: await crypto.subtle.verify(
      verifying, key, unbase64url(signature), encoder.encode(`${head}.${body}`)),
    iss: claims.iss === issuer,
    aud: audience.includes(clientId) && (audience.length === 1 || claims.azp === clientId),
    exp: claims.exp > now - 5 && claims.iat < now + 5,
    nonce: claims.nonce === nonce,
  };
  log("verify", pretty({ header, checks }), pretty(claims));
  const wrong = Object.keys(checks).filter((name) => !checks[name]);
  if (wrong.length) throw new Error(`ID token: ${wrong.join(", ")}`);
  return claims;
}

async function comeBack(answer) {
  history.replaceState(null, "", location.pathname);
  const { pending } = kept;
  keep({ pending: undefined });
  log("callback", fields(answer));
  if (!pending || answer.get("state") !== pending.state) throw new Error("state");
  const { token_endpoint, authorization_response_iss_parameter_supported: named } = await discover();
  // RFC 9207 §2.4: an answer from another issuer is not ours.
  if ((named || answer.has("iss")) && answer.get("iss") !== issuer) throw new Error("iss");
  if (answer.has("error")) throw new Error(answer.get("error_description") ?? answer.get("error"));
  const tokens = await call("token", token_endpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: answer.get("code"),
      redirect_uri: redirectUri,
      client_id: clientId,
      code_verifier: pending.verifier,
    }),
  });
  const claims = await verify(tokens.id_token, pending.nonce);
  keep({ tokens, claims, nonce: pending.nonce });
  tell("notice", page.dataset.verified);
}

async function userinfo() {
  const { userinfo_endpoint } = await discover();
  const answer = await call("userinfo", userinfo_endpoint, {
    headers: { Authorization: `Bearer ${kept.tokens.access_token}` },
  });
  // OpenID Connect Core §5.3.2: the answer must speak of the same person.
  if (answer.sub !== kept.claims.sub) throw new Error("sub");
  tell("notice", page.dataset.userinfo);
}

async function refresh() {
  const { token_endpoint } = await discover();
  const tokens = await call("refresh", token_endpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: kept.tokens.refresh_token,
      client_id: clientId,
    }),
  });
  keep({ tokens: { ...kept.tokens, ...tokens } });
  tell("notice", page.dataset.refresh);
  if (!tokens.id_token) return;
  const before = kept.claims;
  // §12.2: a refreshed ID token may leave the nonce out, and must keep the subject.
  const fresh = parsed(tokens.id_token.split(".")[1]);
  const claims = await verify(tokens.id_token, fresh.nonce === undefined ? undefined : kept.nonce);
  if (claims.sub !== before.sub) throw new Error("sub");
  keep({ claims });
}

async function signOut() {
  const { end_session_endpoint } = await discover();
  const state = random();
  const query = new URLSearchParams({
    id_token_hint: kept.tokens.id_token,
    client_id: clientId,
    post_logout_redirect_uri: redirectUri,
    state,
  });
  const { steps } = kept;
  forget();
  keep({ steps, leaving: state });
  log("logout", `GET ${end_session_endpoint}\n${fields(query)}`);
  location.assign(`${end_session_endpoint}?${query}`);
}

function show() {
  const inside = Boolean(kept.tokens);
  part("start").hidden = inside;
  part("sign-in").disabled = false;
  part("bar").hidden = !inside;
  part("refresh").hidden = !kept.tokens?.refresh_token;
  part("result").hidden = !inside;
  part("rows").replaceChildren(...Object.entries(kept.claims ?? {}).map(([name, value]) => {
    const [row, head, cell] = ["tr", "th", "td"].map((tag) => document.createElement(tag));
    const time = ["exp", "iat", "auth_time"].includes(name);
    head.scope = "row";
    head.textContent = name;
    cell.textContent = time ? `${value} (${new Date(value * 1000).toLocaleString()})`
      : typeof value === "string" ? value : JSON.stringify(value);
    row.append(head, cell);
    return row;
  }));
}

async function run(task, ...given) {
  tell("alert", "");
  tell("notice", "");
  page.setAttribute("aria-busy", "true");
  try {
    await task(...given);
  } catch (error) {
    tell("alert", `${page.dataset.failed}: ${error.message}`);
  }
  page.removeAttribute("aria-busy");
  show();
}

for (const [name, task] of Object.entries({ "sign-in": signIn, userinfo, refresh, "sign-out": signOut })) {
  part(name).addEventListener("click", () => run(task));
}
(kept.steps ?? []).forEach((entry) => draw(entry));
const answer = new URLSearchParams(location.search);
if (answer.has("code") || answer.has("error")) {
  run(comeBack, answer);
} else {
  if (answer.has("state")) {
    history.replaceState(null, "", location.pathname);
    if (answer.get("state") === kept.leaving) tell("notice", page.dataset.signedOut);
    keep({ leaving: undefined });
  }
  show();
}
