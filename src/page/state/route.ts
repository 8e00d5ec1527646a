/** Where in the page one is: the part of the address after `#`, as a path and a query. */
import { Cell } from "./cell.ts";

export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter((part) => part !== ""), query: new URLSearchParams(query) };
}

export const route = new Cell<Route>(read());

/** Follows the address from now on. */
export function startRoute(): void {
  addEventListener("hashchange", () => {
    route.set(read());
    scrollTo(0, 0);
  });
}

export function go(path: string): void {
  location.hash = `#/${path}`;
}

/** Changes the query without a new entry in the history. */
export function setQuery(query: URLSearchParams): void {
  const text = query.toString();
  const path = route.value.path.join("/");
  history.replaceState(null, "", `#/${path}${text === "" ? "" : `?${text}`}`);
  route.set(read());
}
