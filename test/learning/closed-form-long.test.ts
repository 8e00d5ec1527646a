/**
 * One trajectory by three roads: steps on weights, steps in function space, and closed forms, over
 * up to 20 000 steps, within what rounding allows.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AnyForm, ClosedForm } from "#learning/descent/surface.ts";
import type { Optimizer } from "#schemas/algorithm.ts";
import {
  apart,
  closedForm,
  functionSpace,
  kernelOf,
  type Way,
  walk,
  weightSpace,
} from "./walking.ts";

interface Moving {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weight_decay?: number;
  readonly weight_decay_to?: "zero" | "anchor";
  readonly schedule?: { readonly type: "step"; readonly every: number; readonly factor: number };
}

const momentum = 0.8;
const decaying = { weight_decay: 0.01 } as const;
/** Without a rate: that follows from the kernel. */
const optimizers: Readonly<Record<string, Moving>> = {
  "gradient descent": {},
  "gradient descent with decay to zero": decaying,
  "gradient descent with decay to the anchor": { ...decaying, weight_decay_to: "anchor" },
  "gradient descent on a schedule": { schedule: { type: "step", every: 3000, factor: 0.7 } },
  "heavy ball": { momentum },
  "heavy ball with decay to zero": { momentum, ...decaying },
  "heavy ball with decay to the anchor": { momentum, ...decaying, weight_decay_to: "anchor" },
  Nesterov: { momentum, nesterov: true },
  "Nesterov with decay to zero": { momentum, nesterov: true, ...decaying },
  "Nesterov with decay to the anchor": {
    ...{ momentum, nesterov: true, ...decaying, weight_decay_to: "anchor" },
  },
};

const own = (route: ClosedForm["route"], steps: number): ClosedForm => ({
  ...closedForm,
  route,
  every: steps,
  horizon: steps,
  vectorsMax: 48,
});

/** 2√n for the sixty rows of the kernel. */
const decomposed = 2 * Math.sqrt(60);

/** By name: the roads that are compared with steps on weights. */
const roads = (steps: number): Readonly<Record<string, AnyForm>> => ({
  "function space": functionSpace,
  spectrum: own("spectrum", steps),
  "products with the kernel": own("kernel", steps),
  "products with the Jacobian": own("jacobian", steps),
});

const squares: Way = { loss: "mean_squared_error", batchSize: null, period: 1e9 };

/** Largest stable ηλ/n. */
function stabilityBound({ momentum: carried = 0, nesterov = false }: Moving): number {
  return (2 * (1 + carried)) / (nesterov ? 1 + 2 * carried : 1);
}

/**
 * What two roads may differ by, relative to the largest number. Each knows eigenvalues to one
 * rounding u of the largest. A mode moves by (1 − ηλ/n)ᵗ, of which δλ makes T·ηδλ/n, that is T·z·u
 * with z = ηλ_max/n; a momentum µ takes steps that are 1/(1 − µ) as long. A decomposition knows
 * eigenvalues worse, to about √n roundings of n rows (Golub & Van Loan, 8.1 and 8.3).
 */
function allowed(unit: number, how: { steps: number; z: number; momentum?: number }): number {
  const { steps, z, momentum: carried = 0 } = how;
  return unit * (200 + (steps * z) / (1 - carried));
}

async function differences(optimizer: Optimizer, steps: number, engine: "float64" | "float32") {
  const way: Way = { ...squares, optimizer, steps, engine };
  const expected = await walk(weightSpace, way);
  const found: [string, number][] = [];
  for (const [name, form] of Object.entries(roads(steps))) {
    const { state } = await walk(form, way);
    found.push([name, apart(state.weights, expected.state.weights)]);
  }
  return found;
}

describe("one trajectory by three roads", () => {
  for (const [name, settings] of Object.entries(optimizers)) {
    for (const [where, share] of [
      ["at a small rate", 0],
      ["at nine tenths of the largest stable rate", 0.9],
    ] as const) {
      it(`is the same with ${name} ${where}`, async () => {
        const { lambdaMax } = await kernelOf(squares);
        const least = 0.1 * (1 - (settings.momentum ?? 0));
        const z = share === 0 ? least : share * stabilityBound(settings);
        const optimizer: Optimizer = { type: "sgd", learning_rate: z / lambdaMax, ...settings };
        for (const steps of [1, 7, 500, 20_000]) {
          const bound = allowed(Number.EPSILON, { steps, z, ...settings });
          if (share === 0) assert.ok(bound < 1e-12);
          for (const [road, difference] of await differences(optimizer, steps, "float64")) {
            const own = road === "spectrum" ? decomposed * bound : bound;
            assert.ok(difference <= own, `${road}, ${steps} steps: ${difference} > ${own}`);
          }
        }
      });
    }

    it(`stays within 1e-4 over 10 000 steps in float32 with ${name}`, async () => {
      const { lambdaMax } = await kernelOf(squares);
      const z = 0.05 * (1 - (settings.momentum ?? 0));
      const optimizer: Optimizer = { type: "sgd", learning_rate: z / lambdaMax, ...settings };
      for (const [road, difference] of await differences(optimizer, 10_000, "float32")) {
        assert.ok(difference <= 1e-4, `${road}: ${difference}`);
      }
    });
  }
});
