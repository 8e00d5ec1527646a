/**
 * Work for the next animation frame, each piece at most once however often it is asked for. What
 * the reader's hands ask for comes first; the rest takes turns within a budget of each frame.
 */

/** Milliseconds of a frame after which patient work waits for the next one. */
const budgetMs = 5;

const eager = new Set<() => void>();
const patient = new Set<() => void>();
let isAsked = false;

function ask(): void {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(run);
}

function run(): void {
  isAsked = false;
  const startedMs = performance.now();
  const now = [...eager];
  eager.clear();
  for (const piece of now) piece();
  for (const piece of [...patient]) {
    if (performance.now() - startedMs > budgetMs) break;
    patient.delete(piece);
    piece();
  }
  if (patient.size > 0) ask();
}

/** Runs `piece` before the next paint. */
export function onFrame(piece: () => void): void {
  patient.delete(piece);
  eager.add(piece);
  ask();
}

/** Runs `piece` before one of the next paints, when there is time. */
export function whenFree(piece: () => void): void {
  if (!eager.has(piece)) patient.add(piece);
  ask();
}

/** Takes back what was asked for. */
export function offFrame(piece: () => void): void {
  eager.delete(piece);
  patient.delete(piece);
}

/** A call that happens at most every `intervalMs`, the last one included. */
export function throttled(intervalMs: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  const fire = (): void => {
    timer = undefined;
    lastMs = performance.now();
    act();
  };
  return () => {
    if (timer !== undefined) return;
    const waitMs = lastMs + intervalMs - performance.now();
    if (waitMs <= 0) fire();
    else timer = setTimeout(fire, waitMs);
  };
}
