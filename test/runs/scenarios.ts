/** What the fake trainer does, by the seed of its run. */

export interface Scenario {
  readonly seed: number;
  /** Milliseconds between chunks of steps. */
  readonly chunkMs?: number;
  /** Kills itself in attempts up to this one, after a number of messages that depends on it. */
  readonly killedAttempts?: number;
  /** Kills itself at once, in every attempt. */
  readonly crashes?: boolean;
  /** Falls silent at this step in the first attempt. */
  readonly hangsAt?: number;
  readonly ends?: "diverged" | "out_of_memory" | "without_a_word";
  /** Finds the disk full at its first checkpoints, in attempts up to this one. */
  readonly fullAttempts?: number;
  readonly lies?: "nonsense" | "gap";
  /** Waits at the i-th of these steps in its first attempt until it was told i things or more. */
  readonly waitsAt?: readonly number[];
  /** Never stops when asked to. */
  readonly deaf?: boolean;
}

const named = {
  usual: { seed: 0 },
  killed: { seed: 1, killedAttempts: 30 },
  hanging: { seed: 2, hangsAt: 30 },
  crashing: { seed: 3, crashes: true },
  slow: { seed: 4, chunkMs: 5 },
  diverging: { seed: 5, ends: "diverged" },
  talkingNonsense: { seed: 6, lies: "nonsense" },
  leavingOut: { seed: 7, lies: "gap" },
  exhausted: { seed: 8, ends: "out_of_memory" },
  deaf: { seed: 9, chunkMs: 5, deaf: true },
  mute: { seed: 10, ends: "without_a_word" },
  cramped: { seed: 11, fullAttempts: 2 },
  patient: { seed: 12, waitsAt: [100, 200] },
  crampedOnce: { seed: 13, fullAttempts: 1 },
} as const satisfies Readonly<Record<string, Scenario>>;

export const scenarios: Readonly<Record<keyof typeof named, Scenario>> = named;

export function scenarioOf(seed: number): Scenario {
  return Object.values(scenarios).find((scenario) => scenario.seed === seed) ?? scenarios.usual;
}

/** The loss that the fake trainer reports after a step. */
export function lossAt(step: number): number {
  return 1 / step;
}

export const chunkSteps = 10;
