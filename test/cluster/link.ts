/**
 * A link between two processes that can be cut: a port of its own that passes bytes on to another.
 * Cut, it resets what is open and takes nothing more; silent, it takes bytes and delivers none, as
 * a network does that has come apart.
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

export class Link implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  /** Came while the link was silent. */
  readonly #held = new Set<Socket>();
  #state: "whole" | "cut" | "silent" = "whole";

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ pauseOnConnect: true }, (near) => this.#take(near));
  }

  /** A link to a port of loopback; `port` 0 picks a free one. */
  static async open(target: number, port = 0): Promise<Link> {
    const link = new Link(target);
    link.#server.listen(port, "127.0.0.1");
    await once(link.#server, "listening");
    return link;
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  get isWhole(): boolean {
    return this.#state === "whole";
  }

  #take(near: Socket): void {
    near.on("error", () => near.destroy());
    if (this.#state === "cut") {
      near.resetAndDestroy();
      return;
    }
    if (this.#state === "silent") {
      this.#held.add(near);
      near.once("close", () => this.#held.delete(near));
      return;
    }
    this.#join(near);
  }

  #join(near: Socket): void {
    const pair = { near, far: connect(this.#target, "127.0.0.1") };
    this.#pairs.add(pair);
    for (const [one, other] of [
      [pair.near, pair.far],
      [pair.far, pair.near],
    ] as const) {
      one.setNoDelay(true);
      one.on("error", () => one.destroy());
      one.once("close", () => {
        this.#pairs.delete(pair);
        // Nobody hears of an end while nothing is delivered.
        if (this.#state !== "silent") other.destroy();
      });
      one.pipe(other);
    }
  }

  /** Everything open is reset, and what comes is refused. */
  cut(): void {
    this.#state = "cut";
    this.#drop();
  }

  /** Bytes are taken and not delivered. */
  silence(): void {
    this.#state = "silent";
    for (const { near, far } of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.pause();
      far.pause();
    }
  }

  /** Passes bytes again; what was open is given up unless `keeps`. */
  heal(keeps = false): void {
    if (this.isWhole) return;
    this.#state = "whole";
    if (!keeps) this.#drop();
    for (const { near, far } of this.#pairs) {
      if (near.destroyed || far.destroyed) {
        near.destroy();
        far.destroy();
        continue;
      }
      near.pipe(far);
      far.pipe(near);
    }
    const held = [...this.#held];
    this.#held.clear();
    for (const near of held) this.#join(near);
  }

  #drop(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#pairs.clear();
    for (const near of this.#held) near.destroy();
    this.#held.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}
