/** Short messages to the one who looks: what was done, or why it could not be. */
import { Cell } from "./cell.ts";

export interface Toast {
  readonly id: number;
  readonly kind: "done" | "fault";
  readonly text: string;
}

const toastsMax = 4;
const shownMs = 6000;

export const toasts = new Cell<readonly Toast[]>([]);
let nextId = 1;

export function dismiss(id: number): void {
  toasts.set(toasts.value.filter((toast) => toast.id !== id));
}

export function say(text: string, kind: Toast["kind"] = "done"): void {
  const id = nextId;
  nextId += 1;
  toasts.set([...toasts.value, { id, kind, text }].slice(-toastsMax));
  setTimeout(() => dismiss(id), kind === "fault" ? 2 * shownMs : shownMs);
}

/** Says what went wrong, in the words of the problem if it has some. */
export function complain(error: unknown): void {
  say(error instanceof Error ? error.message : String(error), "fault");
}

/** Does something that may be refused; what is refused is said. True when it was done. */
export async function attempt(act: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await act();
    if (done !== undefined) say(done);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}
