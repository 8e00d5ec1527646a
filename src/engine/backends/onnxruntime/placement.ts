/**
 * Where a session's operators really ran, from the profile that ONNX Runtime writes when a session
 * was opened with one. Reads files; opens no session.
 */
import { readdir, readFile, rm, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** How often operators ran on a provider. */
export interface Placed {
  readonly provider: string;
  readonly operator: string;
  readonly times: number;
}

interface ProfileEntry {
  readonly cat?: unknown;
  readonly args?: { readonly op_name?: unknown; readonly provider?: unknown };
}

const profilesMax = 1000;

/** Operators by provider in one profile, most frequent first. Throws where it is not whole. */
export function placementFrom(profile: string): readonly Placed[] {
  // A profile is a list of entries; those of nodes name their provider.
  const entries = entriesOf(profile);
  const counts = new Map<string, Placed>();
  for (const { cat, args } of entries) {
    const { op_name: operator, provider } = args ?? {};
    if (cat !== "Node" || typeof operator !== "string" || typeof provider !== "string") continue;
    const key = `${provider} ${operator}`;
    const times = (counts.get(key)?.times ?? 0) + 1;
    counts.set(key, { provider, operator, times });
  }
  return [...counts.values()].sort((a, b) => b.times - a.times);
}

function entriesOf(profile: string): readonly ProfileEntry[] {
  try {
    return JSON.parse(profile) as readonly ProfileEntry[];
  } catch (cause) {
    const end = JSON.stringify(profile.slice(-80));
    throw new Error(
      `a profile of ${profile.length} characters that ends with ${end} is not whole`,
      {
        cause,
      },
    );
  }
}

/** The library says nothing of a profile that found no room: what room there is says it. */
async function placementIn(file: string): Promise<readonly Placed[]> {
  try {
    return placementFrom(await readFile(file, "utf8"));
  } catch (cause) {
    const { bavail, bsize } = await statfs(dirname(file));
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file}, with ${bavail * bsize} bytes free: ${what}`, { cause });
  }
}

/**
 * Of all profiles under a prefix (as `SessionSettings.profile`), which are removed. Throws where
 * there is none: then nothing is known, and not that nothing ran.
 */
export async function takePlacements(prefix: string): Promise<readonly Placed[]> {
  const folder = dirname(prefix);
  const names = await readdir(folder);
  const own = names.filter((name) => name.startsWith(basename(prefix))).slice(0, profilesMax);
  if (own.length === 0) throw new Error(`${folder} has no profile; it has [${names.join(", ")}]`);
  const counts = new Map<string, Placed>();
  for (const name of own) {
    const file = join(folder, name);
    for (const placed of await placementIn(file)) {
      const key = `${placed.provider} ${placed.operator}`;
      const times = (counts.get(key)?.times ?? 0) + placed.times;
      counts.set(key, { ...placed, times });
    }
    await rm(file);
  }
  return [...counts.values()].sort((a, b) => b.times - a.times);
}
