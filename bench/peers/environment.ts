/**
 * Python environments for the peers: those that were named, else two made once under the user's
 * cache folder. A peer runs in the first environment that can import what it needs.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const peerNames = ["jax", "neural-tangents", "torch", "curvlinops"] as const;
export type PeerName = (typeof peerNames)[number];

/** Script of a peer, and a line that imports what it needs. */
export const peers: Readonly<Record<PeerName, { script: string; needs: string }>> = {
  jax: { script: "jax_peer.py", needs: "import jax, numpy, scipy" },
  "neural-tangents": {
    script: "tangents_peer.py",
    needs:
      "import sys, types; " +
      'sys.modules["neural_tangents.experimental"] = types.ModuleType("x"); ' +
      "import neural_tangents, numpy",
  },
  torch: { script: "torch_peer.py", needs: "import torch, numpy" },
  curvlinops: { script: "curvlinops_peer.py", needs: "import curvlinops, torch, scipy" },
};

/** Arguments of pip. */
type Install = readonly string[];

interface Recipe {
  readonly folder: string;
  /** Interpreters that can have these packages, the best first. */
  readonly pythons: readonly string[];
  /** One installation after the other; each is a list of ways, the first that works is taken. */
  readonly installs: readonly (readonly Install[])[];
}

const newPythons = ["python3", "python3.13", "python3.12", "python3.11"] as const;
const oldPythons = ["python3.11", "python3.12", "python3.10", "python3.9", "python3"] as const;
/** Builds without CUDA, which spare gigabytes; not everybody can reach their index. */
const smallTorch = "https://download.pytorch.org/whl/cpu";

/**
 * neural-tangents reads names that JAX has since removed, so it gets the JAX of its time, which
 * newer interpreters than 3.12 do not have; without its dependencies, because they pull in
 * TensorFlow, which its kernels do not use.
 */
const recipes: readonly Recipe[] = [
  {
    folder: "current",
    pythons: newPythons,
    installs: [
      [["jax", "numpy", "scipy"]],
      [["--retries=0", "--timeout=20", `--index-url=${smallTorch}`, "torch"], ["torch"]],
      [["curvlinops-for-pytorch"]],
    ],
  },
  {
    folder: "tangents",
    pythons: oldPythons,
    installs: [
      [["jax==0.4.25", "jaxlib==0.4.25", "numpy<2", "scipy<1.13", "frozendict"]],
      [["--no-deps", "neural-tangents==0.6.5"]],
    ],
  },
];

const run = promisify(execFile);
const installMs = 30 * 60 * 1000;
const importMs = 120_000;
const bytesSaidMax = 16 * 1024 ** 2;

const cacheHome = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
const cacheFolder = join(cacheHome, "linnet", "peers");

/** Why none of the ways worked; null when one did. */
async function firstThatWorks(
  ways: readonly (readonly [program: string, ...rest: string[]])[],
): Promise<string | null> {
  const reasons: string[] = [];
  for (const [program, ...rest] of ways) {
    try {
      await run(program, rest, { timeout: installMs, maxBuffer: bytesSaidMax });
      return null;
    } catch (error) {
      reasons.push(lastWords(error));
    }
  }
  return reasons.join("; ");
}

/** Makes one environment, or goes on where an earlier call was cut short. */
async function make(root: string, recipe: Recipe, say: (line: string) => void): Promise<void> {
  const isThere = existsSync(join(root, "bin", "python"));
  say(`${isThere ? "completing" : "making"} ${root}; this downloads the peers once`);
  if (!isThere) {
    const how = recipe.pythons.map((name) => [name, "-m", "venv", "--clear", root] as const);
    const reason = await firstThatWorks(how);
    if (reason !== null) {
      say(`  no Python environment: ${reason}`);
      return;
    }
  }
  const python = join(root, "bin", "python");
  const failures: string[] = [];
  for (const ways of recipe.installs) {
    const pip = ways.map((way) => [python, "-m", "pip", "install", "--quiet", ...way] as const);
    const reason = await firstThatWorks(pip);
    const [wanted = []] = ways;
    const names = wanted.filter((word) => !word.startsWith("--")).join(" ");
    say(reason === null ? `  ${names}` : `  ${names} cannot be had: ${reason}`);
    if (reason !== null) failures.push(names);
  }
  if (failures.length === 0) mkdirSync(join(root, "complete"));
}

/** Makes the environments that are not there yet; what cannot be had is said and left out. */
async function prepared(say: (line: string) => void): Promise<readonly string[]> {
  mkdirSync(cacheFolder, { recursive: true });
  const found: string[] = [];
  for (const recipe of recipes) {
    const root = join(cacheFolder, recipe.folder);
    if (!existsSync(join(root, "complete"))) await make(root, recipe, say);
    const python = join(root, "bin", "python");
    if (existsSync(python)) found.push(python);
  }
  return found;
}

/** What a program said last, which is where both Python and pip name the fault. */
function lastWords(error: unknown): string {
  const { stderr = "", message = "" } = error as { stderr?: string; message?: string };
  return (stderr.trim().split("\n").at(-1) || message).slice(0, 200);
}

/** The Python of each peer that can be had, and why the others cannot. */
export async function findPeers(
  wanted: readonly PeerName[],
  given: readonly string[],
  say: (line: string) => void,
): Promise<{
  readonly pythons: ReadonlyMap<PeerName, string>;
  readonly missing: ReadonlyMap<PeerName, string>;
}> {
  const candidates = given.length > 0 ? given : await prepared(say);
  const pythons = new Map<PeerName, string>();
  const missing = new Map<PeerName, string>();
  for (const name of wanted) {
    missing.set(name, "no Python environment");
    for (const python of candidates) {
      const check = run(python, ["-c", peers[name].needs], { timeout: importMs });
      const reason = await check.then(() => null, lastWords);
      if (reason !== null) {
        missing.set(name, reason);
        continue;
      }
      pythons.set(name, python);
      missing.delete(name);
      break;
    }
  }
  return { pythons, missing };
}
