/** A value that can be watched: the whole of the page's state is made of these. */
import { useEffect, useReducer } from "../preact.ts";

export type Stop = () => void;

export class Cell<T> {
  #value: T;
  readonly #watchers = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.touch();
  }

  /** Tells every watcher, for values that change inside. */
  touch(): void {
    for (const watcher of [...this.#watchers]) watcher(this.#value);
  }

  watch(watcher: (value: T) => void): Stop {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

/** Redraws the component when the cell changes. */
export function useCell<T>(cell: Cell<T>): T {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => cell.watch(() => redraw(undefined)), [cell]);
  return cell.value;
}
