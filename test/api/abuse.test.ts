/** Streams under abuse: each kind of flood ends its own socket, and nobody else notices. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import { Listener } from "./listener.ts";
import { logged, openStage, shareStage } from "./stage.ts";

let address: string;
const environment = {
  LINNET_STREAM_STALL_MS: "300",
  LINNET_HEARTBEAT_MS: "1000",
  LINNET_CONNECTIONS_PER_ADDRESS_MAX: "40",
};
const stage = shareStage({ environment }, async ({ app }) => {
  address = await app.listen({ host: "127.0.0.1", port: 0 });
});
const sockets: { destroy(): unknown }[] = [];
after(() => {
  for (const socket of sockets) socket.destroy();
});

function listen(path: string, options: ConstructorParameters<typeof Listener>[1] = {}): Listener {
  const listener = new Listener(address + path, options);
  sockets.push({ destroy: () => listener.socket.terminate() });
  return listener;
}

function dial(to = address): Socket {
  const { hostname, port } = new URL(to);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  sockets.push(socket);
  return socket;
}

/** A stream whose frames are written byte by byte, by hand. */
async function upgraded(to = address): Promise<Socket> {
  const socket = dial(to);
  const head = [
    "GET /v1/stream HTTP/1.1",
    `Host: ${new URL(to).host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: linnet.v1",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  const [answer] = (await new Promise((resolve) =>
    socket.once("data", (data) => resolve([data])),
  )) as [Buffer];
  assert.match(answer.toString("latin1"), /^HTTP\/1\.1 101 /);
  return socket;
}

/** Resolves to the close code that the service sends, or 1006 when it just cuts. */
function closeOf(socket: Socket): Promise<number> {
  let bytes = Buffer.alloc(0);
  socket.on("data", (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
  });
  return new Promise((resolve) => {
    socket.once("close", () => {
      // An unmasked close frame: 0x88, its length, its code.
      const at = bytes.lastIndexOf(0x88);
      resolve(at === -1 ? 1006 : bytes.readUInt16BE(at + 2));
    });
  });
}

const mask = Buffer.alloc(4);
/** A masked frame; `declared` is the length that it says to have. */
function frame(first: number, payload: Buffer, declared = payload.length): Buffer {
  if (declared < 126) return Buffer.concat([Buffer.of(first, 0x80 | declared), mask, payload]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(declared));
  return Buffer.concat([Buffer.of(first, 0xff), length, mask, payload]);
}

const text = 0x81;
const textBegins = 0x01;
const continues = 0x00;
const ping = 0x89;

/** Runs `abuse` while a reader follows a live run, and sees that it misses nothing. */
async function besideReader(abuse: () => Promise<void>): Promise<void> {
  const { id } = await stage().addRun();
  const reader = listen(`/v1/runs/${id}/stream`);
  await reader.frame("caught_up");
  let isOver = false;
  const abused = abuse().finally(() => {
    isOver = true;
  });
  let count = 0;
  while (!isOver || count === 0) {
    count += 1;
    await stage().append(id, [logged(count)]);
    await reader.until(() => reader.seqs().length === count);
  }
  await abused;
  assert.deepEqual(
    reader.seqs(),
    Array.from({ length: count }, (_, at) => at + 1),
  );
}

describe("a stream that is abused", () => {
  it("is cut off, or closed with 4429, when it is flooded with pings and reads no answer", () =>
    besideReader(async () => {
      const socket = await upgraded();
      const closed = closeOf(socket);
      socket.pause();
      const pings = Buffer.concat(
        Array.from({ length: 400 }, () => frame(ping, Buffer.alloc(100))),
      );
      socket.write(pings);
      const { id } = await stage().addRun();
      await listen(`/v1/runs/${id}/stream`).frame("caught_up");
      socket.resume();
      assert.ok([4429, 1006].includes(await closed));
    }));

  it("is closed with 4429 when pings come too fast, though each is answered", () =>
    besideReader(async () => {
      const pinging = listen("/v1/stream");
      await pinging.opened();
      pinging.socket.on("pong", () => pinging.socket.ping());
      for (let at = 0; at < 20; at += 1) pinging.socket.ping();
      assert.equal((await pinging.closed).code, 4429);
    }));

  it("is closed with 4429 when frames come too fast, and what follows is not obeyed", () =>
    besideReader(async () => {
      const flooded = listen("/v1/stream");
      await flooded.opened();
      const { id } = await stage().addRun();
      for (let at = 0; at < 300; at += 1) flooded.send({ frame: "ping" });
      flooded.send({ frame: "subscribe", run: id });
      assert.equal((await flooded.closed).code, 4429);
      assert.equal(flooded.of("hello").length, 0);
    }));

  it("reads no log for subscriptions that others, which came with them, replace", async (t) => {
    const { app, addRun, backing } = await openStage(t);
    const { store } = backing;
    const of = store.of.bind(store);
    let reads = 0;
    store.of = (tenant) => {
      const view = of(tenant);
      const read = view.read.bind(view);
      view.read = (body) => {
        reads += 1;
        return read(body);
      };
      return view;
    };
    const { id } = await addRun();
    const socket = await upgraded(await app.listen({ host: "127.0.0.1", port: 0 }));
    reads = 0;
    const told = new Promise<string>((resolve) => {
      let bytes = "";
      socket.on("data", (data: Buffer) => {
        bytes += data.toString("latin1");
        if (bytes.includes("caught_up")) resolve(bytes);
      });
    });
    const subscribe = Buffer.from(JSON.stringify({ frame: "subscribe", run: id }));
    socket.write(Buffer.concat(Array.from({ length: 200 }, () => frame(text, subscribe))));
    const bytes = await told;
    assert.equal(bytes.split('"hello"').length, 2);
    // The network may have brought them in a few parts; each part reads for its last alone.
    assert.ok(reads < 20, `${reads} reads`);
  });

  it("is closed at once by a length that is too large, before its bytes come", () =>
    besideReader(async () => {
      for (const declared of [64 * 1024 + 1, 2 ** 31, 2 ** 52]) {
        const socket = await upgraded();
        const closed = closeOf(socket);
        socket.write(frame(text, Buffer.alloc(0), declared));
        assert.equal(await closed, 1009, String(declared));
      }
    }));

  it("is closed when one frame comes in too many pieces", () =>
    besideReader(async () => {
      const socket = await upgraded();
      const closed = closeOf(socket);
      const pieces = Array.from({ length: 400 }, (_, at) =>
        frame(at === 0 ? textBegins : continues, Buffer.from("x")),
      );
      socket.write(Buffer.concat(pieces));
      assert.ok([1008, 1009].includes(await closed));
    }));

  it("is cut off when its peer answers no heartbeat", () =>
    besideReader(async () => {
      const gone = listen("/v1/stream", { autoPong: false });
      await gone.opened();
      assert.equal((await gone.closed).code, 1006);
    }));

  it("can take no more connections of its address than are allowed, and others stay", () =>
    besideReader(async () => {
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      let refused = 0;
      const flood = Array.from({ length: 60 }, () => dial());
      for (const socket of flood) {
        socket.once("close", () => {
          refused += 1;
          if (refused === 20) resolve();
        });
      }
      await enough;
      for (const socket of flood) socket.destroy();
    }));
});

describe("a request that is too large", () => {
  it("is refused by the length that it declares, before its bytes come", async () => {
    const socket = dial();
    const head = [
      "POST /v1/runs HTTP/1.1",
      `Host: ${new URL(address).host}`,
      "Content-Type: application/json",
      `Content-Length: ${2 ** 50}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
    assert.match(answer.toString("latin1"), /^HTTP\/1\.1 413 /);
  });
});
