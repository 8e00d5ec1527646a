/** The plan of a kernel's contraction: for each piece its sizes, its order and its inputs. */
import { input } from "#engine/graph/build.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Side } from "./blocks.ts";
import {
  type Contraction,
  type ContractionOrder,
  chooseOrder,
  type FactorSizes,
} from "./contraction.ts";
import type { Piece, Pieces } from "./pieces.ts";

/** Numbers that one pair of blocks may take while it is contracted. */
const blockNumbersMax = 2 ** 25;

export interface SidesOptions {
  readonly examples: number;
  readonly units: number;
  readonly block: number;
  readonly order?: ContractionOrder;
}

export interface SidesPlan {
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
  let numbers = 0;
  const gradientSide = (name: string, layer: string, width: number): void => {
    sides.push({
      form: "gradient",
      name,
      layer,
      gradient: input(`d/${name}`, [units, examples, width]),
    });
    numbers += units * examples * width;
  };
  for (const piece of pieces.structured) {
    const { name, parameter } = piece;
    if (piece.form === "gradient") {
      gradientSide(name, parameter.layer, sizeOf(parameter.shape));
      contractions.set(name, "gradient");
      continue;
    }
    const sizes = sizesOf(piece, options);
    const order =
      options.order ?? chooseOrder(sizes, { block: options.block, numbersMax: blockNumbersMax });
    const { positions, inputs, channels } = sizes;
    sides.push({
      form: "product",
      name,
      layer: parameter.layer,
      order,
      a: input(`a/${name}`, [examples, positions, inputs]),
      delta: input(`d/${name}`, [units, examples, positions, channels]),
    });
    contractions.set(name, order);
    numbers += examples * positions * (inputs + units * channels);
  }
  for (const parameter of pieces.explicit) {
    gradientSide(parameter.name, parameter.layer, sizeOf(parameter.shape));
    contractions.set(parameter.name, "explicit");
  }
  return { sides, contractions, numbers };
}

function sizesOf(piece: Piece & { form: "product" }, options: SidesOptions): FactorSizes {
  const [, positions = 1, inputs = 1] = piece.a.shape;
  // The parameter may be split into groups, so channels follow from its size and the pieces.
  const delta = piece.delta((node) => node);
  return {
    examples: options.examples,
    outputs: options.units,
    positions,
    inputs,
    channels: delta.shape[2] ?? 1,
  };
}
