/** Resumable uploads: tus 1.0 as its clients speak it, cuts and all, and what uploads become. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Dataset } from "#schemas/dataset.ts";
import type { Problem } from "#schemas/problem.ts";
import { forgetOldUploads } from "#src/upkeep.ts";
import { openStage, type Stage, shareStage } from "./stage.ts";

const tus = { "tus-resumable": "1.0.0" };
const csv = Buffer.from(
  `a,b,label\n${Array.from({ length: 40 }, (_, i) => `${i},${i * 2},${i % 2}\n`).join("")}`,
);

async function begin({ app }: Stage, length: number): Promise<string> {
  const headers = { ...tus, "upload-length": String(length) };
  const response = await app.inject({ method: "POST", url: "/v1/uploads", headers });
  assert.equal(response.statusCode, 201, response.body);
  assert.ok(response.headers["upload-expires"]);
  return String(response.headers["location"]);
}

interface Sent {
  readonly offset: number;
  readonly payload: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send({ app }: Stage, url: string, { offset, payload, headers }: Sent) {
  const response = await app.inject({
    method: "PATCH",
    url,
    headers: {
      ...tus,
      "content-type": "application/offset+octet-stream",
      "upload-offset": String(offset),
      ...headers,
    },
    payload,
  });
  return response.statusCode === 204
    ? Number(response.headers["upload-offset"])
    : response.json<Problem>().code;
}

async function offsetOf({ app }: Stage, url: string): Promise<number> {
  const response = await app.inject({ method: "HEAD", url, headers: tus });
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers["cache-control"], "no-store");
  return Number(response.headers["upload-offset"]);
}

const idOf = (url: string): string => url.split("/").at(-1) ?? "";

async function become({ app }: Stage, payload: object) {
  const response = await app.inject({ method: "POST", url: "/v1/datasets", payload });
  return response.statusCode === 201 ? response.json<Dataset>() : response.json<Problem>();
}

const filesOf = (stage: Stage) => readdir(join(stage.backing.config.dataDir, "uploads"));

describe("a resumable upload", () => {
  const shared = shareStage({ environment: { LINNET_UPLOAD_BYTES_MAX: "100000" } });

  it("says what is spoken", async () => {
    const response = await shared().app.inject({ method: "OPTIONS", url: "/v1/uploads" });
    assert.equal(response.statusCode, 204);
    assert.equal(response.headers["tus-version"], "1.0.0");
    assert.match(String(response.headers["tus-extension"]), /checksum/);
    assert.equal(response.headers["tus-max-size"], "100000");
  });

  it("comes in pieces, becomes a data set, and is gone", async () => {
    const stage = shared();
    const url = await begin(stage, csv.length);
    assert.equal(await offsetOf(stage, url), 0);
    assert.equal(await send(stage, url, { offset: 0, payload: csv.subarray(0, 100) }), 100);
    assert.equal(await offsetOf(stage, url), 100);
    const early = await become(stage, { upload: idOf(url), format: "csv" });
    assert.equal("code" in early && early.code, "upload_conflict");
    assert.equal(await send(stage, url, { offset: 100, payload: csv.subarray(100) }), csv.length);
    const made = await become(stage, { upload: idOf(url), format: "csv", name: "table" });
    assert.ok("splits" in made, JSON.stringify(made));
    assert.equal(made.splits.train.examples + made.splits.test.examples, 40);
    assert.deepEqual(await filesOf(stage), []);
    const again = await become(stage, { upload: idOf(url), format: "csv" });
    assert.equal("code" in again && again.code, "incompatible");
  });

  it("refuses pieces at another offset, too many bytes, and other types", async () => {
    const stage = shared();
    const url = await begin(stage, 10);
    assert.equal(
      await send(stage, url, { offset: 3, payload: Buffer.alloc(1) }),
      "upload_conflict",
    );
    assert.equal(
      await send(stage, url, { offset: 0, payload: Buffer.alloc(11) }),
      "body_too_large",
    );
    assert.equal(await offsetOf(stage, url), 0);
    const type = { "content-type": "text/plain" };
    const other = await send(stage, url, { offset: 0, payload: csv, headers: type });
    assert.equal(other, "unsupported_media_type");
    const headers = { "upload-length": "100001", ...tus };
    const large = await stage.app.inject({ method: "POST", url: "/v1/uploads", headers });
    assert.equal(large.json<Problem>().code, "body_too_large");
  });

  it("keeps a piece whole or not at all when it has a checksum", async () => {
    const stage = shared();
    const url = await begin(stage, 20);
    const payload = Buffer.from("0123456789");
    const checksum = (of: string, name = "sha256") => ({
      "upload-checksum": `${name} ${createHash(name).update(of).digest("base64")}`,
    });
    const wrong = await send(stage, url, { offset: 0, payload, headers: checksum("x") });
    assert.equal(wrong, "checksum_mismatch");
    assert.equal(await offsetOf(stage, url), 0);
    const text = payload.toString();
    assert.equal(await send(stage, url, { offset: 0, payload, headers: checksum(text) }), 10);
    const sha1 = checksum(text, "sha1");
    assert.equal(await send(stage, url, { offset: 10, payload, headers: sha1 }), 20);
    const odd = { "upload-checksum": "md5 abc" };
    assert.equal(await send(stage, url, { offset: 20, payload, headers: odd }), "invalid_request");
  });

  it("asks for the version of tus", async () => {
    const headers = { "upload-length": "1", "tus-resumable": "0.2.2" };
    const response = await shared().app.inject({ method: "POST", url: "/v1/uploads", headers });
    assert.equal(response.statusCode, 412);
    assert.equal(response.json<Problem>().code, "tus_version");
    assert.equal(response.headers["tus-version"], "1.0.0");
  });

  it("is ended by its sender", async () => {
    const stage = shared();
    const url = await begin(stage, 5);
    const ended = await stage.app.inject({ method: "DELETE", url, headers: tus });
    assert.equal(ended.statusCode, 204);
    assert.equal((await stage.app.inject({ method: "HEAD", url, headers: tus })).statusCode, 404);
    assert.ok(!(await filesOf(stage)).includes(idOf(url)));
  });
});

describe("a resumable upload that is cut off", () => {
  it("goes on from what had come, though the first connection still hangs", async (t) => {
    const stage = await openStage(t);
    const address = await stage.app.listen({ port: 0, host: "127.0.0.1" });
    const url = await begin(stage, csv.length);
    const headers = {
      ...tus,
      "content-type": "application/offset+octet-stream",
      "upload-offset": "0",
      "content-length": String(csv.length),
    };
    const cut = httpRequest(`${address}${url}`, { method: "PATCH", headers });
    cut.on("error", () => undefined);
    await new Promise((resolve) => cut.write(csv.subarray(0, 64), resolve));
    const file = await stage.backing.uploads;
    let offset = 0;
    for (let i = 0; i < 200 && offset === 0; i += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      offset = (await file.size(idOf(url))) ?? 0;
    }
    offset = await offsetOf(stage, url);
    const rest = await send(stage, url, { offset, payload: csv.subarray(offset) });
    assert.equal(rest, csv.length);
    cut.destroy();
    const made = await become(stage, { upload: idOf(url), format: "csv" });
    assert.ok("splits" in made, JSON.stringify(made));
  });

  it("is forgotten when its time has passed, with its bytes", async (t) => {
    const stage = await openStage(t, { environment: { LINNET_UPLOAD_TTL_MS: "60000" } });
    const url = await begin(stage, 5);
    const { store, uploads } = stage.backing;
    const { signal } = new AbortController();
    const soon = Date.now() + 50_000;
    assert.equal(await forgetOldUploads({ store, uploads, signal }, soon), 0);
    assert.equal(await forgetOldUploads({ store, uploads, signal }, soon + 20_000), 1);
    assert.equal((await stage.app.inject({ method: "HEAD", url, headers: tus })).statusCode, 404);
    assert.deepEqual(await filesOf(stage), []);
  });
});

describe("an upload in one body", () => {
  const digest = (of: Buffer | string) =>
    `sha-256=:${createHash("sha256").update(of).digest("base64")}:`;
  const put = async ({ app }: Stage, headers: Readonly<Record<string, string>>) => {
    const response = await app.inject({
      method: "POST",
      url: "/v1/datasets",
      headers: { "content-type": "text/csv", ...headers },
      payload: csv,
    });
    return response.statusCode === 201 ? "created" : response.json<Problem>().code;
  };

  it("is checked by its digest, and leaves nothing behind", async (t) => {
    const stage = await openStage(t);
    assert.equal(await put(stage, { "content-digest": digest(csv) }), "created");
    assert.equal(await put(stage, { "repr-digest": digest("other") }), "digest_mismatch");
    assert.equal(await put(stage, { "content-digest": "md5=:x:" }), "invalid_request");
    assert.equal(await put(stage, {}), "created");
    assert.deepEqual(await filesOf(stage), []);
    const { store } = stage.backing;
    const never = Number.MAX_SAFE_INTEGER;
    assert.deepEqual(await store.read((reader) => reader.uploadsExpired(never, 10)), []);
  });
});
