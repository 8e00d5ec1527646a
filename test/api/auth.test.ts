/** Keys and tokens: who comes in, what they may do, and when that ends. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { neededFor } from "#api/http/doors.ts";
import type { NewApiKey, Scope } from "#schemas/api-key.ts";
import type { Problem } from "#schemas/problem.ts";
import { bootstrapKey, callerOfKey, makeKey } from "#src/access/keys.ts";
import { openTokens } from "#src/access/tokens.ts";
import { refusal } from "#test/contracts/refusal.ts";
import { keyFor, locked } from "./door.ts";
import { openStage, type Stage, shareStage } from "./stage.ts";

async function codeOf({ app }: Stage, url: string, headers = {}): Promise<string> {
  const response = await app.inject({ url, headers });
  return response.statusCode < 400 ? "ok" : response.json<Problem>().code;
}

const document = JSON.parse(
  await readFile(new URL("../../openapi/openapi.json", import.meta.url), "utf8"),
) as {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { security?: readonly { key: Scope[] }[] }>>>
  >;
};

describe("a service that wants keys", () => {
  const shared = shareStage({ environment: locked });

  it("asks for one on every route that the contract says needs one", async () => {
    const { app } = shared();
    let asked = 0;
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { security }] of Object.entries(operations)) {
        const url = path.replace(/\{\w+\}/g, "run_0000000000000000000z");
        const response = await app.inject({ method: method.toUpperCase() as "GET", url });
        const isOpen = security !== undefined && security.length === 0;
        if (isOpen) assert.ok(response.statusCode < 400, `${method} ${path}`);
        else {
          assert.equal(response.json<Problem>().code, "unauthenticated", `${method} ${path}`);
          assert.equal(response.headers["www-authenticate"], "Bearer");
          asked += 1;
        }
      }
    }
    assert.ok(asked > 30);
  });

  it("refuses each route to a key without its scope, and opens it to one with it", async () => {
    const stage = shared();
    const without = await keyFor(stage, "default", ["datasets:read"]);
    const readers = await keyFor(stage, "default", ["runs:read"]);
    assert.equal(await codeOf(stage, "/v1/runs", without.headers), "scope_missing");
    assert.equal(await codeOf(stage, "/v1/runs", readers.headers), "ok");
    assert.equal(await codeOf(stage, "/v1/limits", without.headers), "ok");
    assert.equal(await codeOf(stage, "/v1/api-keys", readers.headers), "scope_missing");
    const response = await stage.app.inject({
      method: "POST",
      url: "/v1/runs",
      headers: readers.headers,
      payload: {},
    });
    assert.equal(response.json<Problem>().code, "scope_missing");
    assert.match(String(response.headers["www-authenticate"]), /insufficient_scope/);
  });

  it("lets nobody in with what only looks like a key", async () => {
    const stage = shared();
    const { key } = await keyFor(stage, "default");
    const wrong = [
      "",
      "lnt_",
      key.slice(0, -1),
      `${key}x`,
      key.replace(/.$/, (last) => (last === "A" ? "B" : "A")),
      key.replace(/^lnt_[0-9a-z]{20}/, `lnt_${"0".repeat(20)}`),
    ];
    for (const text of wrong) {
      const headers = { authorization: `Bearer ${text}` };
      assert.equal(await codeOf(stage, "/v1/runs", headers), "unauthenticated", text);
    }
    assert.equal(await codeOf(stage, "/v1/runs", { authorization: key }), "unauthenticated");
    assert.equal(await codeOf(stage, `/v1/runs?key=${key}`), "unauthenticated");
  });

  it("keeps no secret: not in its rows, not in its lists", async () => {
    const stage = shared();
    const { key, headers, id } = await keyFor(stage, "default");
    const secret = key.slice(-43);
    const stored = await stage.backing.store.read((reader) => reader.apiKey(id));
    assert.doesNotMatch(JSON.stringify(stored), new RegExp(secret));
    const list = await stage.app.inject({ url: "/v1/api-keys", headers });
    assert.doesNotMatch(list.body, new RegExp(secret));
    assert.doesNotMatch(list.body, /"hash"/);
  });

  it("leaves probes and documents open", async () => {
    for (const url of ["/livez", "/readyz", "/openapi.json", "/asyncapi.json"]) {
      assert.equal(await codeOf(shared(), url), "ok", url);
    }
  });
});

describe("the life of a key", () => {
  const shared = shareStage({ environment: locked });
  const post = async (url: string, headers: object, payload?: object) =>
    shared().app.inject({
      method: "POST",
      url,
      headers: { ...headers },
      ...(payload === undefined ? {} : { payload }),
    });

  it("is made by an admin, used, and ended at once", async () => {
    const stage = shared();
    const { headers } = await keyFor(stage, "default");
    const made = await post("/v1/api-keys", headers, { name: "ci", scopes: ["runs:read"] });
    assert.equal(made.statusCode, 201);
    const { id, key, tenant } = made.json<NewApiKey>();
    assert.equal(tenant, "default");
    const own = { authorization: `Bearer ${key}` };
    assert.equal(await codeOf(stage, "/v1/runs", own), "ok");
    const gone = await stage.app.inject({ method: "DELETE", url: `/v1/api-keys/${id}`, headers });
    assert.equal(gone.statusCode, 204);
    assert.equal(await codeOf(stage, "/v1/runs", own), "unauthenticated");
  });

  it("ends when it expires", async () => {
    const { store } = shared().backing;
    let nowMs = Date.parse("2026-01-01T00:00:00Z");
    const context = { store, now: () => nowMs };
    const expires_at = new Date(nowMs + 1000).toISOString();
    const { key } = await makeKey(context, { name: "brief", scopes: ["admin"], expires_at });
    assert.ok(await callerOfKey(context, key));
    nowMs += 1000;
    assert.equal(await callerOfKey(context, key), undefined);
    const past = makeKey(context, { name: "late", scopes: ["admin"], expires_at });
    await assert.rejects(past, refusal("invalid_request"));
  });

  it("overlaps with the key that follows it by rotation", async () => {
    const stage = shared();
    const admin = await keyFor(stage, "default");
    const old = await keyFor(stage, "default", ["runs:read"]);
    const rotated = await post(`/v1/api-keys/${old.id}/rotate`, admin.headers, {
      overlap_seconds: 60,
    });
    const { key, scopes } = rotated.json<NewApiKey>();
    assert.deepEqual(scopes, ["runs:read"]);
    assert.equal(await codeOf(stage, "/v1/runs", old.headers), "ok");
    assert.equal(await codeOf(stage, "/v1/runs", { authorization: `Bearer ${key}` }), "ok");
    const later = { store: stage.backing.store, now: () => Date.now() + 61_000 };
    assert.equal(await callerOfKey(later, old.key), undefined);
    assert.ok(await callerOfKey(later, key));
  });

  it("may be rotated without a body, but not with one that is no object", async () => {
    const stage = shared();
    const { headers } = await keyFor(stage, "default");
    const old = await keyFor(stage, "default", ["runs:read"]);
    const url = `/v1/api-keys/${old.id}/rotate`;
    const json = { ...headers, "content-type": "application/json" };
    const refused = await stage.app.inject({ method: "POST", url, headers: json, payload: "null" });
    assert.equal(refused.json<Problem>().code, "invalid_request");
    const made = await stage.app.inject({ method: "POST", url, headers });
    assert.equal(made.statusCode, 201);
  });

  it("is for its own tenant, unless the operator makes it for another", async () => {
    const stage = shared();
    const [operator, theirs] = [await keyFor(stage, "default"), await keyFor(stage, "lab")];
    const body = { name: "x", scopes: ["runs:read"], tenant: "other" };
    const refused = await post("/v1/api-keys", theirs.headers, body);
    assert.equal(refused.json<Problem>().code, "scope_missing");
    const made = await post("/v1/api-keys", operator.headers, body);
    assert.equal(made.json<NewApiKey>().tenant, "other");
  });

  it("begins with the environment's key, once", async (t) => {
    const { backing } = await openStage(t);
    const context = { store: backing.store, now: Date.now };
    const text = `lnt_${"a".repeat(20)}_${"b".repeat(43)}`;
    assert.equal(await bootstrapKey(context, text), true);
    assert.equal(await bootstrapKey(context, text), false);
    assert.deepEqual([...((await callerOfKey(context, text))?.scopes ?? [])], ["admin"]);
    const other = bootstrapKey(context, `lnt_${"a".repeat(20)}_${"c".repeat(43)}`);
    await assert.rejects(other, refusal("conflict"));
  });

  it("is noted as used, to the minute", async () => {
    const stage = shared();
    const { id, key } = await keyFor(stage, "default");
    const { store } = stage.backing;
    await callerOfKey({ store, now: Date.now }, key);
    // Writes wait for their turn: this one comes after the note.
    await store.write(async () => undefined);
    const stored = await store.read((reader) => reader.apiKey(id));
    assert.ok(stored?.key.last_used_at);
  });
});

describe("a service that wants no keys", () => {
  it("lets anybody do anything but manage keys", async (t) => {
    const stage = await openStage(t);
    assert.equal(await codeOf(stage, "/v1/runs"), "ok");
    assert.equal(await codeOf(stage, "/v1/api-keys"), "scope_missing");
  });

  it("has no route without a rule", () => {
    assert.throws(() => neededFor("GET", "/v1/secrets"), /no scope is named/);
  });

  it("answers for this machine's names alone, so that no foreign name leads to it", async (t) => {
    const stage = await openStage(t);
    for (const host of ["localhost:8080", "127.0.0.1", "[::1]:80", "LOCALHOST"]) {
      assert.equal(await codeOf(stage, "/v1/runs", { host }), "ok", host);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example"]) {
      assert.equal(await codeOf(stage, "/v1/runs", { host }), "unknown_host", host);
    }
  });
});

/** An issuer of tokens on this machine. */
async function openIssuer(t: TestContext) {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" };
  let issuer = "";
  const server = createServer((request, response) => {
    const isKeys = request.url === "/keys";
    const body = isKeys ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` };
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  issuer = `http://127.0.0.1:${address.port}`;
  const sign = (claims: Record<string, unknown>, expires: string, audience = "linnet") =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid: "one" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject("ada")
      .setExpirationTime(expires)
      .sign(privateKey);
  return { issuer, sign, close: () => server.close() };
}

describe("tokens of an OpenID Connect issuer", () => {
  const of = (issuer: string) => ({
    issuer,
    audience: "linnet",
    tenantClaim: "tenant",
    scopeClaim: "scope",
  });

  it("are let in by signature, audience and time, with their tenant and scopes", async (t) => {
    const { issuer, sign } = await openIssuer(t);
    const environment = {
      ...locked,
      LINNET_OIDC_ISSUER: issuer,
      LINNET_OIDC_AUDIENCE: "linnet",
    };
    const stage = await openStage(t, { environment });
    const claims = { tenant: "lab", scope: "runs:read openid" };
    const code = async (token: string, url = "/v1/runs") =>
      codeOf(stage, url, { authorization: `Bearer ${token}` });
    assert.equal(await code(await sign(claims, "5m")), "ok");
    assert.equal(await code(await sign(claims, "5m"), "/v1/models"), "scope_missing");
    assert.equal(await code(await sign(claims, "-5m")), "unauthenticated");
    assert.equal(await code(await sign(claims, "5m", "another")), "unauthenticated");
    assert.equal(await code(await sign({ scope: "admin" }, "5m")), "unauthenticated");
    assert.equal(await code(await sign({ ...claims, tenant: "a/b" }, "5m")), "unauthenticated");
    const forged = (await sign(claims, "5m")).replace(/[^.]+$/, "A".repeat(86));
    assert.equal(await code(forged), "unauthenticated");
    const [, payload] = (await sign(claims, "5m")).split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    assert.equal(await code(`${none}.${payload}.`), "unauthenticated");
    const stray = new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setIssuer(issuer);
    assert.equal(await code(await stray.sign(Buffer.alloc(32))), "unauthenticated");
  });

  it("say that the issuer cannot be reached when that is so, and work once it can", async (t) => {
    const check = openTokens(of("http://127.0.0.1:9"));
    await assert.rejects(check("a.b.c"), refusal("identity_unavailable"));
    const { issuer, sign } = await openIssuer(t);
    const token = await sign({ tenant: "lab", scope: ["admin"] }, "5m");
    const caller = await openTokens(of(issuer))(token);
    assert.deepEqual([caller?.tenant, caller?.name], ["lab", "token:ada"]);
    assert.deepEqual([...(caller?.scopes ?? [])], ["admin"]);
  });
});
