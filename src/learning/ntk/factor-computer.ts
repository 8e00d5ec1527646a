/**
 * The first half of a kernel: compiled programs that give, for any parameters, the numbers of every
 * side on all examples. Contracts nothing.
 */
import type { Backend, Callable, Loop, Precision, Tensors } from "#engine/backend.ts";
import { input, reshape } from "#engine/graph/build.ts";
import { arraysOf, type Network } from "#engine/network.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { allocate, sizeOf, type Tensor, zeros } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import { Failure } from "#src/failure.ts";
import { factorsOfSide, type Side, sharedOf } from "./blocks.ts";
import type { Contraction, ContractionOrder } from "./contraction.ts";
import { cotangentProgram } from "./cotangents.ts";
import { withEven } from "./even.ts";
import { jacobianProgram } from "./explicit.ts";
import { factorProcedure, freeOf, isSmall } from "./factor-procedure.ts";
import { withBiases } from "./merging.ts";
import { type Piece, type Pieces, piecesOf } from "./pieces.ts";
import { blockFor, sidesOf } from "./sides.ts";

/** Numbers that the factors of a kernel may take together. */
export const factorNumbersMax = 2 ** 28;

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

/**
 * Compiles the factors of a network on `x`. Failure `incompatible` when examples are coupled (batch
 * statistics, dropout), which makes a kernel meaningless; `too_large` when factors do not fit.
 */
export async function compileFactors(options: KernelOptions): Promise<FactorComputer> {
  const { network, x, variant, backend, precision } = options;
  if (network.coupling.length > 0) {
    throw new Failure("incompatible", `no kernel: ${network.coupling.join("; ")}`);
  }
  const [examples = 0] = x.shape;
  const outputs = sizeOf(network.outputShape);
  const units = variant === "pseudo" ? 1 : outputs;
  const { pieces, forward } = piecesOfNetwork(options);
  const block = options.block ?? blockFor(pieces, { examples, units, variant });
  const plan = sidesOf(pieces, { ...options, examples, units, block });
  if (plan.numbers > factorNumbersMax) {
    throw new Failure(
      "too_large",
      `the kernel's factors need ${plan.numbers} numbers, at most ${factorNumbersMax}; ` +
        "use fewer examples or the pseudo kernel",
    );
  }
  const compile = (program: Parameters<Backend["compileLoop"]>[0]) =>
    backend.compileLoop(program, precision);
  return new FactorComputer({
    ...{ variant, x, examples, outputs, units, block },
    sides: plan.sides,
    contractions: plan.contractions,
    jacobian:
      pieces.explicit.length > 0
        ? await compile(jacobianProgram(network, pieces.explicit))
        : undefined,
    ...(await compilePieces(options, {
      ...{ forward, pieces: plan.pieces },
      units: directionsOf(variant, outputs),
    })),
  });
}

/** The forward graph on all examples, and what each parameter contributes. */
export function piecesOfNetwork({
  network,
  x,
  method,
}: Pick<KernelOptions, "network" | "x" | "method">): {
  pieces: Pieces;
  forward: Parameters<typeof cotangentProgram>[0];
} {
  const arrays = new Map(arraysOf(network).map((p) => [p, input(`p/${p.name}`, p.shape)] as const));
  const byName = new Map<string, Node>([...arrays].map(([p, node]) => [p.name, node]));
  const trained = new Map([...arrays].filter(([p]) => network.parameters.includes(p)));
  const data = input("x", x.shape, network.input.kind);
  const examples = x.shape[0] ?? 0;
  const output = reshape(network.apply(byName, data, "inference"), [
    examples,
    sizeOf(network.outputShape),
  ]);
  const pieces: Pieces =
    method === "explicit"
      ? { structured: [], explicit: network.parameters, nodes: [] }
      : piecesOf(output, trained, data);
  const forward = {
    output,
    x: { input: data, value: x },
    parameters: [...arrays.values()],
    nodes: pieces.nodes,
  };
  return { pieces: withEven(withBiases(pieces, forward), forward), forward };
}

/** The programs of structured pieces: one procedure, or a loop over directions beside another. */
async function compilePieces(
  { backend, precision }: KernelOptions,
  { forward, pieces, units }: PiecesPlan,
): Promise<Pick<Parts, "inputs" | "cotangents">> {
  const none = { inputs: undefined, cotangents: undefined };
  if (pieces.length === 0) return none;
  if (isSmall(forward, units.shape[0] ?? 0)) {
    const procedure = factorProcedure(forward, pieces, units);
    return { ...none, inputs: await backend.compile(procedure, precision) };
  }
  const cotangents = await backend.compileLoop(cotangentProgram(forward, pieces), precision);
  const outputs = freeOf(pieces);
  if (Object.keys(outputs).length === 0) return { ...none, cotangents };
  const procedure = {
    name: "kernel inputs",
    constants: [forward.x],
    inputs: forward.parameters,
    outputs,
  };
  return { inputs: await backend.compile(procedure, precision), cotangents };
}

interface PiecesPlan {
  readonly forward: Parameters<typeof cotangentProgram>[0];
  readonly pieces: readonly Piece[];
  /** Directions, [U, O]. */
  readonly units: Tensor;
}

/** Output directions, one a row: the unit vectors, or their mean direction Σ/√O. */
function directionsOf(variant: KernelVariant, outputs: number): Tensor {
  const units = variant === "pseudo" ? 1 : outputs;
  const rows = zeros("float64", [units, outputs]);
  if (variant === "pseudo") rows.data.fill(1 / Math.sqrt(outputs));
  else for (let o = 0; o < outputs; o += 1) rows.data[o * outputs + o] = 1;
  return rows;
}

interface Parts {
  readonly variant: KernelVariant;
  readonly x: Tensor;
  readonly examples: number;
  readonly outputs: number;
  /** Directions of the output that are followed: O, or 1 for the pseudo kernel. */
  readonly units: number;
  /** Examples in a block of the contraction. */
  readonly block: number;
  readonly sides: readonly Side[];
  readonly contractions: ReadonlyMap<string, Contraction>;
  readonly inputs: Callable | undefined;
  readonly cotangents: Loop | undefined;
  readonly jacobian: Loop | undefined;
}

/** Values of every side's inputs. */
export interface Factors {
  /** With an axis of examples, the first. */
  readonly byExample: Tensors;
  readonly shared: Tensors;
}

/** Compiled factors. Holds device memory until it is disposed of. */
export class FactorComputer implements AsyncDisposable {
  readonly parts: Parts;
  /** Arrays that the next call writes over. */
  #kept: Tensors | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** At `parameters` (by name, in either precision); valid until the next call. */
  async compute(parameters: Tensors): Promise<Factors> {
    const { inputs, cotangents, jacobian, sides, examples, units, x } = this.parts;
    const directions = directionsOf(this.parts.variant, this.parts.outputs);
    const bound = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [`p/${name}`, value]),
    );
    const given = await inputs?.call(bound, this.#kept);
    this.#kept = given !== undefined && numbersIn(given) <= keptNumbersMax ? given : undefined;
    const found: Record<string, Tensor> = { ...given };
    if (cotangents !== undefined) {
      cotangents.write(bound);
      const deltas = await cotangents.run(units, { unit: directions });
      for (const [name, delta] of Object.entries(deltas)) {
        const isShared = delta.shape.length < 3;
        found[`d/${name}`] = isShared ? delta : exampleMajor(delta);
      }
    }
    if (jacobian !== undefined) {
      jacobian.write(bound);
      const scanned = { example: stretch(x, units), unit: repeat(directions, examples) };
      const rows = await jacobian.run(units * examples, scanned);
      for (const [name, { dtype, data, shape }] of Object.entries(rows)) {
        found[`d/${name}`] = { dtype, data, shape: [examples, units, shape[1] ?? 0] };
      }
    }
    const chosen = (nodes: readonly InputNode[]): Tensors =>
      Object.fromEntries(
        nodes.map(({ attributes: { name }, shape }) => {
          const value = found[name];
          if (value === undefined) throw new Error(`no factor ${name}`);
          return [name, { ...value, shape }];
        }),
      );
    return {
      byExample: chosen(sides.flatMap(factorsOfSide)),
      shared: chosen(sides.flatMap(sharedOf)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { inputs, cotangents, jacobian } = this.parts;
    for (const part of [inputs, cotangents, jacobian]) await part?.[Symbol.asyncDispose]();
  }
}

/** Numbers of factors whose memory is kept from one call to the next: fresh pages take long. */
const keptNumbersMax = 2 ** 24;

const numbersIn = (values: Tensors): number =>
  Object.values(values).reduce((sum, { data }) => sum + data.length, 0);

/** [U, N, …] → [N, U, …], so that what belongs to a block of examples lies together. */
function exampleMajor({ dtype, shape, data }: Tensor): Tensor {
  const [units = 0, examples = 0, ...inner] = shape;
  const turned = [examples, units, ...inner];
  if (units === 1) return { dtype, shape: turned, data };
  const row = sizeOf(inner);
  const result = allocate(dtype, data.length);
  for (let u = 0; u < units; u += 1) {
    for (let n = 0; n < examples; n += 1) {
      const from = (u * examples + n) * row;
      result.set(data.subarray(from, from + row), (n * units + u) * row);
    }
  }
  return { dtype, shape: turned, data: result };
}

/** [U, O] → [times · U, O], the whole over and over. */
function repeat(rows: Tensor, times: number): Tensor {
  const [count = 0, width = 0] = rows.shape;
  const value = zeros(rows.dtype, [times * count, width]);
  for (let t = 0; t < times; t += 1) value.data.set(rows.data, t * rows.data.length);
  return value;
}

/** [N, …] → [N · each, 1, …], every example `each` times in a row. */
function stretch(x: Tensor, each: number): Tensor {
  const [count = 0, ...rest] = x.shape;
  const width = sizeOf(rest);
  const value = zeros(x.dtype, [count * each, 1, ...rest]);
  for (let at = 0; at < count * each; at += 1) {
    const from = Math.floor(at / each) * width;
    value.data.set(x.data.subarray(from, from + width), at * width);
  }
  return value;
}
