/**
 * Artifacts in S3 while the way there is bad: a server on loopback that breaks, refuses and comes
 * back as told. What a good server answers is tested on one that was not written here.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { before, describe, it, type TestContext } from "node:test";
import { openArtifacts } from "#storage/artifacts/open.ts";
import { Slots } from "#storage/artifacts/slots.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { s3AddressOf } from "#storage/s3-address.ts";
import { pattern, sha256 } from "#test/contracts/artifacts.ts";
import { refusal } from "#test/contracts/refusal.ts";
import { newFolder } from "./s3-bucket.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const roomy = { bytesMax: 1024 };

/** Answers request after request; the last answer is given to all that follow. */
async function serverOf(
  t: TestContext,
  answers: readonly Answer[],
  attemptsMax: number,
): Promise<{ readonly artifacts: Artifacts; readonly seen: readonly string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(seen.length, answers.length - 1)];
    seen.push(`${request.method} ${request.headers.range ?? ""}`.trim());
    request.resume();
    request.on("end", () => answer?.(request, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const address = `s3://bucket?endpoint=http://127.0.0.1:${port}`;
  const artifacts = await openArtifacts(await newFolder(t), { address, attemptsMax });
  return { artifacts, seen };
}

const status =
  (code: number, name = ""): Answer =>
  (_request, response) => {
    response.writeHead(code, { "content-type": "application/xml" });
    response.end(name === "" ? "" : `<Error><Code>${name}</Code><Message>no</Message></Error>`);
  };

const hangUp: Answer = (request) => request.socket.destroy();

const headOf =
  (bytes: number): Answer =>
  (_request, response) => {
    response.writeHead(200, {
      "content-length": bytes,
      "last-modified": new Date(0).toUTCString(),
    });
    response.end();
  };

describe("artifacts in S3 that is away", () => {
  before(() => {
    process.env["AWS_ACCESS_KEY_ID"] ??= "key";
    process.env["AWS_SECRET_ACCESS_KEY"] ??= "secret";
  });

  it("tries again while the server is in trouble, and no more often than it may", async (t) => {
    const good = await serverOf(t, [status(503), hangUp, status(200)], 3);
    assert.equal((await good.artifacts.put(pattern(10), roomy)).bytes, 10);
    assert.equal(good.seen.length, 3);
    const bad = await serverOf(t, [status(500)], 2);
    const isAway = refusal("storage_unavailable");
    await assert.rejects(bad.artifacts.put(pattern(10), roomy), isAway);
    assert.equal(bad.seen.length, 2);
  });

  it("says that nothing listens there", async (t) => {
    const address = "s3://bucket?endpoint=http://127.0.0.1:1";
    const artifacts = await openArtifacts(await newFolder(t), { address, attemptsMax: 1 });
    const isAway = refusal("storage_unavailable");
    await assert.rejects(artifacts.size(sha256(pattern(1))), isAway);
    await assert.rejects(artifacts.check(), isAway);
  });

  it("tells a refusal from a server that is away", async (t) => {
    for (const name of ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"]) {
      const { artifacts, seen } = await serverOf(t, [status(403, name)], 3);
      await assert.rejects(artifacts.put(pattern(10), roomy), (error: unknown) => {
        assert.ok(refusal("storage_unavailable")(error) && error instanceof Error);
        return error.message.includes("refused access");
      });
      assert.equal(seen.length, 1);
    }
  });

  it("takes a download up again where the connection broke", async (t) => {
    const bytes = pattern(1000);
    const half: Answer = (_request, response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write(bytes.subarray(0, 400), () => setImmediate(() => response.destroy()));
    };
    const rest: Answer = (_request, response) => {
      response.writeHead(206, { "content-length": 600, "content-range": "bytes 400-999/1000" });
      response.end(bytes.subarray(400));
    };
    const { artifacts, seen } = await serverOf(t, [headOf(1000), half, rest], 1);
    assert.deepEqual(new Uint8Array(await artifacts.get(sha256(bytes))), bytes);
    assert.deepEqual(seen, ["HEAD", "GET", "GET bytes=400-"]);
  });

  it("does not take other bytes for what was asked", async (t) => {
    const wrong: Answer = (_request, response) => response.end(pattern(10));
    const other = await serverOf(t, [headOf(10), wrong], 1);
    const digest = sha256(pattern(11));
    await assert.rejects(other.artifacts.get(digest), refusal("storage_corrupt"));
  });
});

describe("slots", () => {
  it("are handed on in order, and left by those who give up waiting", async () => {
    const slots = new Slots(1, 2);
    const first = await slots.take();
    const stop = new AbortController();
    const second = slots.take(stop.signal);
    const third = slots.take();
    await assert.rejects(slots.take(), refusal("storage_unavailable"));
    stop.abort(new Error("enough"));
    await assert.rejects(second, /enough/);
    first[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    (await slots.take())[Symbol.dispose]();
  });
});

describe("an address of artifacts", () => {
  it("names a bucket, a prefix and how to get there", () => {
    assert.deepEqual(s3AddressOf("s3://lab/linnet/a?region=eu-central-1"), {
      bucket: "lab",
      prefix: "linnet/a/",
      region: "eu-central-1",
      endpoint: undefined,
      pathStyle: false,
      copiesBytesMax: 8 * 1024 ** 3,
    });
    const own = s3AddressOf("s3://lab?endpoint=http://10.0.0.1:9000&copies_bytes=1048576");
    assert.deepEqual([own?.prefix, own?.pathStyle, own?.region], ["", true, "us-east-1"]);
    assert.equal(own?.copiesBytesMax, 1024 ** 2);
  });

  it("is refused when it says nothing, or something unknown", () => {
    const wrong = ["", "s3://", "s3://a", "http://lab", "s3://lab?color=red", "s3://lab/../x y"];
    const values = ["endpoint=ftp://x", "path_style=yes", "copies_bytes=1", "copies_bytes=a"];
    for (const text of [...wrong, ...values.map((value) => `s3://lab?${value}`)]) {
      assert.equal(s3AddressOf(text), null, text);
    }
  });
});
