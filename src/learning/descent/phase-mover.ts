/** What moves the coefficients of a linear phase, whatever they are coefficients of. */
import type { Backend, Precision, Tensors } from "#engine/backend.ts";
import type { Batches } from "#learning/batches.ts";
import type { Columns, Stretch } from "./descent.ts";
import type { Coefficients, Setting } from "./phase.ts";
import type { Task } from "./step.ts";

/** A phase at rest: coefficients, and what a mover of this kind keeps beside them. */
export interface Written {
  readonly coefficients: Coefficients;
  readonly beside: Tensors;
}

/** How coefficients move within a phase. */
export interface PhaseMover extends AsyncDisposable {
  /** Names of the arrays in which it goes on as it began; others are read as they are entered. */
  readonly kind: string;
  /** Takes a phase and where in it to go on; `beside` is what a mover of its kind wrote. */
  begin(setting: Setting, coefficients: Coefficients, beside: Tensors | null): Promise<void>;
  /** Steps that cross no anchor. */
  run(stretch: Stretch): Promise<Columns>;
  /** Where the phase stands. */
  coefficients(): Promise<Coefficients>;
  /** What to begin with so that the same bits follow. */
  written(): Promise<Written>;
}

export interface MoverOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly task: Task;
  readonly batches: Batches;
}
