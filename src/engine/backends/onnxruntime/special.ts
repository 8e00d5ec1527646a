/**
 * Special functions that ONNX Runtime lacks, or lacks in float64, as compositions that are accurate
 * to a few units in the last place.
 */
import type { Emitter } from "./emitter.ts";
import type { Lowering } from "./lowering.ts";

/**
 * log(1 + x) = log(u) + (x − (u − 1)) / u with u = fl(1 + x): the second term is what rounding took
 * from x. Both are clamped where 1 is lost in x, so that infinity stays infinity.
 * Source: HP-15C Advanced Functions Handbook (1982), appendix; the clamps are ours.
 */
function emitLog1p(emit: Emitter, x: string): string {
  const one = emit.real(1);
  const far = emit.real(emit.precision === "float32" ? 2 ** 30 : 2 ** 60);
  const u = emit.emit("Add", [x, one]);
  const near = emit.emit("Sub", [emit.emit("Min", [u, far]), one]);
  const lost = emit.emit("Sub", [emit.emit("Min", [x, far]), near]);
  const divisor = emit.emit("Max", [u, emit.real(2 ** -100)]);
  return emit.emit("Add", [emit.emit("Log", [u]), emit.emit("Div", [lost, divisor])]);
}

export const log1p: Lowering<"log1p"> = (_, operand, { emit }) => emitLog1p(emit, operand(0));

/** max(x, 0) + log(1 + e^−|x|). */
export const softplus: Lowering<"softplus"> = (_, operand, { emit }) => {
  const x = operand(0);
  const small = emit.emit("Exp", [emit.emit("Neg", [emit.emit("Abs", [x])])]);
  return emit.emit("Add", [emit.emit("Relu", [x]), emitLog1p(emit, small)]);
};

/** Horner's rule; coefficients from the constant term upwards. */
function polynomial(emit: Emitter, x: string, coefficients: readonly number[]): string {
  const [highest = 0, ...lower] = coefficients.toReversed();
  let value = emit.real(highest);
  for (const coefficient of lower) {
    value = emit.emit("Add", [emit.emit("Mul", [value, x]), emit.real(coefficient)]);
  }
  return value;
}

/**
 * |x| < 1: the Taylor series (2/√π) Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), whose terms fall below 2⁻⁵⁷.
 */
function erfNear(emit: Emitter, x: string): string {
  const coefficients: number[] = [];
  for (let n = 0, factorial = 1; n < 20; n += 1, factorial *= n) {
    coefficients.push(((-1) ** n * 2) / (Math.sqrt(Math.PI) * factorial * (2 * n + 1)));
  }
  const series = polynomial(emit, emit.emit("Mul", [x, x]), coefficients);
  return emit.emit("Mul", [x, series]);
}

/**
 * x ≥ 1: erfc(x) = (2hx/π) e^−x² Σ e^−t² / (t² + x²) + 2 / (1 + e^(2πx/h)) at t = (k + ½)h, the
 * trapezoidal rule with its pole's residue; e^(−π²/h²) is the error, 7e−18 for h = ½.
 * Source: Hunter and Regan, Mathematics of Computation 26 (1972), 539–541.
 */
function erfcFar(emit: Emitter, x: string): string {
  const step = 0.5;
  const square = emit.emit("Mul", [x, x]);
  let sum = emit.real(0);
  for (let k = 0; k < 13; k += 1) {
    const tt = ((k + 0.5) * step) ** 2;
    const divisor = emit.emit("Add", [square, emit.real(tt)]);
    sum = emit.emit("Add", [sum, emit.emit("Div", [emit.real(Math.exp(-tt)), divisor])]);
  }
  const front = emit.emit("Mul", [x, emit.emit("Exp", [emit.emit("Neg", [square])])]);
  const scaled = emit.emit("Mul", [front, emit.real((2 * step) / Math.PI)]);
  const growth = emit.emit("Exp", [emit.emit("Mul", [x, emit.real((2 * Math.PI) / step)])]);
  const residue = emit.emit("Div", [emit.real(2), emit.emit("Add", [growth, emit.real(1)])]);
  return emit.emit("Add", [emit.emit("Mul", [scaled, sum]), residue]);
}

/** ONNX Runtime's own in float32, which it computes to 1e−7; it has none in float64. */
export const erf: Lowering<"erf"> = (_, operand, { emit }) => {
  const x = operand(0);
  if (emit.precision === "float32") return emit.emit("Erf", [x]);
  const magnitude = emit.emit("Abs", [x]);
  const one = emit.real(1);
  const clamped = emit.emit("Min", [emit.emit("Max", [magnitude, one]), emit.real(6)]);
  const far = emit.emit("Sub", [one, erfcFar(emit, clamped)]);
  const signed = emit.emit("Mul", [emit.emit("Sign", [x]), far]);
  return emit.emit("Where", [emit.emit("Less", [magnitude, one]), erfNear(emit, x), signed]);
};
