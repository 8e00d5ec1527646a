/**
 * A thousand readers of one run at fifty events a second: how late events come, whether any is
 * left out, and what it costs training; then a thousand that never read, and what that costs in
 * memory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { holdingsOf, processorSecondsOf } from "./processes.ts";
import type { ReadersSeen } from "./readers-client.ts";
import { Stage } from "./readers-stage.ts";
import { atLeast, atMost, type FigureRow, none, type Report, worst } from "./report.ts";
import { type Server, startServer } from "./server.ts";

export interface ReadersOptions {
  readonly count: number;
  readonly isShort: boolean;
}

const bounds = { p99Ms: 100, slowdown: 0.05, slowBytes: 1.5 * 2 ** 30 };

const at = ({ latenciesMs }: ReadersSeen, quantile: number): number =>
  latenciesMs[Math.round(quantile * 1000)] ?? Number.NaN;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** What one run took, and what of it was processor time of trainers and of the service. */
interface Cost {
  readonly seconds: number;
  readonly rate: number;
  readonly trainerSeconds: number;
  readonly serverSeconds: number;
}

async function costOf(stage: Stage, server: Server, id: string): Promise<Cost> {
  const before = [await stage.trainerSeconds(), await processorSecondsOf(server.pid)] as const;
  const trained = await stage.trained(id);
  const trainerSeconds = (await stage.trainerSeconds()) - before[0];
  const serverSeconds = (await processorSecondsOf(server.pid)) - before[1];
  return { ...trained, trainerSeconds, serverSeconds };
}

/** Rounds without and with readers in turns, as whatever else the machine does comes and goes. */
async function quick(stage: Stage, server: Server, { count, isShort }: ReadersOptions) {
  const { every, perSecond } = await stage.calibrate();
  const steps = Math.round(perSecond * (isShort ? 8 : 20));
  const alone: Cost[] = [];
  const together: Cost[] = [];
  const all: ReadersSeen[] = [];
  for (let round = 0; round < (isShort ? 1 : 3); round += 1) {
    alone.push(await costOf(stage, server, await stage.submit(steps, every)));
    const id = await stage.submit(steps, every);
    // They come before the run begins, so that all of it is live.
    await stage.hold(id);
    const readers = await stage.read(id, { count, isSlow: false, stayMs: 600_000 });
    await stage.letGo(id);
    together.push(await costOf(stage, server, id));
    all.push(await readers.seen);
  }
  const ratio = (of: (cost: Cost) => number) => median(together.map(of)) / median(alone.map(of));
  return {
    all,
    slowdown: ratio(({ seconds }) => seconds) - 1,
    trainerSlowdown: ratio(({ trainerSeconds }) => trainerSeconds) - 1,
    rate: median(together.map(({ rate }) => rate)),
    cores: median(together.map(({ serverSeconds, seconds }) => serverSeconds / seconds)),
    coresAlone: median(alone.map(({ serverSeconds, seconds }) => serverSeconds / seconds)),
  };
}

/** The most memory that the server holds while nobody reads what it sends. */
async function slow(stage: Stage, server: Server, { count, isShort }: ReadersOptions) {
  const before = (await holdingsOf(server.pid)).residentBytes;
  const id = await stage.submit(isShort ? 4000 : 20_000, 5);
  const stayMs = isShort ? 15_000 : 40_000;
  const { seen } = await stage.read(id, { count, isSlow: true, stayMs });
  let most = 0;
  let isOver = false;
  const over = seen.then((value) => {
    isOver = true;
    return value;
  });
  while (!isOver) {
    most = Math.max(most, (await holdingsOf(server.pid)).residentBytes);
    await pause(100);
  }
  return { grown: most - before, most, seen: await over };
}

function figuresOf(
  { count, isShort }: ReadersOptions,
  live: Awaited<ReturnType<typeof quick>>,
  lazy: Awaited<ReturnType<typeof slow>>,
): readonly FigureRow[] {
  const { all } = live;
  const sum = (of: (seen: ReadersSeen) => number) => all.reduce((total, one) => total + of(one), 0);
  const slowestAt = (quantile: number) => Math.max(...all.map((seen) => at(seen, quantile)));
  const missing = sum((seen) => seen.missing);
  const disordered = sum((seen) => seen.disordered);
  const completed = sum((seen) => seen.completed);
  const refused = sum((seen) => seen.refused) + lazy.seen.refused;
  return [
    { name: "readers of one run", value: count },
    none("readers that were refused", refused),
    worst("events a second", live.rate),
    { name: "frames sent", value: sum(({ events }) => events) },
    worst("latency p50, ms", slowestAt(0.5)),
    atMost("latency p99, ms", slowestAt(0.99), bounds.p99Ms),
    worst("latency, longest, ms", slowestAt(1)),
    none("events left out", missing),
    none("events repeated or out of order", disordered),
    atLeast("readers that saw the end", completed, count * all.length),
    // One pair of short runs differs by more than that for no reason at all.
    isShort
      ? worst("processor time of training more by, share", live.trainerSlowdown)
      : atMost("processor time of training more by, share", live.trainerSlowdown, bounds.slowdown),
    // The clients, the service and the trainer share this machine's cores.
    worst("training longer by, share", live.slowdown),
    worst("processor time of the service, cores", live.cores),
    worst("… without readers", live.coresAlone),
    { name: "readers that never read", value: lazy.seen.opened },
    worst("memory that they cost, MiB", lazy.grown / 2 ** 20),
    worst("… each, KiB", lazy.grown / 2 ** 10 / Math.max(1, lazy.seen.opened)),
    atMost("memory of the service at most, MiB", lazy.most / 2 ** 20, bounds.slowBytes / 2 ** 20),
  ];
}

export async function readersCampaign(options: ReadersOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-readers-"));
  const server = await startServer({
    dataDir,
    port: 0,
    environment: {
      LINNET_CONNECTIONS_MAX: "5000",
      LINNET_TENANT_STREAMS_MAX: "5000",
      LINNET_THREADS_PER_TRAINER: "1",
    },
  });
  try {
    const stage = new Stage(server);
    await stage.prepare();
    const live = await quick(stage, server, options);
    const lazy = await slow(stage, server, options);
    return { campaign: "readers", figures: figuresOf(options, live, lazy), findings: [] };
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}
