/** Whether the service has a newer page than the one that is open. */
import { Cell } from "../state/cell.ts";
import { socket } from "../stream/feeds.ts";

export const newerPage = new Cell(false);
let etag: string | undefined;

async function look(): Promise<void> {
  try {
    const response = await fetch("/", { method: "HEAD", cache: "no-cache" });
    const present = response.headers.get("etag") ?? undefined;
    if (etag !== undefined && present !== undefined && present !== etag) newerPage.set(true);
    etag ??= present;
  } catch {
    // Not reachable: the socket says so.
  }
}

/** Looks now, and whenever the connection comes back. */
export function startNewer(): void {
  void look();
  socket.link.watch(({ state }) => {
    if (state === "live") void look();
  });
}
