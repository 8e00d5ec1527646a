/**
 * Everything of one replica that works with trainers: the dispatcher, errands, kernels, sweeps, and
 * the word to others that it is there. What of it there is, the replica's role says.
 */
import { availableParallelism, cpus, hostname, totalmem } from "node:os";
import { thisMachine } from "#api/devices/machine.ts";
import { AskedErrands } from "#runs/asked-errands.ts";
import type { RunContext } from "#runs/context.ts";
import { Dispatcher } from "#runs/dispatcher.ts";
import { ErrandDesk } from "#runs/errand-desk.ts";
import { Errands } from "#runs/errands.ts";
import { KernelWorker } from "#runs/kernels/worker.ts";
import { LeaseKeeper } from "#runs/lease-keeper.ts";
import { processorDevices } from "#runs/places.ts";
import { Presence } from "#runs/presence.ts";
import { SweepFeeder } from "#runs/sweeps/feeder.ts";
import type { WorkerSelf } from "#schemas/worker.ts";
import type { Errand, ErrandRunner } from "#src/channel.ts";
import type { Config } from "#src/config.ts";
import type { Log } from "#src/log.ts";
import type { Upkeep } from "#src/upkeep.ts";
import type { Artifacts } from "#storage/artifacts.ts";

/** How long one kernel may take. */
const kernelMsMax = 30 * 60_000;
/** How long reading or writing one file of a model may take. */
const fileMsMax = 2 * 60_000;
/** How long a replica without trainers waits for an errand, the worker's queue included. */
const askedMsMax = { errands: 2 * 60_000, files: 2 * fileMsMax } as const;
/** How long a child that tries devices is kept: it may hold a GPU. */
const probeIdleMs = 1000;
/** Runs of one sweep that wait or train at the same time, unless it asks for fewer. */
const runsAheadMin = 16;

/** Which child does which errands: no prediction waits for a file, or dies of one. */
const kinds = {
  errands: ["predict", "plan"],
  files: ["initial_weights", "inspect", "export", "gather_weights"],
} as const satisfies Readonly<Record<string, readonly Errand["kind"][]>>;

export interface CrewOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
  readonly runs: RunContext;
  readonly upkeep: Upkeep;
  readonly artifacts: Artifacts;
  readonly artifactsDir: string;
  /** File of the trainer program. */
  readonly entry: string;
}

export interface Crew {
  /** Predictions and plans. */
  readonly errands: ErrandRunner;
  /** Files of models. */
  readonly files: ErrandRunner;
  /** Trials of this machine's own devices: one in trouble may end its child. */
  readonly probes: ErrandRunner;
  start(): void;
  /** Has every trainer save and end; begins nothing more. */
  close(): Promise<void>;
}

/** Something that begins and, at the end, lets go. */
interface Working {
  start?(): void;
  close(): Promise<void>;
}

function selfOf({ config, version }: CrewOptions, gpus: Gpus) {
  return {
    host: hostname(),
    version,
    role: config.worker.role,
    trainers_max: config.trainersMax,
    memory_bytes: config.memoryBytesMax,
    cpu: {
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      cores: availableParallelism(),
      memory_bytes: totalmem(),
    },
    gpus: [...gpus],
  };
}

type Gpus = readonly WorkerSelf["gpus"][number][];
type ChildOptions = Pick<CrewOptions, "config" | "log" | "runs" | "entry">;

function openProbes({ config, log, runs, entry }: ChildOptions): Errands {
  const { memoryBytesMax } = runs.limits;
  const shared = { log, entry, environment: config.environment, memoryBytesMax };
  return new Errands({ ...shared, idleMs: probeIdleMs });
}

function openErrands({ config, log, runs, entry }: ChildOptions, gpus: Gpus) {
  const { memoryBytesMax } = runs.limits;
  const shared = { log, entry, environment: config.environment, memoryBytesMax };
  const openKernels = () => new Errands({ ...shared, timeoutMs: kernelMsMax });
  return {
    errands: new Errands(shared),
    files: new Errands({ ...shared, residentBytesMax: memoryBytesMax, timeoutMs: fileMsMax }),
    probes: openProbes({ config, log, runs, entry }),
    // One child for each GPU; large kernels are shared among them.
    kernelErrands: [openKernels(), ...gpus.slice(1).map(openKernels)] as const,
  };
}

function openDispatcher(options: CrewOptions, gpus: Gpus): Dispatcher {
  const { config, log, runs, upkeep, artifacts, artifactsDir, entry } = options;
  return new Dispatcher({
    log,
    entry,
    environment: config.environment,
    context: runs,
    artifactsDir,
    owner: config.worker.id,
    leaseMs: config.worker.leaseMs,
    devices: processorDevices(gpus.length, config.database === null),
    trainersMax: config.trainersMax,
    threadsPerTrainer: config.threadsPerTrainer,
    failpoint: config.failpoint,
    gpus: gpus.map(({ memory_bytes: bytes }) => bytes ?? null),
    trainersPerGpu: config.trainersPerGpu,
    preemptAfterMs: config.preemptAfterMs,
    hasRoom: async () => (await artifacts.bytesFree()) >= config.diskBytesFreeMin,
    makeRoom: () => upkeep.hurry(),
  });
}

function openFeeder({ config, log, runs }: CrewOptions): SweepFeeder {
  const ahead = Math.max(runsAheadMin, 2 * config.trainersMax);
  return new SweepFeeder({ context: runs, log, ahead });
}

/** A replica without trainers leaves errands to others. */
function openOffice(options: CrewOptions): Crew {
  const { runs: context } = options;
  const errands = new AskedErrands({ context, timeoutMs: askedMsMax.errands });
  const files = new AskedErrands({ context, timeoutMs: askedMsMax.files });
  const probes = openProbes(options);
  return { errands, files, probes, ...together([openFeeder(options), errands, files, probes]) };
}

/** Starts all in order, and closes them in the same. */
function together(parts: readonly Working[]): Pick<Crew, "start" | "close"> {
  return {
    start: () => {
      for (const part of parts) part.start?.();
    },
    close: async () => {
      for (const part of parts) await part.close();
    },
  };
}

export async function openCrew(options: CrewOptions): Promise<Crew> {
  const { config, log, runs: context, artifactsDir } = options;
  if (config.worker.role === "api") return openOffice(options);
  const gpus = await thisMachine.gpus();
  const { errands, files, probes, kernelErrands } = openErrands(options, gpus);
  const dispatcher = openDispatcher(options, gpus);
  const { id: owner, leaseMs } = config.worker;
  const keeper = new LeaseKeeper({ store: context.store, log, leaseMs });
  const threads = config.threadsPerTrainer;
  const means = { artifactsDir, threads, memoryBytesMax: context.limits.memoryBytesMax };
  const shared = { context, log, owner, ...means };
  const kernels = new KernelWorker({ ...shared, keeper, errands: kernelErrands });
  const desks =
    config.database === null
      ? []
      : [
          new ErrandDesk({ ...shared, errands, kinds: kinds.errands }),
          new ErrandDesk({ ...shared, errands: files, kinds: kinds.files }),
        ];
  const self = () => ({ ...selfOf(options, gpus), trainers: dispatcher.live });
  const presence = new Presence({ context, log, worker: owner, self });
  const draining = {
    start: () => dispatcher.start(),
    close: () => dispatcher.drain(config.drainMs),
  };
  const feeder = config.worker.role === "both" ? [openFeeder(options)] : [];
  const parts = [...feeder, draining, errands, files, probes, ...desks, kernels, presence];
  return { errands, files, probes, ...together(parts) };
}
