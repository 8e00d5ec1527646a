/**
 * Which learning rates keep a linear phase stable, from the largest eigenvalue of the kernel.
 * Computes no kernel.
 */
import type { Loss } from "#schemas/algorithm.ts";
import { curvatureMax } from "./loss.ts";
import type { OptimizerSettings } from "./optimizer.ts";
import type { LargestEigenvalue } from "./solve/lanczos.ts";

/**
 * Largest stable η·λ for eigenvalue λ of the Hessian: 2 for gradient descent, 2(1 + μ) for heavy
 * ball, 2(1 + μ)/(1 + 2μ) for Nesterov (roots of the characteristic polynomial inside the unit
 * circle; Polyak 1964). Null for optimisers whose step does not scale with the gradient.
 */
export function rateTimesCurvatureMax(
  optimizer: Pick<OptimizerSettings, "type" | "momentum" | "nesterov">,
): number | null {
  if (optimizer.type !== "sgd") return null;
  const { momentum, nesterov } = optimizer;
  const heavy = 2 * (1 + momentum);
  return nesterov ? heavy / (1 + 2 * momentum) : heavy;
}

export interface Stability {
  /** η·h·λ_max + η·w, with h the largest curvature of the loss and w the weight decay. */
  readonly rateTimesLambdaMax: number;
  /** Rates up to this one are stable. */
  readonly stableLearningRate: number;
  readonly warning: string | null;
}

export interface StabilityQuestion {
  /** Largest eigenvalue of Θ_s/n. */
  readonly lambdaMax: number;
  /** Largest rate of the phase, schedule included. */
  readonly rate: number;
  readonly loss: Loss;
  readonly optimizer: OptimizerSettings;
  /** Steps of the phase; a single one cannot run away. */
  readonly phaseSteps: number;
}

/**
 * Whether full-batch steps on the linear model shrink every error. Exact for mean_squared_error;
 * for the others the curvature is bounded from above, so an unstable rate may still do well.
 */
export function stabilityOf(question: StabilityQuestion): Stability | null {
  const { lambdaMax, rate, loss, optimizer, phaseSteps } = question;
  const limit = rateTimesCurvatureMax(optimizer);
  if (limit === null || !Number.isFinite(lambdaMax) || lambdaMax < 0) return null;
  const curvature = curvatureMax[loss] * lambdaMax + optimizer.weightDecay;
  const stableLearningRate = limit / curvature;
  const isUnstable = rate > stableLearningRate && phaseSteps > 1;
  const verb = loss === "mean_squared_error" ? "diverges" : "may diverge";
  const warning = isUnstable
    ? `learning rate ${shown(rate)} ${verb} in a linear phase of ${phaseSteps} steps: ` +
      `stable up to ${shown(stableLearningRate)} (largest kernel eigenvalue ${shown(lambdaMax)})`
    : null;
  return { rateTimesLambdaMax: rate * curvature, stableLearningRate, warning };
}

/** What a reader must know of an estimate of λ_max, and of rates by it; null where nothing. */
export function warningOf(
  found: LargestEigenvalue | null,
  stability: Stability | null,
): string | null {
  const parts = [stability?.warning ?? null];
  if (found !== null && !found.converged) {
    const { value, residual, products } = found;
    parts.unshift(
      `lambda_max is ${shown(value)} or more: ${products} products of the kernel leave a ` +
        `residual of ${shown(residual)}, so that the largest stable rate may be less`,
    );
  }
  return parts.filter((part) => part !== null).join("; ") || null;
}

const shown = (value: number): string => String(Number(value.toPrecision(4)));
