/**
 * Readers of many runs, in a process of their own: real WebSockets, each of one run. Every frame is
 * looked at: seqs follow each other, and a checksum over all of them tells what was said.
 */
import { crc32 } from "node:zlib";
import { WebSocket } from "ws";

export interface ReaderTask {
  /** Of the streams that are to be read, one a reader. */
  readonly streams: readonly { readonly run: string; readonly url: string }[];
}

export interface ReaderCount {
  readonly events: number;
  /** Milliseconds from when an event was recorded to when it arrived, since the last count. */
  readonly latenciesMs: readonly number[];
}

/** What one reader saw of its run until it was told that the run is over. */
export interface Read {
  readonly run: string;
  readonly events: number;
  readonly last: number;
  /** Over the frames of all events, in order. */
  readonly checksum: number;
  /** Events that a lagging reader was told it did not get. */
  readonly conflated: number;
  readonly faults: readonly string[];
}

const openAtOnce = 25;
/** Every so many events one is timed. */
const timedEach = 10;
const faultsMax = 5;
const eventFrame = /^\{"frame":"event","run":"[^"]+","seq":(\d+),"type":"\w+","time":"([^"]+)"/;

let events = 0;
let latenciesMs: number[] = [];

class Reader {
  readonly #run: string;
  readonly #faults: string[] = [];
  #events = 0;
  #last = 0;
  #checksum = 0;
  #conflated = 0;

  constructor(run: string) {
    this.#run = run;
  }

  /** True when it was the last. */
  take(data: Buffer): boolean {
    const found = eventFrame.exec(data.toString("latin1", 0, 200));
    if (found === null) return this.#other(JSON.parse(data.toString()));
    const [, seq, time] = found;
    this.#expect(Number(seq));
    this.#last = Number(seq);
    this.#checksum = crc32(data, this.#checksum);
    this.#events += 1;
    events += 1;
    if (events % timedEach === 0) latenciesMs.push(Date.now() - Date.parse(time ?? ""));
    return false;
  }

  get read(): Read {
    return {
      run: this.#run,
      events: this.#events,
      last: this.#last,
      checksum: this.#checksum,
      conflated: this.#conflated,
      faults: this.#faults,
    };
  }

  fail(text: string): void {
    if (this.#faults.length < faultsMax) this.#faults.push(text);
  }

  #other(frame: { frame: string; from?: number; to?: number }): boolean {
    if (frame.frame === "gap") {
      this.#expect(frame.from ?? 0);
      this.#conflated += (frame.to ?? 0) - (frame.from ?? 0) + 1;
      this.#last = frame.to ?? 0;
    }
    if (frame.frame === "error") this.fail(JSON.stringify(frame));
    return frame.frame === "complete";
  }

  #expect(seq: number): void {
    if (seq !== this.#last + 1) this.fail(`seq ${seq} came after ${this.#last}`);
  }
}

async function openReader({ run, url }: ReaderTask["streams"][number]) {
  const reader = new Reader(run);
  const socket = new WebSocket(url, ["linnet.v1"], { perMessageDeflate: false });
  const ended = new Promise<Read>((resolve) => {
    let isComplete = false;
    socket.on("message", (data: Buffer) => {
      if (!reader.take(data)) return;
      isComplete = true;
      socket.close();
    });
    socket.on("error", (error) => reader.fail(String(error)));
    socket.once("close", (code) => {
      if (!isComplete) reader.fail(`closed with ${code} before the end`);
      resolve(reader.read);
    });
  });
  await new Promise<void>((resolve) => {
    socket.once("open", resolve);
    socket.once("close", () => resolve());
  });
  return { ended };
}

async function read({ streams }: ReaderTask): Promise<void> {
  const ended: Promise<Read>[] = [];
  for (let at = 0; at < streams.length; at += openAtOnce) {
    const some = await Promise.all(streams.slice(at, at + openAtOnce).map(openReader));
    ended.push(...some.map((reader) => reader.ended));
  }
  process.send?.("open");
  process.send?.({ read: await Promise.all(ended) });
  process.disconnect();
}

process.once("message", (task: ReaderTask) => {
  process.on("message", () => {
    process.send?.({ events, latenciesMs } satisfies ReaderCount);
    latenciesMs = [];
  });
  void read(task);
});
