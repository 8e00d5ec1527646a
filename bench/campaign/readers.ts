/**
 * A thousand readers of one run at fifty events a second: how late events come, whether any is
 * left out, and what it costs training; then a thousand that never read, and what that costs in
 * memory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { holdingsOf, processorSecondsOf } from "./processes.ts";
import type { ReadersSeen } from "./readers-client.ts";
import { Stage, type Trained } from "./readers-stage.ts";
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

/** What one run took, and how many cores trainers, the service and the readers had meanwhile. */
interface Cost extends Trained {
  /** Of one step: what trainers' threads worked, and waited while others had the cores. */
  readonly workedMs: number;
  readonly waitedMs: number;
  readonly trainerSeconds: number;
  readonly serverSeconds: number;
  readonly clientSeconds: number;
}

async function costOf(
  stage: Stage,
  server: Server,
  { id, steps }: { readonly id: string; readonly steps: number },
): Promise<Omit<Cost, "clientSeconds">> {
  const [before, serverBefore] = [await stage.trainers(), await processorSecondsOf(server.pid)];
  const trained = await stage.trained(id);
  const [after, serverAfter] = [await stage.trainers(), await processorSecondsOf(server.pid)];
  const workedMs = after.workedMs - before.workedMs;
  return {
    ...trained,
    workedMs: workedMs / steps,
    waitedMs: (after.waitedMs - before.waitedMs) / steps,
    trainerSeconds: workedMs / 1000,
    serverSeconds: serverAfter - serverBefore,
  };
}

/** One run with readers: all of them are there before it begins, so that all of it is live. */
async function followed(stage: Stage, server: Server, how: Round) {
  const id = await stage.submit(how.steps, how.every);
  await stage.hold(id);
  const readers = await stage.read(id, { count: how.count, isSlow: false, stayMs: 600_000 });
  if (how.isMeek) setPriority(readers.pid, constants.priority.PRIORITY_LOW);
  await stage.letGo(id);
  const cost = await costOf(stage, server, { id, steps: how.steps });
  const seen = await readers.seen;
  // The readers are gone by the time that the run is seen to have ended: they tell it themselves.
  return { cost: { ...cost, clientSeconds: seen.processorSeconds }, seen };
}

interface Round {
  readonly count: number;
  readonly steps: number;
  readonly every: number;
  /** Readers take only the processor time that nobody else wants. */
  readonly isMeek: boolean;
}

/**
 * Rounds without readers, with readers, and with readers that leave trainers and service the
 * processor, in turns: whatever else the machine does comes and goes.
 */
async function quick(stage: Stage, server: Server, { count, isShort }: ReadersOptions) {
  const { every, perSecond } = await stage.calibrate();
  const steps = Math.round(perSecond * (isShort ? 8 : 10));
  const alone: Cost[] = [];
  const beside: Cost[] = [];
  const together: Cost[] = [];
  const all: ReadersSeen[] = [];
  const meek: ReadersSeen[] = [];
  for (let round = 0; round < (isShort ? 1 : 3); round += 1) {
    const id = await stage.submit(steps, every);
    const unread = await costOf(stage, server, { id, steps });
    alone.push({ ...unread, clientSeconds: 0 });
    const usual = await followed(stage, server, { count, steps, every, isMeek: false });
    together.push(usual.cost);
    all.push(usual.seen);
    const other = await followed(stage, server, { count, steps, every, isMeek: true });
    beside.push(other.cost);
    meek.push(other.seen);
  }
  const cores = (costs: readonly Cost[], of: (cost: Cost) => number) =>
    median(costs.map((cost) => of(cost) / cost.seconds));
  const ofStep = (costs: readonly Cost[], of: (cost: Cost) => number) => median(costs.map(of));
  const aloneMs = ofStep(alone, ({ stepMs }) => stepMs);
  const more = (costs: readonly Cost[], of: (cost: Cost) => number) =>
    (ofStep(costs, of) - ofStep(alone, of)) / aloneMs;
  return {
    all,
    meek,
    rate: median(together.map(({ rate }) => rate)),
    slowdown: more(beside, ({ stepMs }) => stepMs),
    worked: more(beside, ({ workedMs }) => workedMs),
    waited: more(beside, ({ waitedMs }) => waitedMs),
    slowdownShared: more(together, ({ stepMs }) => stepMs),
    workedShared: more(together, ({ workedMs }) => workedMs),
    waitedShared: more(together, ({ waitedMs }) => waitedMs),
    coresAlone: cores(alone, ({ serverSeconds }) => serverSeconds),
    server: cores(together, ({ serverSeconds }) => serverSeconds),
    clients: cores(together, ({ clientSeconds }) => clientSeconds),
    trainers: cores(together, ({ trainerSeconds }) => trainerSeconds),
    trainersAlone: cores(alone, ({ trainerSeconds }) => trainerSeconds),
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
  const everybody = [...all, ...live.meek];
  const sum = (of: (seen: ReadersSeen) => number) =>
    everybody.reduce((total, one) => total + of(one), 0);
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
    atLeast("readers that saw the end", completed, count * everybody.length),
    // One pair of short runs differs by more than that for no reason at all.
    isShort
      ? worst("steps of training longer by, share", live.slowdown)
      : atMost("steps of training longer by, share", live.slowdown, bounds.slowdown),
    worst("… for trainers worked more, share", live.worked),
    worst("… for they had no core, share", live.waited),
    worst("… where readers compete for the same cores", live.slowdownShared),
    worst("… … for trainers worked more, share", live.workedShared),
    worst("… … for they had no core, share", live.waitedShared),
    worst("processor time of the service, cores", live.server),
    worst("… without readers", live.coresAlone),
    worst("processor time of the readers, cores", live.clients),
    worst("processor time of training, cores", live.trainers),
    worst("… without readers, cores", live.trainersAlone),
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
