/**
 * Everything from which a run goes on, bit for bit: arrays as one safetensors file, and a manifest
 * in JSON that names it and is written last. Deletes nothing and knows no run but by name.
 */
import type { Precision, Tensors } from "#engine/backend.ts";
import type { Tensor } from "#engine/tensor.ts";
import { FormatError } from "#formats/format-error.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import type { CheckpointReference, RunSettings } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import type { DescentState } from "./descent/descent.ts";
import type { Position } from "./position.ts";

/** A run at rest. Tensors are named by parameter, optimiser slots `slot/parameter`. */
export interface RunState {
  readonly position: Position;
  readonly descent: DescentState;
  /** θ₀, from which distances count; null where none are reported. */
  readonly start: Tensors | null;
  /** What the kernel snapshots compare with. */
  readonly snapshots: Tensors;
}

/** What the state belongs to. */
export interface Origin {
  readonly run: string;
  readonly settings: RunSettings;
  readonly engine: string;
  readonly device: string;
  readonly precision: Precision;
}

export interface Saved {
  /** Of the manifest. */
  readonly digest: string;
  /** Of the arrays. */
  readonly weights: string;
  readonly bytes: number;
}

export interface Restored {
  readonly state: RunState;
  readonly origin: Origin;
}

const format = "linnet.checkpoint";
const version = 1;
const manifestBytesMax = 4 * 1024 * 1024;
const stateBytesMax = 64 * 1024 ** 3;
const arraysMax = 1_000_000;

/** Groups of arrays beside the weights, told by a prefix that no parameter has. */
const groups = ["anchor", "optimizer", "phase", "start", "snapshots"] as const;
type Group = (typeof groups)[number];

const prefixOf = (group: Group): string => `@${group}:`;

interface Manifest extends Origin {
  readonly format: typeof format;
  readonly version: typeof version;
  readonly position: Position;
  readonly arrays: { readonly digest: string; readonly bytes: number };
  /** Groups that are there, since an empty one cannot be told from a missing one. */
  readonly groups: readonly Group[];
}

/** Stores a state: arrays first, then the manifest. Failures are the store's. */
export async function saveCheckpoint(
  artifacts: Artifacts,
  { state, origin }: Restored,
  signal?: AbortSignal,
): Promise<Saved> {
  const { position, descent, start, snapshots } = state;
  const parts: Readonly<Record<Group, Tensors | null>> = {
    anchor: descent.anchor,
    optimizer: descent.optimizer,
    phase: descent.phase ?? null,
    start,
    snapshots,
  };
  const tensors = new Map<string, Tensor>(Object.entries(descent.weights));
  for (const group of groups) {
    for (const [name, value] of Object.entries(parts[group] ?? {})) {
      tensors.set(prefixOf(group) + name, value);
    }
  }
  const limits = signal === undefined ? {} : { signal };
  const arrays = await artifacts.put(
    writeSafetensors(tensors, { format, step: String(position.step) }),
    { bytesMax: stateBytesMax, ...limits },
  );
  const present = groups.filter((group) => parts[group] !== null);
  const manifest: Manifest = { format, version, ...origin, position, arrays, groups: present };
  const bytes = Buffer.from(JSON.stringify(manifest), "utf8");
  const stored = await artifacts.put(bytes, { bytesMax: manifestBytesMax, ...limits });
  return { digest: stored.digest, weights: arrays.digest, bytes: stored.bytes + arrays.bytes };
}

function parseManifest(bytes: Uint8Array): Manifest {
  let found: Partial<Manifest> | null = null;
  try {
    found = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    // Told below, as anything else that is no manifest.
  }
  if (found?.format !== format || found.version !== version) {
    throw new Failure("storage_corrupt", "the manifest is not a checkpoint of this version");
  }
  // Content-addressed bytes with our format and version were written by saveCheckpoint.
  return found as Manifest;
}

function grouped(tensors: ReadonlyMap<string, Tensor>, group: Group | null): Tensors {
  const prefix = group === null ? "" : prefixOf(group);
  const isOther = (name: string): boolean => groups.some((it) => name.startsWith(prefixOf(it)));
  return Object.fromEntries(
    [...tensors]
      .filter(([name]) => (group === null ? !isOther(name) : name.startsWith(prefix)))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

/** Reads a state back. Failure `not_found` or `storage_corrupt`. */
export async function readCheckpoint(artifacts: Artifacts, digest: string): Promise<Restored> {
  const manifest = parseManifest(await artifacts.get(digest));
  const { position, arrays, run, settings, engine, device, precision } = manifest;
  const bytes = await artifacts.get(arrays.digest);
  const tensors = decoded(bytes);
  const has = (group: Group): boolean => manifest.groups.includes(group);
  return {
    origin: { run, settings, engine, device, precision },
    state: {
      position,
      descent: {
        weights: grouped(tensors, null),
        anchor: has("anchor") ? grouped(tensors, "anchor") : null,
        optimizer: grouped(tensors, "optimizer"),
        ...(has("phase") ? { phase: grouped(tensors, "phase") } : {}),
      },
      start: has("start") ? grouped(tensors, "start") : null,
      snapshots: grouped(tensors, "snapshots"),
    },
  };
}

function decoded(bytes: Uint8Array): ReadonlyMap<string, Tensor> {
  try {
    return readSafetensors(bytes, { bytesMax: stateBytesMax, arraysMax }).tensors;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new Failure("storage_corrupt", error.message, { cause: error });
  }
}

/** Why a checkpoint was passed over. */
export interface Damaged {
  readonly reference: CheckpointReference;
  readonly reason: string;
}

/** The newest checkpoint that can be read; null when there is none. References: newest first. */
export async function latestCheckpoint(
  artifacts: Artifacts,
  references: readonly CheckpointReference[],
): Promise<{ readonly restored: Restored | null; readonly damaged: readonly Damaged[] }> {
  const damaged: Damaged[] = [];
  for (const reference of references) {
    try {
      return { restored: await readCheckpoint(artifacts, reference.digest), damaged };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      damaged.push({ reference, reason: error.message });
    }
  }
  return { restored: null, damaged };
}
