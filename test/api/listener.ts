/** A WebSocket client for tests: collects frames, waits for one, reports how it was closed. */
import assert from "node:assert/strict";
import { type ClientOptions, WebSocket } from "ws";
import type { ClientFrame, ServerFrame } from "#schemas/stream.ts";

export type FrameOf<K extends ServerFrame["frame"]> = Extract<ServerFrame, { frame: K }>;

const patienceMs = 20_000;

export class Listener {
  readonly socket: WebSocket;
  readonly frames: ServerFrame[] = [];
  readonly tensors: Buffer[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #wake: (() => void)[] = [];

  constructor(url: string, options: ClientOptions & { readonly protocols?: string[] } = {}) {
    const { protocols = ["linnet.v1"], ...rest } = options;
    this.socket = new WebSocket(url.replace(/^http/, "ws"), protocols, rest);
    this.socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.tensors.push(data);
      else this.frames.push(JSON.parse(data.toString()) as ServerFrame);
      for (const wake of this.#wake.splice(0)) wake();
    });
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const wake of this.#wake.splice(0)) wake();
      });
    });
  }

  /** Waits until something is true of what came so far. */
  async until(is: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(patienceMs);
    while (!is()) {
      assert.ok(!signal.aborted, `still waiting after ${JSON.stringify(this.frames.at(-1))}`);
      assert.notEqual(this.socket.readyState, WebSocket.CLOSED, JSON.stringify(this.frames.at(-1)));
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** The first frame of a kind. */
  async frame<K extends ServerFrame["frame"]>(kind: K): Promise<FrameOf<K>> {
    await this.until(() => this.frames.some(({ frame }) => frame === kind));
    return this.of(kind)[0] as FrameOf<K>;
  }

  of<K extends ServerFrame["frame"]>(kind: K): FrameOf<K>[] {
    return this.frames.filter((frame): frame is FrameOf<K> => frame.frame === kind);
  }

  seqs(): number[] {
    return this.of("event").map(({ seq }) => seq);
  }

  send(frame: ClientFrame | Readonly<Record<string, unknown>>): void {
    this.socket.send(JSON.stringify(frame));
  }

  async opened(): Promise<void> {
    if (this.socket.readyState === WebSocket.OPEN) return;
    await new Promise<void>((resolve) => this.socket.once("open", () => resolve()));
  }
}
