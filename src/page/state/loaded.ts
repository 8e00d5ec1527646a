/** Something fetched for a component: waiting, here, or refused; and fetched again on request. */
import { useEffect, useRef, useState } from "../preact.ts";

export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly reload: () => void;
}

/** Fetches when `inputs` change, and every `everyMs` while the page is visible. */
export function useLoaded<T>(
  load: () => Promise<T>,
  inputs: readonly unknown[],
  everyMs?: number,
): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: Error }>({});
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    let isGone = false;
    latest.current().then(
      (value) => {
        if (!isGone) setState({ value });
      },
      (error: unknown) => {
        const fault = error instanceof Error ? error : new Error(String(error));
        if (!isGone) setState((before) => ({ ...before, error: fault }));
      },
    );
    return () => {
      isGone = true;
    };
  }, [...inputs, turn]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (!document.hidden) setTurn((before) => before + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return {
    value: state.value,
    error: state.error,
    reload: () => setTurn((before) => before + 1),
  };
}
