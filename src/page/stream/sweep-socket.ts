/**
 * A sweep's own stream for as long as somebody looks at it: says that something changed, comes back
 * by itself when it is cut, and ends when the sweep has ended. What changed is read over REST.
 */
import type { ServerFrame, SweepFrame } from "#schemas/stream.ts";
import type { Stop } from "../state/cell.ts";

const protocol = "linnet.v1";
const retryFirstMs = 250;
const retryMostMs = 8000;
const pingMs = 8000;
const silenceMs = 20_000;

const hasEnded = ({ status }: SweepFrame): boolean =>
  status === "completed" || status === "cancelled" || status === "failed";

export interface SweepFollowing {
  /** Asked before every attempt, since tickets are good for one. */
  readonly address: () => Promise<string>;
  readonly act: () => void;
}

class SweepSocket {
  readonly #following: SweepFollowing;
  readonly #timer: ReturnType<typeof setInterval>;
  #socket: WebSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #heardMs = 0;
  #isOver = false;

  constructor(following: SweepFollowing) {
    this.#following = following;
    this.#timer = setInterval(() => this.#check(), pingMs);
    this.#open();
  }

  #open(): void {
    this.#following.address().then(
      (address) => {
        if (!this.#isOver) this.#connect(new WebSocket(address, protocol));
      },
      () => this.#lose(),
    );
  }

  #connect(socket: WebSocket): void {
    this.#socket = socket;
    this.#heardMs = performance.now();
    socket.addEventListener("message", ({ data }) => {
      this.#heardMs = performance.now();
      this.#attempts = 0;
      if (typeof data === "string") this.#receive(JSON.parse(data) as ServerFrame);
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#lose();
    });
  }

  #receive(frame: ServerFrame): void {
    if (frame.frame !== "sweep" && frame.frame !== "event") return;
    this.#following.act();
    if (frame.frame === "sweep" && hasEnded(frame)) this.close();
  }

  #lose(): void {
    this.#socket = undefined;
    if (this.#isOver) return;
    const waitMs = Math.min(retryMostMs, retryFirstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#retry = setTimeout(() => this.#open(), waitMs * (0.7 + 0.3 * Math.random()));
  }

  /** Asks for a sign of life; a connection that gives none is opened anew. */
  #check(): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.#heardMs > silenceMs) {
      this.#lose();
      socket.close();
    } else socket.send(JSON.stringify({ frame: "ping" }));
  }

  close(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#socket?.close();
  }
}

/** Calls `act` at every change of the sweep, until the returned function is called or it ends. */
export function followSweep(following: SweepFollowing): Stop {
  const socket = new SweepSocket(following);
  return () => socket.close();
}
