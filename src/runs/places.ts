/**
 * Where on this worker a run may be trained: a GPU is one trainer's, or several small ones' that
 * certainly fit together; the processor is for all others. Counts what this worker has begun; it
 * tries no device, and knows of no other process that uses one.
 */
import assert from "node:assert/strict";
import type { Run } from "#schemas/run.ts";
import type { Fit } from "#storage/store.ts";

type Device = Run["device"];

/** What of a run decides where it fits. */
export interface Need {
  readonly device: Device;
  /** By the estimate that is made when it is submitted. */
  readonly bytes: number;
}

export interface PlacesOptions {
  /** Trainers at the same time, on all devices together. */
  readonly trainersMax: number;
  /** Of one trainer. */
  readonly memoryBytesMax: number;
  /** What the processor takes; `processorDevices` says what is usual. */
  readonly processor: readonly Device[];
  /** Memory of each GPU by its number; null where the driver does not tell. */
  readonly gpus: readonly (number | null)[];
  /** Small runs that share a GPU. */
  readonly trainersPerGpu: number;
}

interface Held extends Need {
  /** Null on the processor. */
  readonly gpu: number | null;
}

/** GPUs that a run can name. */
const named = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const nobody: ReadonlySet<string> = new Set();

const isNamed = (gpu: number): gpu is (typeof named)[number] => gpu < named.length;

function devicesOfGpu(gpu: number): readonly Device[] {
  return ["auto", "cuda", "webgpu", ...(isNamed(gpu) ? ([`cuda:${gpu}`] as const) : [])];
}

/**
 * What the processor's trainers take beside so many GPUs. Alone, a service takes all that has no
 * place of its own: a trainer says what it cannot do.
 */
export function processorDevices(gpus: number, isAlone: boolean): readonly Device[] {
  const ofGpus = new Set(Array.from({ length: gpus }, (_, gpu) => devicesOfGpu(gpu)).flat());
  const others: readonly Device[] = [
    "webgpu",
    "cuda",
    ...named.map((gpu) => `cuda:${gpu}` as const),
  ];
  const taken: readonly Device[] = ["auto", "cpu", ...(isAlone ? others : [])];
  return taken.filter((device) => !ofGpus.has(device));
}

export class Places {
  readonly #options: PlacesOptions;
  readonly #held = new Map<string, Held>();
  /** GPUs that nobody joins any more, because a large run waits for the whole of one. */
  #reserved: ReadonlySet<number> = new Set();

  constructor(options: PlacesOptions) {
    assert(options.trainersPerGpu >= 1, "a GPU has a trainer");
    this.#options = options;
  }

  /** What may begin now; nothing when there are trainers enough. `without`: as if these had left. */
  fits(without: ReadonlySet<string> = nobody): readonly Fit[] {
    const { gpus, memoryBytesMax, processor, trainersMax } = this.#options;
    const count = [...this.#held.keys()].filter((run) => !without.has(run)).length;
    if (count >= trainersMax) return [];
    const ofGpus = gpus.map((_, gpu) => ({
      devices: devicesOfGpu(gpu),
      memoryBytesMax: Math.min(memoryBytesMax, this.#roomOf(gpu, without)),
    }));
    const all = [{ devices: processor, memoryBytesMax }, ...ofGpus];
    return all.filter((fit) => fit.devices.length > 0 && fit.memoryBytesMax > 0);
  }

  /** Whether a run may begin; `without`: once these have left. */
  takes(need: Need, without: ReadonlySet<string> = nobody): boolean {
    const isFor = ({ devices, memoryBytesMax }: Fit): boolean =>
      devices.includes(need.device) && need.bytes <= memoryBytesMax;
    return this.fits(without).some(isFor);
  }

  /** Begins a run that fits; the number of its GPU, 0 on the processor. The emptiest GPU first. */
  take(run: string, need: Need): number {
    const gpu = this.#placeOf(need);
    assert(gpu !== undefined, `nothing was free for ${run}`);
    this.#held.set(run, { ...need, gpu });
    return gpu ?? 0;
  }

  /** The trainer of the run has chosen the processor: its GPU is free for another. */
  moveToProcessor(run: string): void {
    const held = this.#held.get(run);
    if (held !== undefined) this.#held.set(run, { ...held, gpu: null });
  }

  release(run: string): void {
    this.#held.delete(run);
  }

  /** The runs of each GPU that has trainers. */
  get onGpus(): readonly ReadonlySet<string>[] {
    const all = this.#options.gpus.map(
      (_, gpu) => new Set(this.#on(gpu, nobody).map(([id]) => id)),
    );
    return all.filter((runs) => runs.size > 0);
  }

  /**
   * Keeps the GPU with the fewest trainers that a large run may have from further small ones, until
   * it is asked again; null lets all be shared.
   */
  reserveFor(need: Need | null): void {
    const { gpus } = this.#options;
    const suited = gpus.flatMap((_, gpu) =>
      need !== null && devicesOfGpu(gpu).includes(need.device) && need.bytes <= this.#bytesOf(gpu)
        ? [{ gpu, trainers: this.#on(gpu, nobody).length }]
        : [],
    );
    const [first] = suited.toSorted((a, b) => a.trainers - b.trainers || a.gpu - b.gpu);
    this.#reserved = new Set(first === undefined ? [] : [first.gpu]);
  }

  #bytesOf(gpu: number): number {
    return this.#options.gpus[gpu] ?? Number.MAX_SAFE_INTEGER;
  }

  #on(gpu: number, without: ReadonlySet<string>): readonly (readonly [string, Held])[] {
    return [...this.#held].filter(([run, held]) => held.gpu === gpu && !without.has(run));
  }

  /** Bytes that a further trainer may need on a GPU; 0 when it has enough trainers. */
  #roomOf(gpu: number, without: ReadonlySet<string>): number {
    const there = this.#on(gpu, without);
    if (there.length === 0) return this.#bytesOf(gpu);
    const { gpus, trainersPerGpu } = this.#options;
    const bytes = gpus[gpu];
    if (bytes == null || this.#reserved.has(gpu) || there.length >= trainersPerGpu) return 0;
    const share = Math.floor(bytes / trainersPerGpu);
    return there.every(([, held]) => held.bytes <= share) ? share : 0;
  }

  /** Undefined when nothing fits. */
  #placeOf({ device, bytes }: Need): number | null | undefined {
    const { gpus, memoryBytesMax, processor } = this.#options;
    if (processor.includes(device)) return bytes <= memoryBytesMax ? null : undefined;
    const suited = gpus.flatMap((_, gpu) =>
      devicesOfGpu(gpu).includes(device) && bytes <= this.#roomOf(gpu, nobody)
        ? [{ gpu, trainers: this.#on(gpu, nobody).length }]
        : [],
    );
    return suited.toSorted((a, b) => a.trainers - b.trainers || a.gpu - b.gpu)[0]?.gpu;
  }
}
