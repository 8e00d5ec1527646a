/** Lets one loop sleep until it is called or some time has passed; a call is never missed. */

export interface Bell {
  /** Ends the present wait, or the next one at once. */
  ring(): void;
  ringAfter(ms: number): void;
  /** Waits for a call, at most `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
  /** Ends all waits, now and later. */
  close(): void;
}

/** Longer timers are rounded down to this; the bell then rings early, which does no harm. */
const timerMsMax = 2 ** 31 - 1;

export function openBell(): Bell {
  let rung = false;
  let closed = false;
  let wake: (() => void) | undefined;
  const timers = new Set<NodeJS.Timeout>();
  const ring = (): void => {
    rung = true;
    wake?.();
  };
  const after = (ms: number, call: () => void): NodeJS.Timeout => {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        call();
      },
      Math.min(ms, timerMsMax),
    );
    timers.add(timer);
    return timer;
  };
  return {
    ring,
    ringAfter: (ms) => {
      if (!closed) after(ms, ring);
    },
    wait: async (timeoutMs) => {
      if (!rung && !closed) {
        const timer = await new Promise<NodeJS.Timeout>((resolve) => {
          const late = after(timeoutMs, () => wake?.());
          wake = () => resolve(late);
        });
        clearTimeout(timer);
        timers.delete(timer);
        wake = undefined;
      }
      rung = false;
    },
    close: () => {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      ring();
    },
  };
}
