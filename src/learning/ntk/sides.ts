/** The plan of a kernel's contraction: for each piece its sizes, its order and its inputs. */
import { input, matmul, reshape } from "#engine/graph/build.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import { factorsOfSide, type Side } from "./blocks.ts";
import {
  type Contraction,
  type ContractionOrder,
  chooseOrder,
  type FactorSizes,
} from "./contraction.ts";
import { chooseLookupOrder, lookupBlock } from "./lookup.ts";
import type { CotangentOf, Piece, Pieces } from "./pieces.ts";

/** Numbers that one pair of blocks may take while it is contracted. */
const blockNumbersMax = 2 ** 25;

/** Rows of a block product: enough to keep the processor busy, few enough for its caches. */
const blockRows = 640;

/** The same where units are added up or kept apart, and so are no rows of a product. */
const planeRows = 128;

/** Examples in a block where nobody chose. */
export function blockFor(
  pieces: Pieces,
  { examples, units, variant = "full" }: Pick<SidesOptions, "examples" | "units" | "variant">,
): number {
  const isOnePlane = variant === "trace" || variant === "diagonal";
  const widest = isOnePlane ? planeRows : Math.ceil(blockRows / units);
  // Blocks of one size, so that the last is not mostly padding.
  const count = Math.ceil(examples / Math.max(1, Math.min(examples, widest)));
  const most = Math.max(1, Math.ceil(examples / count));
  return pieces.structured.reduce((block, piece) => {
    if (piece.form !== "lookup") return block;
    const sizes = sizesOf(piece, { examples, units });
    return lookupBlock(sizes, { block, numbersMax: blockNumbersMax });
  }, most);
}

export interface SidesOptions {
  readonly examples: number;
  readonly units: number;
  readonly block: number;
  readonly order?: ContractionOrder;
  /** Full unless given. */
  readonly variant?: KernelVariant;
}

export interface SidesPlan {
  /** What the backward program emits: products that are contracted first are gradients here. */
  readonly pieces: readonly Piece[];
  readonly sides: readonly Side[];
  readonly contractions: ReadonlyMap<string, Contraction>;
  /** Numbers that all factors take together. */
  readonly numbers: number;
}

/** Sides in the order of the pieces, explicit parameters last. */
export function sidesOf(pieces: Pieces, options: SidesOptions): SidesPlan {
  const { examples, units } = options;
  const sides: Side[] = [];
  const contractions = new Map<string, Contraction>();
  const emitted: Piece[] = [];
  let numbers = 0;
  let room = formedNumbersMax;
  const gradientSide = (name: string, layer: string, width: number): void => {
    sides.push({
      form: "gradient",
      name,
      layer,
      gradient: input(`d/${name}`, [examples, units, width]),
    });
    numbers += units * examples * width;
  };
  for (const piece of pieces.structured) {
    const { name, parameter } = piece;
    if (piece.form === "gradient") {
      gradientSide(name, parameter.layer, sizeOf(parameter.shape));
      contractions.set(name, "gradient");
      emitted.push(piece);
      continue;
    }
    const side = pairSide(piece, options);
    for (const part of [name, ...(piece.biases ?? [])]) contractions.set(part, side.order);
    if (piece.isEven === true && side.form === "product" && side.order === "gram_gram") {
      const [, , , channels = 1] = side.delta.shape;
      const { layer, a } = side;
      sides.push({ form: "even", name, layer, a, delta: input(`d/${name}`, [units, channels]) });
      emitted.push(piece);
      numbers += sizeOf(a.shape);
      continue;
    }
    const formed = side.form === "product" ? formedFirst(piece, side, options) : null;
    const taken = units * examples * (formed?.width ?? 0);
    if (formed !== null && taken <= room) {
      room -= taken;
      gradientSide(name, parameter.layer, formed.width);
      emitted.push(formed.piece);
      continue;
    }
    sides.push(side);
    emitted.push({ ...piece, isEven: false });
    numbers += factorsOfSide(side).reduce((total, { shape }) => total + sizeOf(shape), 0);
  }
  for (const parameter of pieces.explicit) {
    gradientSide(parameter.name, parameter.layer, sizeOf(parameter.shape));
    contractions.set(parameter.name, "explicit");
  }
  return { pieces: emitted, sides, contractions, numbers };
}

/** Numbers of gradients that are formed once for all blocks; others are formed in each block. */
const formedNumbersMax = 2 ** 26;

/**
 * A product over positions whose gradients each block would form anew, on either side: where they
 * fit, they are formed once, in the backward pass.
 */
function formedFirst(
  piece: Paired,
  { order, a, delta }: Extract<Side, { form: "product" }>,
  { examples, variant = "full" }: SidesOptions,
): { readonly piece: Piece; readonly width: number } | null {
  if (piece.form !== "product") return null;
  const [, , positions = 1, channels = 1] = delta.shape;
  const inputs = a.shape[2] ?? 1;
  const width = inputs * channels;
  const isFormed = order === "outer" || variant === "trace" || variant === "diagonal";
  if (!isFormed || positions === 1) return null;
  const { name, parameter } = piece;
  const gradient = (of: CotangentOf) =>
    reshape(matmul(piece.a, piece.delta(of), { transposeA: true }), [examples, width]);
  return { piece: { name, parameter, form: "gradient", gradient }, width };
}

/** The inputs of a product or a lookup, and the order in which they are contracted. */
function pairSide(piece: Paired, options: SidesOptions): Side & { form: Paired["form"] } {
  const { examples, units, block } = options;
  const { name, parameter } = piece;
  const sizes = sizesOf(piece, options);
  const limits = { block, numbersMax: blockNumbersMax };
  const { positions, inputs, channels } = sizes;
  const delta = input(`d/${name}`, [examples, units, positions, channels]);
  if (piece.form === "product") {
    const order = options.order ?? chooseOrder(sizes, limits);
    const a = input(`a/${name}`, [examples, positions, inputs]);
    return { form: "product", name, layer: parameter.layer, order, a, delta };
  }
  const asked = options.order === "one_sided" ? "sequential" : options.order;
  const order = asked ?? chooseLookupOrder(sizes, limits);
  const ids = input(`a/${name}`, [examples, positions], "integer");
  return { form: "lookup", name, layer: parameter.layer, order, ids, rows: piece.rows, delta };
}

type Paired = Exclude<Piece, { form: "gradient" }>;

function sizesOf(piece: Paired, options: Pick<SidesOptions, "examples" | "units">): FactorSizes {
  const [, positions = 1, width = 1] = (piece.form === "product" ? piece.a : piece.ids).shape;
  // The parameter may be split into groups, so channels follow from its size and the pieces.
  const delta = piece.delta((node) => node);
  return {
    examples: options.examples,
    outputs: options.units,
    positions,
    inputs: piece.form === "product" ? width : piece.rows,
    channels: delta.shape[2] ?? 1,
  };
}
