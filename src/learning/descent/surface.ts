/**
 * What every descent can be asked for, however its steps are computed, and the forms that there
 * are. Which class computes which form, compile.ts says.
 */
import type { Tensors } from "#engine/backend.ts";
import type { Columns, DescentState, Form, Stretch } from "./descent.ts";

/**
 * Steps taken on the coefficients of θ − θ_s in the rows of the Jacobian: with the whole kernel, or
 * on full batches by a product with the Jacobian and its transpose each.
 */
export interface FunctionSpaceForm {
  readonly type: "function_space";
  readonly route: "kernel" | "jacobian";
  /** Whether the optimiser's state is forgotten at each linearisation. */
  readonly resets: boolean;
}

/**
 * What a closed form takes its modes from: the spectrum of the kernel; Krylov spaces by products
 * with the kernel, or by products with the Jacobian alone; or one such space and, where it does not
 * hold the whole phase, the spectrum.
 */
export const routes = ["spectrum", "kernel", "jacobian", "kernel_first", "jacobian_first"] as const;
export type Route = (typeof routes)[number];

/** Whether the spectrum takes over where a space does not hold the phase. */
export const fallsBack = (route: Route): boolean => route.endsWith("_first");

/** Any number of steps at once. */
export interface ClosedForm {
  readonly type: "closed_form";
  readonly resets: boolean;
  /** Steps between two that are reported; 1 reports each. */
  readonly every: number;
  readonly route: Route;
  /** Steps of a phase, the longest foreseen: what a Krylov space is made for. */
  readonly horizon: number;
  /** Vectors of a Krylov space at most; further steps take another one. */
  readonly vectorsMax: number;
}

/** One damped least-squares problem a step. */
export interface GaussNewtonForm {
  readonly type: "gauss_newton";
  /**
   * µ; or the µ = 1/(ηK) that K steps of gradient descent amount to; or the first of those that
   * follow how well the model foretold each step.
   */
  readonly damping: number | { readonly period: number } | { readonly adaptive: number };
  readonly solver: "function_space" | "cg";
  /** Whether the kernel is factorised where conjugate gradients do not converge. */
  readonly fallsBack: boolean;
  /** Of conjugate gradients. */
  readonly iterationsMax: number;
  readonly tolerance: number;
  readonly lineSearch: boolean;
  readonly resets: false;
}

export type AnyForm = Form | FunctionSpaceForm | ClosedForm | GaussNewtonForm;

export interface DescentSurface extends AsyncDisposable {
  /** Takes over a state; slots that it lacks begin at zero, and so does a missing anchor at θ. */
  restore(state: DescentState): Promise<void>;
  state(): Promise<DescentState>;
  /** θ_s; null where the form has none. */
  anchor(): Promise<Tensors | null>;
  weights(): Promise<Tensors>;
  /** Runs the steps of a stretch and returns what they emitted. */
  advance(stretch: Stretch): Promise<Columns>;
  /** What has gone otherwise than foreseen since this was last asked; nothing unless there. */
  notices?(): readonly string[];
}
