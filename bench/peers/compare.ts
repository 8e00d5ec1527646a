/** One workload in Linnet and in its peers, alternating round by round, and whether they agree. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { type PeerName, peers } from "./environment.ts";
import { writeQuestion } from "./exchange.ts";
import { agreement, type Workload } from "./workloads.ts";

export interface Side {
  readonly name: "linnet" | PeerName;
  readonly version: string;
  /** Seconds a step, one for each round. */
  readonly seconds: readonly number[];
  readonly peakBytes: number;
  /** Relative distance of its answer from Linnet's; null for Linnet itself. */
  readonly distance: number | null;
  /** Why there are no figures. */
  readonly error: string | null;
}

export interface Comparison {
  readonly workload: Workload;
  readonly sides: readonly Side[];
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

interface Running {
  readonly name: Side["name"];
  readonly child: Child;
  version: string;
  answer: string;
  error: string | null;
  peakBytes: number;
  readonly seconds: number[];
}

export interface Setting {
  readonly pythons: ReadonlyMap<PeerName, string>;
  readonly rounds: number;
  readonly threads: number;
}

function open(name: Side["name"], { pythons, threads }: Setting): Running {
  const count = String(threads);
  const python = name === "linnet" ? "" : (pythons.get(name) ?? "");
  const child =
    name === "linnet"
      ? new Child([process.execPath, here("./linnet.ts")], {})
      : new Child([python, here(`./python/${peers[name].script}`)], {
          OMP_NUM_THREADS: count,
          MKL_NUM_THREADS: count,
          JAX_PLATFORMS: "cpu",
        });
  return { name, child, version: "", answer: "", error: null, peakBytes: 0, seconds: [] };
}

/** Linnet first; a peer that fails keeps its error and is left out of further rounds. */
export async function compare(workload: Workload, setting: Setting): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), "linnet-peers-"));
  writeQuestion(folder, workload);
  const running: Running[] = [];
  try {
    for (const name of ["linnet", ...setting.pythons.keys()] as const) {
      const side = open(name, setting);
      running.push(side);
      await attempt(side, async () => {
        const question = { ...workload, folder, threads: setting.threads };
        const { version, answer } = await side.child.begin(question);
        Object.assign(side, { version, answer });
      });
    }
    for (let round = 0; round < setting.rounds; round += 1) {
      for (const side of running) {
        if (side.error !== null) continue;
        await attempt(side, async () => {
          const { seconds, peakBytes } = await side.child.round();
          side.seconds.push(seconds);
          side.peakBytes = peakBytes;
        });
      }
    }
    return { workload, sides: running.map((side) => sideOf(side, running[0]?.answer ?? "")) };
  } finally {
    for (const { child } of running) await child[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

async function attempt(side: Running, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    side.error = error instanceof Error ? error.message : String(error);
  }
}

function sideOf(side: Running, ours: string): Side {
  const { name, version, seconds, peakBytes, error, answer } = side;
  const isPeer = name !== "linnet" && error === null && ours !== "";
  const distance = isPeer ? distanceOf(floats(ours), floats(answer)) : null;
  return { name, version, seconds, peakBytes, distance, error };
}

function floats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** ‖a − b‖ / ‖a‖. */
function distanceOf(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [left, right] = [0, 0];
  for (const [at, value] of a.entries()) {
    left += (value - (b[at] ?? 0)) ** 2;
    right += value ** 2;
  }
  return Math.sqrt(left / right);
}

/** The fastest peer that computed the same. */
export function bestPeer({ sides, workload }: Comparison): Side | null {
  const able = sides.filter(
    ({ name, error, distance }) =>
      name !== "linnet" && error === null && (distance ?? 1) <= agreement[workload.task],
  );
  const [first, ...rest] = able;
  if (first === undefined) return null;
  return rest.reduce((a, b) => (median(b.seconds) < median(a.seconds) ? b : a), first);
}
