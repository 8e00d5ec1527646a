/** A run as the API says it is, read again whenever its log says that something changed. */
import type { Run } from "#schemas/run.ts";
import { api } from "../calls/api.ts";
import { isEnded } from "../parts/badge.ts";
import { useEffect } from "../preact.ts";
import { type Loaded, useLoaded } from "../state/loaded.ts";
import type { Feed } from "../stream/feed.ts";

const everyMs = 2500;

export function useRun(id: string, feed: Feed): Loaded<Run> {
  const told = feed.told.at(-1)?.seq ?? 0;
  const isOver = feed.isComplete || (feed.status !== undefined && isEnded(feed.status));
  const loaded = useLoaded(() => api.run(id), [id], isOver ? undefined : everyMs);
  useEffect(() => {
    if (told > 0) loaded.reload();
    return undefined;
  }, [told, feed.isComplete]);
  return loaded;
}
