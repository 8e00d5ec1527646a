/**
 * Optimisers as graphs: the next weights and state of every parameter from its gradient. Rates and
 * bias corrections are scanned scalars computed on the host, so that a step's bits do not depend
 * on how steps are cut into calls.
 */
import assert from "node:assert/strict";
import {
  add,
  divide,
  input,
  literal,
  maximum,
  multiply,
  scale,
  select,
  sqrt,
  subtract,
} from "#engine/graph/build.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Averaging, Optimizer, Schedule } from "#schemas/algorithm.ts";
import { squaredNorm } from "./loss.ts";

/** An optimiser with every default filled in. */
export interface OptimizerSettings {
  readonly type: Optimizer["type"];
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly weightDecayTo: "zero" | "anchor";
  readonly clipNorm: number | null;
  readonly schedule: Schedule;
  readonly averaging: Averaging | null;
}

export function optimizerSettings(given: Optimizer): OptimizerSettings {
  return {
    type: given.type,
    learningRate: given.learning_rate,
    momentum: given.momentum ?? 0,
    nesterov: given.nesterov ?? false,
    beta1: given.beta1 ?? 0.9,
    beta2: given.beta2 ?? 0.999,
    epsilon: given.epsilon ?? 1e-8,
    weightDecay: given.weight_decay ?? 0,
    weightDecayTo: given.weight_decay_to ?? "zero",
    clipNorm: given.clip_norm ?? null,
    schedule: given.schedule ?? { type: "constant" },
    averaging: given.averaging ?? null,
  };
}

/** Names of the arrays that an optimiser keeps for each parameter. */
export type Slot = "momentum" | "moment1" | "moment2";

export function slotsOf({ type, momentum }: OptimizerSettings): readonly Slot[] {
  if (type === "sgd") return momentum === 0 ? [] : ["momentum"];
  return ["moment1", "moment2"];
}

/**
 * Scalars of one step, in float64: `rate` is η·schedule; for Adam `adamRate` = rate / (1 − β₁ᵏ) and
 * `secondScale` = 1 / (1 − β₂ᵏ), k being the steps since the state was reset, this one included.
 */
export interface StepScalars {
  readonly rate: number;
  readonly adamRate: number;
  readonly secondScale: number;
}

export function stepScalars(settings: OptimizerSettings, rate: number, k: number): StepScalars {
  const { beta1, beta2 } = settings;
  return { rate, adamRate: rate / (1 - beta1 ** k), secondScale: 1 / (1 - beta2 ** k) };
}

/** The scanned inputs of an update: those of `StepScalars` that the optimiser reads. */
export type ScalarNodes = { readonly [Name in keyof StepScalars]: InputNode };

export function scalarInputs(): ScalarNodes {
  return {
    rate: input("rate", []),
    adamRate: input("adamRate", []),
    secondScale: input("secondScale", []),
  };
}

/** One parameter as an update sees it. */
export interface Updated {
  readonly weight: Node;
  readonly gradient: Node;
  /** Weights that decay draws towards; undefined is zero. */
  readonly target: Node | undefined;
  readonly state: Readonly<Partial<Record<Slot, Node>>>;
}

export interface Update {
  readonly weight: Node;
  readonly state: Readonly<Partial<Record<Slot, Node>>>;
}

/** What a gradient of that norm is multiplied with, so that its norm is at most `clipNorm`. */
export function clipFactor(norm: Node, clipNorm: number): Node {
  return divide(literal(clipNorm), maximum(norm, literal(clipNorm)));
}

/** Gradients scaled to a global norm of at most `clipNorm`, and the norm before; source: Pascanu
 * et al. 2013. A norm that is not finite leaves no finite gradient, as it should. */
export function clipped(
  gradients: readonly Node[],
  clipNorm: number,
): { readonly gradients: readonly Node[]; readonly norm: Node } {
  const norm = sqrt(squaredNorm(gradients));
  const factor = clipFactor(norm, clipNorm);
  return { gradients: gradients.map((gradient) => multiply(gradient, factor)), norm };
}

/** State at the beginning of a step that may reset it: zeros where `reset`. */
export function resetWhere(reset: Node, state: Node): Node {
  return select(reset, literal(0), state);
}

/** w·(θ − target), or undefined without decay. */
function decayOf(settings: OptimizerSettings, { weight, target }: Updated): Node | undefined {
  if (settings.weightDecay === 0) return undefined;
  const from = target === undefined ? weight : subtract(weight, target);
  return scale(from, settings.weightDecay);
}

const plus = (a: Node, b: Node | undefined): Node => (b === undefined ? a : add(a, b));

function slot(updated: Updated, name: Slot): Node {
  const node = updated.state[name];
  assert(node !== undefined, `the optimiser keeps ${name}`);
  return node;
}

/** θ − η·g; v ← μv + g with θ − η·v; or θ − η·(g + μv) (Nesterov, as in Sutskever et al. 2013). */
function sgd(settings: OptimizerSettings, updated: Updated, scalars: ScalarNodes): Update {
  const { momentum, nesterov } = settings;
  const gradient = plus(updated.gradient, decayOf(settings, updated));
  if (momentum === 0) {
    return { weight: subtract(updated.weight, multiply(scalars.rate, gradient)), state: {} };
  }
  const velocity = add(scale(slot(updated, "momentum"), momentum), gradient);
  const direction = nesterov ? add(gradient, scale(velocity, momentum)) : velocity;
  const weight = subtract(updated.weight, multiply(scalars.rate, direction));
  return { weight, state: { momentum: velocity } };
}

/** Kingma & Ba 2015; decay decoupled from the moments for adamw (Loshchilov & Hutter 2019). */
function adam(settings: OptimizerSettings, updated: Updated, scalars: ScalarNodes): Update {
  const { beta1, beta2, epsilon, type } = settings;
  const decay = decayOf(settings, updated);
  const decoupled = type === "adamw";
  const gradient = decoupled ? updated.gradient : plus(updated.gradient, decay);
  const moment1 = add(scale(slot(updated, "moment1"), beta1), scale(gradient, 1 - beta1));
  const square = multiply(gradient, gradient);
  const moment2 = add(scale(slot(updated, "moment2"), beta2), scale(square, 1 - beta2));
  const spread = add(sqrt(multiply(moment2, scalars.secondScale)), literal(epsilon));
  const step = multiply(scalars.adamRate, divide(moment1, spread));
  const moved = subtract(updated.weight, step);
  const weight =
    decoupled && decay !== undefined ? subtract(moved, multiply(scalars.rate, decay)) : moved;
  return { weight, state: { moment1, moment2 } };
}

/** The next weight and state of one parameter. */
export function update(
  settings: OptimizerSettings,
  updated: Updated,
  scalars: ScalarNodes,
): Update {
  return settings.type === "sgd"
    ? sgd(settings, updated, scalars)
    : adam(settings, updated, scalars);
}
