/**
 * The empirical neural tangent kernel Θ = J Jᵀ of a network on fixed examples, for any parameters:
 * compiled once, computed as often as wanted. By structured derivatives (arXiv 2206.08720), or by
 * explicit Jacobians behind the same signature.
 */
import type { Backend, Callable, Loop, Precision, Tensors } from "#engine/backend.ts";
import { input, reshape } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf, type Tensor, zeros } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import { assemble, type BlockPair, blockPairs, layerTraces } from "./assemble.ts";
import { blockProgram, type Side } from "./blocks.ts";
import type { Contraction, ContractionOrder } from "./contraction.ts";
import { cotangentProgram } from "./cotangents.ts";
import { jacobianProgram } from "./explicit.ts";
import { type Pieces, piecesOf } from "./pieces.ts";
import { sidesOf } from "./sides.ts";

/** Numbers that the factors of a kernel may take together. */
export const factorNumbersMax = 2 ** 28;
/** Rows of a block product: enough to keep the processor busy, few enough for its caches. */
const blockRows = 320;

export interface KernelOptions {
  readonly network: Network;
  readonly backend: Backend;
  readonly precision: Precision;
  /** [N, ...input shape]. */
  readonly x: Tensor;
  readonly variant: KernelVariant;
  readonly method?: "structured" | "explicit";
  /** Examples in a block; chosen when absent. The kernel does not depend on it. */
  readonly block?: number;
  /** Contraction order for every product over positions; chosen by cost when absent. */
  readonly order?: ContractionOrder;
}

/** A kernel with its conventions: see `KernelVariant` for the shapes. */
export interface Kernel {
  readonly variant: KernelVariant;
  readonly examples: number;
  readonly outputs: number;
  /** full [N, O, N, O], trace and pseudo [N, N], diagonal [O, N, N]. */
  readonly tensor: Tensor;
  /** tr of each layer's part; they add up to the trace of the whole. */
  readonly layerTraces: ReadonlyMap<string, number>;
}

/**
 * Compiles the kernel of a network on `x`. Failure `incompatible` when examples are coupled (batch
 * statistics, dropout), which makes a kernel meaningless; `too_large` when factors do not fit.
 */
export async function createKernel(options: KernelOptions): Promise<KernelComputer> {
  const { network, x, backend, precision } = options;
  if (network.coupling.length > 0) {
    throw new Failure("incompatible", `no kernel: ${network.coupling.join("; ")}`);
  }
  const [examples = 0] = x.shape;
  const outputs = sizeOf(network.outputShape);
  const units = options.variant === "pseudo" ? 1 : outputs;
  const block = options.block ?? Math.max(1, Math.min(examples, Math.ceil(blockRows / units)));
  const { pieces, forward } = piecesOfNetwork(options);
  const plan = sidesOf(pieces, { ...options, examples, units, block });
  if (plan.numbers > factorNumbersMax) {
    throw new Failure(
      "too_large",
      `the kernel's factors need ${plan.numbers} numbers, at most ${factorNumbersMax}; ` +
        "use fewer examples or the pseudo kernel",
    );
  }
  const blockOptions = { sides: plan.sides, variant: options.variant, block, outputs };
  const compile = (program: Parameters<Backend["compileLoop"]>[0]) =>
    backend.compileLoop(program, precision);
  return new KernelComputer({
    variant: options.variant,
    x,
    examples,
    outputs,
    units,
    block,
    sides: plan.sides,
    contractions: plan.contractions,
    loops: {
      cotangents:
        pieces.structured.length > 0
          ? await compile(cotangentProgram(forward, pieces.structured))
          : undefined,
      jacobian:
        pieces.explicit.length > 0
          ? await compile(jacobianProgram(network, pieces.explicit))
          : undefined,
      diagonal: await compile(blockProgram({ ...blockOptions, traces: true })),
      others:
        examples > block
          ? await compile(blockProgram({ ...blockOptions, traces: false }))
          : undefined,
    },
    inputs: await compileSides(options, pieces, forward),
  });
}

/** The forward graph on all examples, and what each parameter contributes. */
function piecesOfNetwork({ network, x, method }: KernelOptions): {
  pieces: Pieces;
  forward: Parameters<typeof cotangentProgram>[0];
} {
  const nodes = new Map(network.parameters.map((p) => [p, input(`p/${p.name}`, p.shape)] as const));
  const byName = new Map<string, Node>([...nodes].map(([p, node]) => [p.name, node]));
  const data = input("x", x.shape, network.input.kind);
  const examples = x.shape[0] ?? 0;
  const output = reshape(network.apply(byName, data, "inference"), [
    examples,
    sizeOf(network.outputShape),
  ]);
  const pieces: Pieces =
    method === "explicit"
      ? { structured: [], explicit: network.parameters, nodes: [] }
      : piecesOf(output, nodes, examples);
  const forward = {
    output,
    x: { input: data, value: x },
    parameters: [...nodes.values()],
    nodes: pieces.nodes,
  };
  return { pieces, forward };
}

/** The a-sides of all products: they do not depend on a direction, so they are computed once. */
async function compileSides(
  { backend, precision }: KernelOptions,
  pieces: Pieces,
  forward: Parameters<typeof cotangentProgram>[0],
): Promise<Callable | undefined> {
  const outputs: Record<string, Node> = {};
  for (const piece of pieces.structured) {
    if (piece.form === "product") outputs[`a/${piece.name}`] = piece.a;
  }
  if (Object.keys(outputs).length === 0) return undefined;
  const procedure = {
    name: "kernel inputs",
    constants: [forward.x],
    inputs: forward.parameters,
    outputs,
  };
  return backend.compile(procedure, precision);
}

interface Parts {
  readonly variant: KernelVariant;
  readonly x: Tensor;
  readonly examples: number;
  readonly outputs: number;
  /** Directions of the output that are followed: O, or 1 for the pseudo kernel. */
  readonly units: number;
  readonly block: number;
  readonly sides: readonly Side[];
  readonly contractions: ReadonlyMap<string, Contraction>;
  readonly inputs: Callable | undefined;
  readonly loops: {
    readonly cotangents: Loop | undefined;
    readonly jacobian: Loop | undefined;
    readonly diagonal: Loop;
    readonly others: Loop | undefined;
  };
}

/** A compiled kernel. Holds device memory until it is disposed of. */
export class KernelComputer implements AsyncDisposable {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** How each parameter is contracted, for the record. */
  get contractions(): ReadonlyMap<string, Contraction> {
    return this.#parts.contractions;
  }

  /** Θ at `parameters` (by name, in either precision). */
  async compute(parameters: Tensors): Promise<Kernel> {
    const { variant, examples, outputs, block, loops } = this.#parts;
    const values = await this.#factors(parameters);
    const pairs = blockPairs(examples, block);
    const same = pairs.filter(({ left, right }) => left === right);
    const other = pairs.filter(({ left, right }) => left !== right);
    loops.diagonal.write(values);
    const parts = [
      { pairs: same, values: await loops.diagonal.run(same.length, this.#rows(same)) },
    ];
    if (loops.others !== undefined) {
      loops.others.write(values);
      const found = await loops.others.run(other.length, this.#rows(other));
      parts.push({ pairs: other, values: found });
    }
    const shape = { variant, examples, outputs };
    return {
      ...shape,
      tensor: assemble(shape, block, parts),
      layerTraces: parts[0] === undefined ? new Map() : layerTraces(shape, block, parts[0]),
    };
  }

  /** Values of every side's inputs. */
  async #factors(parameters: Tensors): Promise<Tensors> {
    const { inputs, loops, sides, examples, units, x } = this.#parts;
    const bound = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [`p/${name}`, value]),
    );
    const found: Record<string, Tensor> = { ...(await inputs?.call(bound)) };
    if (loops.cotangents !== undefined) {
      loops.cotangents.write(bound);
      const deltas = await loops.cotangents.run(units, { unit: this.#units() });
      for (const [name, delta] of Object.entries(deltas)) found[`d/${name}`] = delta;
    }
    if (loops.jacobian !== undefined) {
      loops.jacobian.write(bound);
      const scanned = { example: repeat(x, units), unit: stretch(this.#units(), examples) };
      const rows = await loops.jacobian.run(units * examples, scanned);
      for (const [name, { dtype, data, shape }] of Object.entries(rows)) {
        found[`d/${name}`] = { dtype, data, shape: [units, examples, shape[1] ?? 0] };
      }
    }
    return Object.fromEntries(
      sides
        .flatMap((side) => (side.form === "product" ? [side.a, side.delta] : [side.gradient]))
        .map((node) => {
          const { name } = node.attributes;
          const value = found[name];
          if (value === undefined) throw new Error(`no factor ${name}`);
          return [name, value];
        }),
    );
  }

  /** Output directions, one a row: the unit vectors, or their mean direction Σ/√O. */
  #units(): Tensor {
    const { outputs, units, variant } = this.#parts;
    const rows = zeros("float64", [units, outputs]);
    if (variant === "pseudo") rows.data.fill(1 / Math.sqrt(outputs));
    else for (let o = 0; o < outputs; o += 1) rows.data[o * outputs + o] = 1;
    return rows;
  }

  /** Example numbers of the blocks on either side of each pair; past the end, the last example. */
  #rows(pairs: readonly BlockPair[]): Tensors {
    const { block, examples } = this.#parts;
    const rows = (side: keyof BlockPair): Tensor => {
      const value = zeros("int32", [pairs.length, block]);
      for (const [at, pair] of pairs.entries()) {
        for (let i = 0; i < block; i += 1) {
          value.data[at * block + i] = Math.min(pair[side] * block + i, examples - 1);
        }
      }
      return value;
    };
    return { left: rows("left"), right: rows("right") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { inputs, loops } = this.#parts;
    for (const part of [inputs, ...Object.values(loops)]) await part?.[Symbol.asyncDispose]();
  }
}

/** [N, …] → [times · N, 1, …], the whole over and over. */
function repeat(x: Tensor, times: number): Tensor {
  const [examples = 0, ...rest] = x.shape;
  const value = zeros(x.dtype, [times * examples, 1, ...rest]);
  for (let t = 0; t < times; t += 1) value.data.set(x.data, t * x.data.length);
  return value;
}

/** [U, O] → [U · each, O], every row `each` times in a row. */
function stretch(rows: Tensor, each: number): Tensor {
  const [count = 0, width = 0] = rows.shape;
  const value = zeros(rows.dtype, [count * each, width]);
  for (let at = 0; at < count * each; at += 1) {
    const from = Math.floor(at / each) * width;
    value.data.set(rows.data.subarray(from, from + width), at * width);
  }
  return value;
}
