/**
 * What strangers may do to a socket, each for a while and many at once, beside readers of a run
 * that trains: the memory of the service must stay flat, and the readers must miss nothing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { holdingsOf } from "./processes.ts";
import { closed, dial, frameOf, opcodes, upgrade } from "./raw-socket.ts";
import { Stage } from "./readers-stage.ts";
import { atLeast, atMost, type FigureRow, none, type Report, worst } from "./report.ts";
import { type Server, startServer } from "./server.ts";

export interface FloodsOptions {
  readonly isShort: boolean;
  readonly onLine: (text: string) => void;
}

const bounds = { grownMiB: 128, leftMiB: 64 };
const readers = 20;
const floodersAtOnce = 50;
const halfOpenMax = 400;
const mebibyte = 2 ** 20;
const sampleMs = 100;
/** How much longer the run trains than floods last. */
const restMs = 20_000;

interface Flood {
  readonly address: string;
  readonly run: string;
  readonly signal: AbortSignal;
}

/** One connection's life; how many frames, pieces or connections it was. */
type Flooding = (flood: Flood) => Promise<number>;

const textOf = (frame: object): Buffer => frameOf(opcodes.text, Buffer.from(JSON.stringify(frame)));

/** Writes the same again and again on one stream until it is cut off. */
function flooding(piece: Buffer, pieces: number, first?: Buffer): Flooding {
  return async ({ address, signal }) => {
    const socket = dial(address);
    try {
      if (!(await upgrade(socket, "/v1/stream"))) return 0;
      if (first !== undefined) socket.write(first);
      const end = closed(socket);
      let sent = 0;
      while (!socket.destroyed && !signal.aborted) {
        socket.write(piece);
        sent += pieces;
        await Promise.race([pause(1), end]);
      }
      return sent;
    } finally {
      socket.destroy();
    }
  };
}

const many = (frame: Buffer, times: number): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => frame));

const subscriptions: Flooding = (flood) => {
  const frames = Array.from({ length: 128 }, (_, at) => {
    const run = at % 2 === 0 ? flood.run : `run_${String(at).padStart(20, "0")}`;
    return textOf({ frame: "subscribe", run, after: 0 });
  });
  return flooding(Buffer.concat(frames), frames.length)(flood);
};

const connections: Flooding = async ({ address, run }) => {
  const socket = dial(address);
  await upgrade(socket, `/v1/runs/${run}/stream`);
  socket.destroy();
  return 1;
};

/** They ask half a question, or open a stream that they never read, and stay. */
const halfOpen: Flooding = async ({ address, run, signal }) => {
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const sockets = Array.from({ length: halfOpenMax / floodersAtOnce }, () => dial(address));
  for (const [at, socket] of sockets.entries()) {
    if (at % 2 === 0) socket.write("POST /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le");
    else if (await upgrade(socket, `/v1/runs/${run}/stream`)) socket.pause();
  }
  await aborted;
  for (const socket of sockets) socket.destroy();
  return sockets.length;
};

const body = Buffer.alloc(64);
const floods: Readonly<Record<string, Flooding>> = {
  pings: flooding(many(frameOf(opcodes.ping, body), 500), 500),
  frames: flooding(many(textOf({ frame: "ping" }), 500), 500),
  "frames that are none": flooding(many(frameOf(opcodes.text, body), 500), 500),
  subscriptions,
  connections,
  "lengths of a terabyte": flooding(frameOf(opcodes.text, body, 2 ** 40), 1),
  "pieces without end": flooding(
    many(frameOf(opcodes.continues, body), 500),
    500,
    frameOf(opcodes.textBegins, body),
  ),
  "half-open sockets": halfOpen,
};

async function residentMiB(server: Server): Promise<number> {
  return (await holdingsOf(server.pid)).residentBytes / mebibyte;
}

/** Floods for so long; how much was sent, and the most memory meanwhile. */
async function endure(server: Server, flood: Omit<Flood, "signal">, of: Flooding, forMs: number) {
  const signal = AbortSignal.timeout(forMs);
  let sent = 0;
  const flooders = Array.from({ length: floodersAtOnce }, async () => {
    while (!signal.aborted) {
      const more = await of({ ...flood, signal });
      sent += more;
    }
  });
  let most = 0;
  while (!signal.aborted) {
    most = Math.max(most, await residentMiB(server));
    await pause(sampleMs);
  }
  await Promise.all(flooders);
  return { sent, most };
}

async function figuresOf(stage: Stage, server: Server, options: FloodsOptions) {
  const { isShort, onLine } = options;
  const forMs = isShort ? 2000 : 10_000;
  const { every, perSecond } = await stage.calibrate();
  const seconds = (Object.keys(floods).length * forMs + restMs) / 1000;
  const run = await stage.submit(Math.round(perSecond * seconds), every);
  const steady = await stage.read(run, { count: readers, isSlow: false, stayMs: 600_000 });
  const before = await residentMiB(server);
  const figures: FigureRow[] = [worst("memory before, MiB", before)];
  for (const [name, flood] of Object.entries(floods)) {
    const { sent, most } = await endure(server, { address: server.address, run }, flood, forMs);
    onLine(`${name}: ${sent}, ${Math.round(most)} MiB`);
    figures.push({ name, value: sent });
    figures.push(atMost("… memory more by, MiB", most - before, bounds.grownMiB));
  }
  await pause(restMs / 4);
  const left = (await residentMiB(server)) - before;
  const { rate } = await stage.trained(run);
  const seen = await steady.seen;
  return [
    ...figures,
    atMost("memory more afterwards by, MiB", left, bounds.leftMiB),
    { name: "readers beside them", value: seen.opened },
    atLeast("… that saw the end", seen.completed, readers),
    none("… events left out", seen.missing),
    worst("… latency p99, ms", seen.latenciesMs[990] ?? Number.NaN),
    { name: "events a second of the run meanwhile", value: rate },
  ];
}

export async function floodsCampaign(options: FloodsOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-floods-"));
  const environment = { LINNET_CONNECTIONS_MAX: "2000", LINNET_THREADS_PER_TRAINER: "1" };
  const server = await startServer({ dataDir, port: 0, environment });
  try {
    const stage = new Stage(server);
    await stage.prepare();
    const figures = await figuresOf(stage, server, options);
    const code = await server.drain();
    const end = { name: "exit code of the service", value: String(code), bound: "0" };
    return {
      campaign: "floods",
      figures: [...figures, { ...end, holds: code === 0 }],
      findings: [],
    };
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}
