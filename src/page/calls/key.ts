/** The key with which the page asks, where a service wants one: kept for this tab alone. */
import { Cell } from "../state/cell.ts";

const place = "linnet.key";

function stored(): string | null {
  try {
    return sessionStorage.getItem(place);
  } catch {
    return null;
  }
}

export const apiKey = new Cell<string | null>(stored());

/** True once the service refused to answer without a key, or with this one. */
export const isKeyWanted = new Cell(false);

export function keepKey(key: string): void {
  try {
    sessionStorage.setItem(place, key);
  } catch {
    // Without storage the key is asked for again at the next visit.
  }
  apiKey.set(key);
  isKeyWanted.set(false);
}

/** What a request carries to be let in. */
export function credentials(): Readonly<Record<string, string>> {
  return apiKey.value === null ? {} : { authorization: `Bearer ${apiKey.value}` };
}
