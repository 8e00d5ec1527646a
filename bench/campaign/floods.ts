/**
 * What strangers may do to a socket, each for a while and many at once, beside readers of a run
 * that trains, and all of it twice: memory must stay within what the limits of streams allow, the
 * second time must need no more than the first, and the readers must miss nothing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { streamLimits } from "#api/stream/limits.ts";
import { freePort } from "#test/cluster/ports.ts";
import { allowedMiB, heapMiB, laterMiBMax, residentMiB } from "./memory.ts";
import { closed, dial, frameOf, opcodes, upgrade } from "./raw-socket.ts";
import { Stage } from "./readers-stage.ts";
import { atLeast, atMost, type FigureRow, none, type Report, worst } from "./report.ts";
import { type Server, startServer } from "./server.ts";

export interface FloodsOptions {
  readonly isShort: boolean;
  readonly onLine: (text: string) => void;
}

const readers = 20;
const floodersAtOnce = 50;
const halfOpenMax = 400;
const halfOpenName = "half-open sockets";
const bodiesName = "bodies without end";
/** As the service is told to take. */
const bodyBytes = 2 ** 20;
const bodiesBytes = 2 ** 25;
const rounds = ["first", "second"] as const;
const sampleMs = 100;
/** For so long the heap is looked at, before floods and after each round of them. */
const restMs = 10_000;
const heapSampleMs = 500;

interface Flood {
  readonly address: string;
  readonly run: string;
  readonly signal: AbortSignal;
}

/** One connection's life; how many frames, pieces, connections or bodies it was. */
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

const over = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** They ask half a question, or open a stream that they never read, and stay. */
const halfOpen: Flooding = async ({ address, run, signal }) => {
  const aborted = over(signal);
  const sockets = Array.from({ length: halfOpenMax / floodersAtOnce }, () => dial(address));
  for (const [at, socket] of sockets.entries()) {
    if (at % 2 === 0) socket.write("POST /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le");
    else if (await upgrade(socket, `/v1/runs/${run}/stream`)) socket.pause();
  }
  await aborted;
  for (const socket of sockets) socket.destroy();
  return sockets.length;
};

/** They send a body of JSON but for its last byte, and stay. */
const bodies: Flooding = async ({ address, signal }) => {
  const socket = dial(address);
  const head = [
    "POST /v1/models HTTP/1.1",
    "Host: 127.0.0.1",
    "Content-Type: application/json",
    `Content-Length: ${bodyBytes}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.write(Buffer.alloc(bodyBytes - 1, " "));
  await Promise.race([over(signal), closed(socket)]);
  socket.destroy();
  return 1;
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
  [halfOpenName]: halfOpen,
  [bodiesName]: bodies,
};

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
    most = Math.max(most, await residentMiB(server.pid));
    await pause(sampleMs);
  }
  await Promise.all(flooders);
  return { sent, most };
}

/** What lives in the heap: the least that is in use for a while, between two collections. */
async function livingMiB(metrics: string): Promise<number> {
  const samples: number[] = [];
  for (let waited = 0; waited < restMs; waited += heapSampleMs) {
    samples.push(await heapMiB(metrics));
    await pause(heapSampleMs);
  }
  return Math.min(...samples);
}

interface Scene {
  readonly server: Server;
  readonly metrics: string;
  readonly run: string;
  readonly forMs: number;
  readonly onLine: (text: string) => void;
}

/** What a flood and the readers beside it may add: by the sockets that are open at once. */
function allowedOf(name: string): number {
  const streams = readers + (name === halfOpenName ? halfOpenMax : floodersAtOnce);
  const { queueBytesMax, frameBytesMax } = streamLimits;
  const isBodies = name === bodiesName;
  return allowedMiB({
    streams: isBodies ? readers : streams,
    requests: isBodies ? floodersAtOnce : 0,
    queueBytesMax,
    frameBytesMax,
    bodyBytesMax: bodyBytes,
    bodiesBytesMax: bodiesBytes,
  });
}

/** Every flood once. */
async function roundOf({ server, metrics, run, forMs, onLine }: Scene, round: string) {
  const before = await residentMiB(server.pid);
  const living = await livingMiB(metrics);
  const figures: FigureRow[] = [worst(`memory before the ${round} round, MiB`, before)];
  let peak = 0;
  for (const [name, flood] of Object.entries(floods)) {
    const { sent, most } = await endure(server, { address: server.address, run }, flood, forMs);
    onLine(`${round} ${name}: ${sent}, ${Math.round(most)} MiB`);
    peak = Math.max(peak, most);
    figures.push({ name: `${round} ${name}`, value: sent });
    figures.push(atMost(`… ${round}, memory more by, MiB`, most - before, allowedOf(name)));
  }
  return { figures, peak, living };
}

async function figuresOf(stage: Stage, scene: Omit<Scene, "run">) {
  const { every, perSecond } = await stage.calibrate();
  const floodsMs = rounds.length * Object.keys(floods).length * scene.forMs;
  const seconds = (floodsMs + (rounds.length + 2) * restMs) / 1000;
  const run = await stage.submit(Math.round(perSecond * seconds), every);
  const steady = await stage.read(run, { count: readers, isSlow: false, stayMs: 600_000 });
  const first = await roundOf({ ...scene, run }, rounds[0]);
  const second = await roundOf({ ...scene, run }, rounds[1]);
  const left = await livingMiB(scene.metrics);
  const { rate } = await stage.trained(run);
  const seen = await steady.seen;
  return [
    ...first.figures,
    ...second.figures,
    worst("memory at most, MiB", Math.max(first.peak, second.peak)),
    atMost("… in the second round more by, MiB", second.peak - first.peak, laterMiBMax),
    worst("living heap before, MiB", first.living),
    atMost("… after the first round more by, MiB", second.living - first.living, laterMiBMax),
    atMost("… after the second round more by, MiB", left - first.living, laterMiBMax),
    { name: "readers beside them", value: seen.opened },
    atLeast("… that saw the end", seen.completed, readers),
    none("… events left out", seen.missing),
    worst("… latency p99, ms", seen.latenciesMs[990] ?? Number.NaN),
    { name: "events a second of the run meanwhile", value: rate },
  ];
}

export async function floodsCampaign(options: FloodsOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-floods-"));
  const metricsPort = String(await freePort());
  const environment = {
    LINNET_CONNECTIONS_MAX: "2000",
    LINNET_THREADS_PER_TRAINER: "1",
    LINNET_BODY_BYTES_MAX: String(bodyBytes),
    LINNET_BODIES_BYTES_MAX: String(bodiesBytes),
    LINNET_METRICS_PORT: metricsPort,
  };
  const server = await startServer({ dataDir, port: 0, environment });
  try {
    const stage = new Stage(server);
    await stage.prepare();
    const figures = await figuresOf(stage, {
      server,
      metrics: `http://127.0.0.1:${metricsPort}/metrics`,
      forMs: options.isShort ? 2000 : 10_000,
      onLine: options.onLine,
    });
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
