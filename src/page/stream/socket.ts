/**
 * The one WebSocket of the page, over which every run is followed. It comes back by itself, asks
 * each follower where to go on, and says when it is lost. Frames are the followers' matter.
 */
import type { ClientFrame, ServerFrame } from "#schemas/stream.ts";
import { Cell } from "../state/cell.ts";

export interface Follower {
  readonly run: string;
  /** The frame with which to subscribe now; undefined when nothing more will come. */
  subscribe(): Extract<ClientFrame, { frame: "subscribe" }> | undefined;
  receive(frame: ServerFrame): void;
}

export type Link =
  | { readonly state: "idle" }
  | { readonly state: "connecting"; readonly sinceMs: number }
  | { readonly state: "live" }
  | { readonly state: "lost"; readonly sinceMs: number; readonly retryMs: number };

const protocol = "linnet.v1";
const retryFirstMs = 250;
const retryMostMs = 8000;
const pingMs = 8000;
const silenceMs = 15_000;

export class StreamSocket {
  readonly link = new Cell<Link>({ state: "idle" });
  readonly #followers = new Map<string, Follower>();
  readonly #address: () => Promise<string>;
  #isOpening = false;
  #socket: WebSocket | undefined;
  #attempts = 0;
  #heardMs = 0;
  #lostMs: number | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** `address` is asked before every attempt, since tickets are good for one. */
  constructor(address: () => Promise<string>) {
    this.#address = address;
    setInterval(() => this.#check(), pingMs);
    addEventListener("online", () => this.reconnect());
    addEventListener("offline", () => this.#lose());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.link.value.state === "lost") this.reconnect();
    });
  }

  /** Follows a run from now on; the one before on the same run is let go. */
  add(follower: Follower): void {
    this.#followers.set(follower.run, follower);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#subscribe(follower);
    else if (this.#socket === undefined && this.#retry === undefined) this.#open();
  }

  remove(follower: Follower): void {
    if (this.#followers.get(follower.run) !== follower) return;
    this.#followers.delete(follower.run);
    this.#send({ frame: "unsubscribe", run: follower.run });
  }

  /** Subscribes again from the follower's cursor. */
  renew(follower: Follower): void {
    if (this.#followers.get(follower.run) === follower) this.#subscribe(follower);
  }

  /** Connects before anybody follows a run, so that the page knows whether it is stale. */
  start(): void {
    if (this.link.value.state === "idle") this.#open();
  }

  /** Tries at once instead of waiting. */
  reconnect(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#open();
  }

  #subscribe(follower: Follower): void {
    const frame = follower.subscribe();
    if (frame !== undefined) this.#send(frame);
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #open(): void {
    if (this.#isOpening) return;
    this.#isOpening = true;
    if (this.#lostMs === undefined) this.link.set({ state: "connecting", sinceMs: Date.now() });
    this.#address().then(
      (address) => {
        this.#isOpening = false;
        this.#connect(new WebSocket(address, protocol));
      },
      () => {
        this.#isOpening = false;
        this.#lose();
      },
    );
  }

  #connect(socket: WebSocket): void {
    this.#socket?.close();
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempts = 0;
      this.#lostMs = undefined;
      this.#heardMs = performance.now();
      for (const follower of this.#followers.values()) this.#subscribe(follower);
      this.link.set({ state: "live" });
    });
    socket.addEventListener("message", ({ data }) => {
      this.#heardMs = performance.now();
      if (typeof data === "string") this.#receive(JSON.parse(data) as ServerFrame);
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#lose();
    });
  }

  #receive(frame: ServerFrame): void {
    if (!("run" in frame) || frame.run === undefined) return;
    this.#followers.get(frame.run)?.receive(frame);
  }

  #lose(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    clearTimeout(this.#retry);
    this.#lostMs ??= Date.now();
    const share = 0.7 + 0.3 * Math.random();
    const waitMs = Math.min(retryMostMs, retryFirstMs * 2 ** this.#attempts) * share;
    this.#attempts += 1;
    this.link.set({ state: "lost", sinceMs: this.#lostMs, retryMs: Date.now() + waitMs });
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#open();
    }, waitMs);
  }

  /** Asks for a sign of life; a connection that gives none is lost, whatever it claims. */
  #check(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.#heardMs > silenceMs) return this.#lose();
    this.#send({ frame: "ping" });
  }
}
