/**
 * Which kernels and weights of two runs can be compared, and the errand that does: numbers are read
 * in a child, here only rows.
 */

import { checkpointsOf } from "#runs/retention.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Comparison } from "#schemas/comparison.ts";
import type { Run } from "#schemas/run.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import type { ErrandRunner } from "#src/channel.ts";
import type { KernelPair, WeightsPair } from "#src/comparing.ts";
import type { PageRequest, Reader, Store } from "#storage/store.ts";

/** Steps at which two runs' kernels, and their weights, are compared at most. */
const kernelStepsMax = 24;
const weightsStepsMax = 4;
const kernelNumbersMax = 4 * 1024 ** 2;
const checkpointBytesMax = 256 * 1024 ** 2;
const pageLimit = 200;
const pagesMax = 10;

export interface Means {
  readonly store: Store;
  readonly workshop: { readonly errands: ErrandRunner; readonly artifactsDir: string };
}

interface Seen {
  readonly run: Run;
  readonly snapshots: readonly Snapshot[];
  readonly checkpoints: readonly Checkpoint[];
}

type Distances = Pick<Comparison, "kernels" | "parameters">;

/** Of every run but the first to the first. Failures of errands pass through. */
export async function distancesOf(
  runs: readonly Run[],
  { store, workshop }: Means,
  signal?: AbortSignal,
): Promise<Distances> {
  const seen = await store.read(async (reader) => {
    const found: Seen[] = [];
    for (const run of runs) {
      const checkpoints = await checkpointsOf(reader, run.id);
      found.push({ run, snapshots: await snapshotsOf(reader, run.id), checkpoints });
    }
    return found;
  });
  const [first, ...others] = seen;
  if (first === undefined) return { kernels: [], parameters: [] };
  const kernels = others.map((other) => kernelPairs(first, other));
  const weights = others.map((other) => weightsPairs(first, other));
  const { artifactsDir, errands } = workshop;
  const pairs = {
    kernels: kernels.flatMap(({ pairs: p }) => p),
    weights: weights.flatMap(({ pairs: p }) => p),
  };
  const isEmpty = pairs.kernels.length + pairs.weights.length === 0;
  const found = isEmpty
    ? { kernels: [], weights: [] }
    : await errands.perform({ kind: "compare", artifactsDir, ...pairs }, signal);
  return {
    kernels: told(others, kernels, found.kernels),
    parameters: told(others, weights, found.weights),
  };
}

interface Pairs<P> {
  readonly pairs: readonly P[];
  readonly reason: string | null;
}

/** Puts answers, which come in one list, back to the runs that they are of. */
function told<P extends { readonly step: number }, A extends object>(
  others: readonly Seen[],
  asked: readonly Pairs<P>[],
  answers: readonly (A | null)[],
) {
  let at = 0;
  return others.map(({ run }, index) => {
    const { pairs, reason } = asked[index] ?? { pairs: [], reason: null };
    const points = pairs.flatMap(({ step }) => {
      const answer = answers[at] ?? null;
      at += 1;
      return answer === null ? [] : [{ step, ...answer }];
    });
    const unlike = pairs.length > 0 && points.length === 0;
    return { run: run.id, reason: unlike ? "The networks are not the same." : reason, points };
  });
}

async function snapshotsOf(reader: Reader, run: string): Promise<readonly Snapshot[]> {
  const rows: Snapshot[] = [];
  for (let page = 0; page < pagesMax; page += 1) {
    const after = rows.at(-1)?.id;
    const request: PageRequest = { limit: pageLimit, ...(after === undefined ? {} : { after }) };
    const { rows: more, more: goesOn } = await reader.snapshots(run, request);
    rows.push(...more);
    if (!goesOn) break;
  }
  return rows.toSorted((a, b) => a.step - b.step);
}

/** At most `max` of them, evenly, with the first and the last. */
function evenly<T>(all: readonly T[], max: number): readonly T[] {
  if (all.length <= max) return all;
  const at = (k: number) => Math.round((k * (all.length - 1)) / (max - 1));
  return Array.from({ length: max }, (_, k) => all[at(k)]).filter((one) => one !== undefined);
}

const probeOf = ({ kernel, split, examples, outputs }: Snapshot) =>
  `the ${kernel} kernel of ${outputs} outputs on ${examples} ${split} examples`;

function kernelPairs(first: Seen, other: Seen): Pairs<KernelPair> {
  const none = (reason: string) => ({ pairs: [], reason });
  const [own] = first.snapshots;
  const [its] = other.snapshots;
  if (own === undefined || its === undefined) return none("One of the runs has no snapshots.");
  if (first.run.dataset !== other.run.dataset) return none("The probes are of two data sets.");
  if (probeOf(own) !== probeOf(its)) {
    return none(`One run sees ${probeOf(own)}, the other ${probeOf(its)}.`);
  }
  if (own.shape.reduce((a, b) => a * b, 1) > kernelNumbersMax) {
    return none(`Kernels of more than ${kernelNumbersMax} numbers are not compared.`);
  }
  const bySteps = new Map(first.snapshots.map((snapshot) => [snapshot.step, snapshot.digest]));
  const pairs = other.snapshots.flatMap(({ step, digest, kernel, examples, outputs }) => {
    const from = bySteps.get(step) ?? null;
    if (from === null || digest === null) return [];
    return [{ step, variant: kernel, examples, outputs, first: from, other: digest }];
  });
  if (pairs.length === 0) return none("They keep no kernels of equal steps.");
  return { pairs: evenly(pairs, kernelStepsMax), reason: null };
}

function weightsPairs(first: Seen, other: Seen): Pairs<WeightsPair> {
  const byStep = new Map(first.checkpoints.map((checkpoint) => [checkpoint.step, checkpoint]));
  const pairs = other.checkpoints.flatMap(({ step, digest, bytes }) => {
    const from = byStep.get(step);
    if (from === undefined || Math.max(bytes, from.bytes) > checkpointBytesMax) return [];
    return [{ step, first: from.digest, other: digest }];
  });
  const ascending = pairs.toSorted((a, b) => a.step - b.step);
  return pairs.length === 0
    ? { pairs, reason: "They keep no checkpoints of equal steps that are small enough." }
    : { pairs: evenly(ascending, weightsStepsMax), reason: null };
}
