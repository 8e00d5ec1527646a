/** Bodies that are there at the same time share a bound, and small ones are always let in. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import { shareStage } from "./stage.ts";

const [bodyBytes, bodiesBytes] = [400_000, 500_000];
let address: string;
const environment = {
  LINNET_BODY_BYTES_MAX: String(bodyBytes),
  LINNET_BODIES_BYTES_MAX: String(bodiesBytes),
};
const stage = shareStage({ environment }, async ({ app }) => {
  address = await app.listen({ host: "127.0.0.1", port: 0 });
});
const sockets: Socket[] = [];
after(() => {
  for (const socket of sockets) socket.destroy();
});

/** A body of spaces, all of it or all but its last byte; `framing` tells its length or does not. */
function post({ whole, framing = "length" }: { whole: boolean; framing?: "length" | "chunks" }) {
  const { host, hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  const head = ["POST /v1/models HTTP/1.1", `Host: ${host}`, "Content-Type: application/json"];
  const body = Buffer.alloc(bodyBytes - Number(!whole), " ");
  if (framing === "length") {
    socket.write(`${[...head, `Content-Length: ${bodyBytes}`].join("\r\n")}\r\n\r\n`);
    socket.write(body);
  } else {
    socket.write(`${[...head, "Transfer-Encoding: chunked"].join("\r\n")}\r\n\r\n`);
    socket.write(`${bodyBytes.toString(16)}\r\n`);
    socket.write(body);
    if (whole) socket.write("\r\n0\r\n\r\n");
  }
  const answer = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (text.includes("\r\n\r\n") && text.endsWith("}")) resolve(text);
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
  return { socket, answer };
}

/** Asks until the answer fits: when bytes of others arrive is theirs to say. */
async function until(expected: RegExp, framing: "length" | "chunks"): Promise<string> {
  for (let turn = 0; turn < 200; turn += 1) {
    const text = await post({ whole: true, framing }).answer;
    if (expected.test(text)) return text;
  }
  throw new Error(`no answer like ${expected}`);
}

describe("bodies that are there at the same time", () => {
  for (const framing of ["length", "chunks"] as const) {
    it(`are refused where they do not fit beside each other (${framing})`, async () => {
      const first = post({ whole: false, framing });
      const refused = await until(/^HTTP\/1\.1 429 /, framing);
      assert.match(refused, /bodies_bytes_max.*"code":"rate_limited"/s);
      assert.match(refused, /\r\nretry-after: 1\r\n/i);
      assert.match(refused, /\r\nconnection: close\r\n/i);
      // Small ones need no room; a large one has it again as soon as the first is gone.
      const small = await fetch(`${address}/v1/models`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: `{"name": "${"a".repeat(60_000)}"}`,
      });
      assert.equal(small.status, 400);
      first.socket.destroy();
      await until(/^HTTP\/1\.1 400 .*"code":"malformed_body"/s, framing);
    });
  }

  it("are given back when they are answered, one after the other", async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      assert.match(await post({ whole: true }).answer, /^HTTP\/1\.1 400 /);
    }
  });

  it("are told of at /v1/limits", async () => {
    const limits = (await stage().app.inject("/v1/limits")).json();
    assert.deepEqual([limits.body_bytes_max, limits.bodies_bytes_max], [bodyBytes, bodiesBytes]);
  });
});
