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

interface Recipe {
  readonly folder: string;
  /** Arguments of pip, one installation after the other. */
  readonly installs: readonly (readonly string[])[];
}

/**
 * neural-tangents reads names that JAX has since removed, so it gets the JAX of its time; without
 * its dependencies, because they pull in TensorFlow, which its kernels do not use.
 */
const recipes: readonly Recipe[] = [
  {
    folder: "current",
    installs: [["jax", "numpy", "scipy"], ["torch"], ["curvlinops-for-pytorch"]],
  },
  {
    folder: "tangents",
    installs: [
      ["jax==0.4.25", "jaxlib==0.4.25", "numpy<2", "scipy<1.13", "frozendict"],
      ["--no-deps", "neural-tangents==0.6.5"],
    ],
  },
];

const run = promisify(execFile);
const installMs = 30 * 60 * 1000;
const importMs = 60_000;

const cacheFolder = join(homedir(), ".cache", "linnet", "peers");

/** Makes the environments that are not there yet; what cannot be had is said and left out. */
async function prepared(say: (line: string) => void): Promise<readonly string[]> {
  mkdirSync(cacheFolder, { recursive: true });
  const found: string[] = [];
  for (const { folder, installs } of recipes) {
    const root = join(cacheFolder, folder);
    const python = join(root, "bin", "python");
    if (!existsSync(join(root, "complete"))) {
      say(`making ${root}; this downloads the peers once`);
      try {
        await run("python3", ["-m", "venv", root], { timeout: installMs });
      } catch (error) {
        say(`  no Python environment: ${firstLine(error)}`);
        continue;
      }
      const failures: string[] = [];
      for (const wanted of installs) {
        const pip = ["-m", "pip", "install", "--quiet", ...wanted];
        await run(python, pip, { timeout: installMs }).catch((error: unknown) => {
          failures.push(`  ${wanted.join(" ")}: ${firstLine(error)}`);
        });
      }
      for (const line of failures) say(line);
      if (failures.length === 0) mkdirSync(join(root, "complete"));
    }
    found.push(python);
  }
  return found;
}

function firstLine(error: unknown): string {
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
      const reason = await check.then(() => null, firstLine);
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
