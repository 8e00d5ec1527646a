/**
 * Many readers of one run, in a process of their own: told how many and of what by its first
 * message, answers with what they saw. Slow ones open their socket and never read.
 */
import { WebSocket } from "ws";
import type { ServerFrame } from "#schemas/stream.ts";

export interface ReadersTask {
  readonly url: string;
  readonly count: number;
  readonly isSlow: boolean;
  /** How long slow readers stay, at most. */
  readonly stayMs: number;
}

export interface ReadersSeen {
  readonly opened: number;
  /** Answered with a status in the place of a stream. */
  readonly refused: number;
  readonly completed: number;
  readonly events: number;
  /** Seqs that were left out, declared or not. */
  readonly missing: number;
  /** Seqs that came again or out of order. */
  readonly disordered: number;
  /** Milliseconds from the event's time to its arrival, of live events, ascending. */
  readonly latenciesMs: readonly number[];
  /** Close code → how often. */
  readonly closes: Readonly<Record<string, number>>;
  /** Processor time of the readers since all of them were open, in seconds. */
  readonly processorSeconds: number;
}

/** Latencies that are kept; every so many of them once there are more. */
const latenciesMax = 2_000_000;
const openAtOnce = 50;
/** All readers are sent the same bytes: what they mean is looked up once. */
const meaningsMax = 512;

class Readers {
  readonly latencies = new Float32Array(latenciesMax);
  readonly closes: Record<string, number> = {};
  readonly sockets: WebSocket[] = [];
  latencyCount = 0;
  opened = 0;
  refused = 0;
  completed = 0;
  events = 0;
  missing = 0;
  disordered = 0;

  readonly #meanings = new Map<string, ServerFrame>();

  #meaningOf(text: string): ServerFrame {
    const known = this.#meanings.get(text);
    if (known !== undefined) return known;
    if (this.#meanings.size >= meaningsMax) this.#meanings.clear();
    const frame = JSON.parse(text) as ServerFrame;
    this.#meanings.set(text, frame);
    return frame;
  }

  /** Resolves once it is open, with what resolves once it is closed. */
  open(url: string, isSlow: boolean): Promise<{ readonly ended: Promise<void> }> {
    const socket = new WebSocket(url, ["linnet.v1"], { perMessageDeflate: false });
    this.sockets.push(socket);
    let last = 0;
    let isLive = false;
    socket.on("message", (data: Buffer) => {
      const frame = this.#meaningOf(data.toString("latin1"));
      if (frame.frame === "caught_up") isLive = true;
      if (frame.frame === "complete") {
        this.completed += 1;
        socket.close();
      }
      if (frame.frame === "gap") {
        this.missing += frame.to - frame.from + 1;
        last = frame.to;
      }
      if (frame.frame !== "event") return;
      this.events += 1;
      if (frame.seq <= last) this.disordered += 1;
      else this.missing += frame.seq - last - 1;
      last = Math.max(last, frame.seq);
      if (!isLive || this.latencyCount >= latenciesMax) return;
      this.latencies[this.latencyCount] = Date.now() - Date.parse(frame.time);
      this.latencyCount += 1;
    });
    const ended = new Promise<void>((resolve) => {
      socket.on("close", (code) => {
        this.closes[code] = (this.closes[code] ?? 0) + 1;
        resolve();
      });
      socket.on("error", () => resolve());
    });
    socket.on("unexpected-response", (request) => {
      this.refused += 1;
      request.destroy();
    });
    return new Promise((resolve) => {
      socket.on("open", () => {
        this.opened += 1;
        if (isSlow) socket.pause();
        resolve({ ended });
      });
      socket.on("error", () => resolve({ ended }));
    });
  }

  seen(since: NodeJS.CpuUsage): ReadersSeen {
    const { user, system } = process.cpuUsage(since);
    const processorSeconds = (user + system) / 1e6;
    const latencies = this.latencies.slice(0, this.latencyCount).sort();
    const { opened, refused, completed, events, missing, disordered, closes } = this;
    // A thousand quantiles are enough to tell any other.
    const latenciesMs = Array.from({ length: 1001 }, (_, at) =>
      Number(latencies[Math.floor((at / 1000) * (latencies.length - 1))] ?? 0),
    );
    const counts = { opened, refused, completed, events, missing, disordered, closes };
    return { ...counts, latenciesMs, processorSeconds };
  }
}

async function read(task: ReadersTask): Promise<void> {
  const readers = new Readers();
  const ends: Promise<void>[] = [];
  for (let count = 0; count < task.count; count += openAtOnce) {
    const some = Math.min(openAtOnce, task.count - count);
    const opening = Array.from({ length: some }, async () => {
      const { ended } = await readers.open(task.url, task.isSlow);
      ends.push(ended);
    });
    await Promise.all(opening);
  }
  process.send?.({ type: "open" });
  const since = process.cpuUsage();
  const stay = new Promise<void>((resolve) => setTimeout(resolve, task.stayMs).unref());
  await Promise.race([Promise.all(ends), stay]);
  process.send?.({ type: "seen", seen: readers.seen(since) }, () => process.exit(0));
}

process.once("message", (task: ReadersTask) => void read(task));
process.once("disconnect", () => process.exit(0));
