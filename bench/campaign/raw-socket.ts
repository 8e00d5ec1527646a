/** Sockets written byte by byte, as no client of WebSockets would: what floods are made of. */
import { connect, type Socket } from "node:net";

/** A connection on which nothing was said yet. */
export function dial(address: string): Socket {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  // Being cut off is what these are for.
  socket.on("error", () => undefined);
  return socket;
}

/** Resolves once it is closed, by whomever. */
export function closed(socket: Socket): Promise<void> {
  if (socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Asks for a WebSocket; resolves with false when it is closed before an answer came. */
export async function upgrade(socket: Socket, path: string): Promise<boolean> {
  const head = [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: linnet.v1",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  const answered = new Promise<boolean>((resolve) =>
    socket.once("data", (data: Buffer) => resolve(data.toString("latin1").includes(" 101 "))),
  );
  return Promise.race([answered, closed(socket).then(() => false)]);
}

/** First bytes of frames, RFC 6455, section 5.2. */
export const opcodes = { text: 0x81, textBegins: 0x01, continues: 0x00, ping: 0x89 } as const;

const mask = Buffer.alloc(4);
const shortMax = 125;

/** A masked frame; `declared` is the length that it says to have. */
export function frameOf(first: number, payload: Uint8Array, declared = payload.length): Buffer {
  if (declared <= shortMax)
    return Buffer.concat([Buffer.of(first, 0x80 | declared), mask, payload]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(declared));
  return Buffer.concat([Buffer.of(first, 0xff), length, mask, payload]);
}
