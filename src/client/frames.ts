/**
 * One WebSocket of the stream as an async iterable of frames, with a bounded queue: a consumer who
 * falls behind loses the socket, not memory. Coming back after a cut is follow.ts's business.
 */
import type { ServerFrame } from "#schemas/stream.ts";

const subprotocol = "linnet.v1";

/** Frames that wait for the consumer; past this the socket is given up, to be resumed later. */
const framesWaitingMax = 4096;

/** Close code of our own for a consumer who is behind. */
const behindCode = 4000;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** What follow.ts needs of a socket; the global WebSocket and that of `ws` both fit. */
export interface SocketLike {
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "close", listener: (event: Closed) => void): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type OpenSocket = (url: string, protocols: string[]) => SocketLike;

export const openGlobal: OpenSocket = (url, protocols) => new WebSocket(url, protocols);

export class FrameSocket implements AsyncDisposable {
  readonly #socket: SocketLike;
  readonly #frames: ServerFrame[] = [];
  #closed: Closed | undefined;
  #wake: (() => void) | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isQuiet = false;

  constructor(url: string, open: OpenSocket) {
    this.#socket = open(url, [subprotocol]);
    this.#socket.addEventListener("message", ({ data }) => this.#receive(data));
    this.#socket.addEventListener("error", () => undefined);
    this.#socket.addEventListener("close", ({ code, reason }) => this.#end({ code, reason }));
  }

  #receive(data: unknown): void {
    this.#isQuiet = false;
    if (typeof data !== "string" || this.#closed !== undefined) return;
    const frame = JSON.parse(data) as ServerFrame;
    if (frame.frame === "hello") this.#watch(frame.heartbeat_ms);
    if (frame.frame === "pong") return;
    this.#frames.push(frame);
    if (this.#frames.length > framesWaitingMax) this.close(behindCode);
    this.#wake?.();
  }

  /** Asks for a sign of life at every heartbeat; two silent ones in a row end the socket. */
  #watch(heartbeatMs: number): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      if (this.#isQuiet) return this.#end({ code: 1006, reason: "silent" });
      this.#isQuiet = true;
      this.#socket.send(JSON.stringify({ frame: "ping" }));
    }, heartbeatMs);
    if (typeof this.#heartbeat === "object") this.#heartbeat.unref?.();
  }

  #end(closed: Closed): void {
    clearInterval(this.#heartbeat);
    this.#closed ??= closed;
    this.#wake?.();
  }

  close(code = 1000): void {
    this.#end({ code, reason: "" });
    this.#socket.close(code);
  }

  /** The next frame, or how the socket ended once every frame was taken. */
  async next(): Promise<ServerFrame | Closed> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.#closed !== undefined) return this.#closed;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
