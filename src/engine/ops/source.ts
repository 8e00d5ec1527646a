/** Primitives without operands. Tangents of inputs are given from outside, see autodiff/. */
import type { Family } from "./primitive.ts";
import { still } from "./primitive.ts";
import { shapeRules } from "./shapes.ts";

export const sources: Family<"input" | "constant"> = {
  input: { shape: shapeRules.input, jvp: still, transpose: undefined },
  constant: { shape: shapeRules.constant, jvp: still, transpose: undefined },
};
