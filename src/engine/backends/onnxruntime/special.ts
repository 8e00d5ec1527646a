/**
 * Special functions that ONNX Runtime lacks, or lacks in float64, as compositions that are accurate
 * to a few units in the last place.
 */
import type { Emitter } from "./emitter.ts";
import type { Lowering } from "./lowering.ts";
import { operandNode } from "./lowering.ts";

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

/** π in three parts of few bits, so that a small multiple of each is exact in float32. */
const piParts = [3.140625, 9.675025939941406e-4, 1.509957990978376e-7] as const;

/** sin r = r Σ (−1)ⁿ r²ⁿ / (2n + 1)! to r¹³ for |r| ≤ π/2, where r¹⁵/15! < 7e−10. */
const sineCoefficients = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362_880, -1 / 39_916_800].concat(
  1 / 6_227_020_800,
);

/**
 * WebGPU promises sin and cos to 2⁻¹¹ alone. x = r + qπ with |r| ≤ π/2: sin x = (−1)^q sin r for
 * whole q; for q = f + ½, cos x = −(−1)^f sin r. Source: Cody and Waite, Software Manual for the
 * Elementary Functions (1980), ch. 8.
 */
function emitSine(emit: Emitter, x: string, isCosine: boolean): string {
  const half = emit.real(0.5);
  const turns = emit.emit("Mul", [x, emit.real(1 / Math.PI)]);
  const whole = emit.emit("Floor", [isCosine ? turns : emit.emit("Add", [turns, half])]);
  const taken = isCosine ? emit.emit("Add", [whole, half]) : whole;
  let rest = x;
  for (const part of piParts) {
    rest = emit.emit("Sub", [rest, emit.emit("Mul", [taken, emit.real(part)])]);
  }
  const square = emit.emit("Mul", [rest, rest]);
  const sine = emit.emit("Mul", [rest, polynomial(emit, square, sineCoefficients)]);
  const pairs = emit.emit("Floor", [emit.emit("Mul", [whole, half])]);
  const odd = emit.emit("Sub", [whole, emit.emit("Mul", [pairs, emit.real(2)])]);
  const swing = emit.emit("Mul", [odd, emit.real(isCosine ? 2 : -2)]);
  const sign = emit.emit("Add", [swing, emit.real(isCosine ? -1 : 1)]);
  return emit.emit("Mul", [sign, sine]);
}

export const sin: Lowering<"sin"> = (_, operand, { emit }) =>
  emit.device === "webgpu" ? emitSine(emit, operand(0), false) : emit.emit("Sin", [operand(0)]);

export const cos: Lowering<"cos"> = (_, operand, { emit }) =>
  emit.device === "webgpu" ? emitSine(emit, operand(0), true) : emit.emit("Cos", [operand(0)]);

/** WebGPU's kernel fails where both operands stretch. */
export const power: Lowering<"power"> = (node, operand, { emit }) => {
  const both = [0, 1].map((at) =>
    emit.device === "webgpu" && operandNode(node, at).shape.join() !== node.shape.join()
      ? emit.emit("Expand", [operand(at), emit.integers(node.shape)])
      : operand(at),
  );
  return emit.emit("Pow", both);
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
