/**
 * How fast a device does the few things that solvers differ in, and how long a graph takes at those
 * speeds. Measured once per device; nominal figures stand in where nobody measured.
 */
import { cpus } from "node:os";
import type { Backend, Precision, Program } from "#engine/backend.ts";
import { flopsOf } from "#engine/graph/flops.ts";
import { bytesOfNode } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { dependsOn, ordered } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";

export interface Speed {
  /** FLOP/s of large products. */
  readonly contraction: Readonly<Record<Precision, number>>;
  /** FLOP/s of a product of `smallProductFlops`, either precision: most of its time is overhead. */
  readonly smallContraction: number;
  /** Bytes/s that an operation reads and writes where arrays are larger than caches. */
  readonly memoryBytes: number;
  /** Seconds that any operation takes beside its work. */
  readonly node: number;
  /** Seconds that a call of a loop takes beside its steps. */
  readonly call: number;
  /** Seconds of an eigendecomposition with vectors, divided by n³. */
  readonly eigen: number;
}

/** FLOPs of what stands for small products. */
export const smallProductFlops = 2 ** 16;
/** Arrays up to this size stay in caches. */
const cachedBytes = 2 ** 20;
/** How much faster caches are. */
const cacheGain = 3;
/** Share of the time of an operation that a renaming of axes takes. */
const reshapeShare = 0.2;

/** What a core of the last years does; a measurement is better. */
export function nominalSpeed({ engine, device }: Pick<Backend, "engine" | "device">): Speed {
  if (engine === "reference") {
    const contraction = { float32: 2e8, float64: 2e8 };
    return {
      contraction,
      smallContraction: 2e8,
      memoryBytes: 8e8,
      node: 2e-6,
      call: 2e-5,
      eigen: 3e-9,
    };
  }
  if (device !== "cpu") {
    const contraction = { float32: 8e12, float64: 4e11 };
    return {
      contraction,
      smallContraction: 6e10,
      memoryBytes: 8e11,
      node: 8e-6,
      call: 2e-4,
      eigen: 3e-9,
    };
  }
  const cores = cpus().length;
  const contraction = { float32: 6e10 * cores, float64: 3e10 * cores };
  return {
    contraction,
    smallContraction: 2e10,
    memoryBytes: 8e9,
    node: 3e-6,
    call: 8e-5,
    eigen: 3e-9,
  };
}

/** Seconds of a product: those of its FLOPs, and of getting up to speed, once. */
function contractionSeconds(flops: number, speed: Speed, precision: Precision): number {
  const full = speed.contraction[precision];
  const small = Math.min(full, speed.smallContraction);
  return flops / full + Math.min(flops, smallProductFlops) * (1 / small - 1 / full);
}

/** Seconds of evaluating each of `nodes` once. */
export function secondsOf(nodes: Iterable<Node>, speed: Speed, precision: Precision): number {
  let seconds = 0;
  for (const node of nodes) {
    if (node.op === "input" || node.op === "constant") continue;
    if (node.op === "reshape") {
      seconds += reshapeShare * speed.node;
      continue;
    }
    // A gather reads as much as it writes, whatever it gathers from.
    const written = bytesOfNode(node, precision);
    const read =
      node.op === "gather"
        ? written
        : node.inputs.reduce((sum, operand) => sum + bytesOfNode(operand, precision), 0);
    const bytes = written + read;
    const rate = bytes <= cachedBytes ? cacheGain * speed.memoryBytes : speed.memoryBytes;
    const { contraction } = flopsOf(node);
    seconds +=
      Math.max(bytes / rate, contractionSeconds(contraction, speed, precision)) + speed.node;
  }
  return seconds;
}

export interface ProgramSeconds {
  readonly step: number;
  /** What is computed once a call. */
  readonly call: number;
}

/** Seconds of a loop, from its simplified graph. */
export function programSeconds(
  program: Program,
  speed: Speed,
  precision: Precision,
): ProgramSeconds {
  const outputs = simplify(programOutputs(program));
  const roots = new Set<Node>([...program.carried.map(({ input }) => input), ...program.scanned]);
  const moving = dependsOn(outputs, roots);
  const steady = ordered(outputs).filter((node) => !moving.has(node));
  return {
    step: secondsOf(moving, speed, precision) + program.carried.length * speed.node,
    call: secondsOf(steady, speed, precision) + speed.call,
  };
}
