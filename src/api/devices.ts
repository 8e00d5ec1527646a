/**
 * What each engine can really use on this machine: a small program is run on every device, in a
 * child, because this process loads no native tensor library. Answers are kept for a while.
 */
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Devices, DeviceTrial } from "#schemas/device.ts";
import type { Errand, ErrandRunner } from "#src/channel.ts";
import { type Machine, thisMachine } from "./devices/machine.ts";
import { diagnose, type Evidence } from "./devices/remedy.ts";

type Engine = Devices["engines"][number];

/** A way to compute that is tried. */
interface Candidate {
  readonly engine: "onnxruntime" | "tfjs";
  readonly device: DeviceTrial["device"];
  readonly package: string;
  readonly flavour?: string;
}

const candidates: readonly Candidate[] = [
  { engine: "onnxruntime", device: "cpu", package: "onnxruntime-node" },
  { engine: "onnxruntime", device: "cuda", package: "onnxruntime-node" },
  { engine: "onnxruntime", device: "webgpu", package: "onnxruntime-node" },
  { engine: "tfjs", device: "cuda", package: "@tensorflow/tfjs-node-gpu", flavour: "node-gpu" },
  { engine: "tfjs", device: "cpu", package: "@tensorflow/tfjs-node", flavour: "node" },
  { engine: "tfjs", device: "cpu", package: "@tensorflow/tfjs-backend-wasm", flavour: "wasm" },
  { engine: "tfjs", device: "cpu", package: "@tensorflow/tfjs-backend-cpu", flavour: "cpu" },
];

/** How long an answer holds: drivers are not installed every minute. */
const keptMs = 10 * 60_000;
/** A refreshed answer holds so long at least: each costs a few seconds of a core. */
const refreshMsMin = 5000;
/** Of what an engine says. */
const reasonCharactersMax = 500;

const untried = { milliseconds: null, precision: null } as const;

const reference: Engine = {
  engine: "reference",
  version: null,
  devices: ["cpu"],
  dtypes: ["float32", "float64"],
  trials: [],
};

export interface SurveyOptions {
  /** Children that try devices; ended by whoever gives them. */
  readonly errands: ErrandRunner;
  /** Of the service; probes need no artifacts, but a child is told where they are. */
  readonly artifactsDir: string;
  readonly machine?: Machine;
  readonly now?: () => number;
}

export class DeviceSurvey {
  readonly #options: SurveyOptions;
  #answer: { readonly atMs: number; readonly found: Promise<Devices> } | undefined;

  constructor(options: SurveyOptions) {
    this.#options = options;
  }

  /** The answer of the last minutes, or a new one; who asks meanwhile waits for the same. */
  async find({ refresh = false }: { readonly refresh?: boolean } = {}): Promise<Devices> {
    const nowMs = (this.#options.now ?? Date.now)();
    const heldMs = refresh ? refreshMsMin : keptMs;
    if (this.#answer === undefined || nowMs - this.#answer.atMs >= heldMs) {
      const found = this.#survey(nowMs);
      this.#answer = { atMs: nowMs, found };
      found.catch(() => {
        this.#answer = undefined;
      });
    }
    return await this.#answer.found;
  }

  async #survey(nowMs: number): Promise<Devices> {
    const { machine = thisMachine } = this.#options;
    const asked = [machine.gpus(), machine.cards(), machine.cudaProvider()] as const;
    const [gpus, cards, cudaProvider] = await Promise.all(asked);
    const trials: { readonly candidate: Candidate; readonly trial: DeviceTrial }[] = [];
    for (const candidate of candidates) {
      trials.push({
        candidate,
        trial: await this.#tried(candidate, { gpus, cards, cudaProvider }),
      });
    }
    const of = async (engine: Candidate["engine"], name: string): Promise<Engine> => {
      const own = trials.filter(({ candidate }) => candidate.engine === engine);
      const usable = own.flatMap(({ trial }) => (trial.usable ? [trial.device] : []));
      return {
        engine,
        version: (await machine.installed(name))?.version ?? null,
        devices: [...new Set(usable)].sort(),
        dtypes: engine === "tfjs" ? ["float32"] : ["float32", "float64"],
        trials: own.map(({ trial }) => trial),
      };
    };
    const [processor] = cpus();
    return {
      checked_at: new Date(nowMs).toISOString(),
      host: {
        cpu: processor?.model.trim() ?? "unknown",
        cores: availableParallelism(),
        memory_bytes: totalmem(),
      },
      gpus: [...gpus],
      engines: [
        await of("onnxruntime", "onnxruntime-node"),
        await of("tfjs", "@tensorflow/tfjs-core"),
        reference,
      ],
    };
  }

  async #tried(candidate: Candidate, evidence: Evidence): Promise<DeviceTrial> {
    const { errands, artifactsDir } = this.#options;
    const { engine, device, flavour } = candidate;
    const errand: Extract<Errand, { kind: "probe" }> = {
      kind: "probe",
      artifactsDir,
      engine,
      device,
      ...(flavour === undefined ? {} : { flavour }),
    };
    try {
      const { provider, milliseconds, precision } = await errands.perform(errand);
      const found = { device, provider, usable: true, milliseconds, precision };
      return { ...found, reason: null, remedy: null };
    } catch (error) {
      const said = (error instanceof Error ? error.message : String(error)).trim();
      const { reason, remedy } = diagnose(candidate, said, evidence);
      const told = reason.slice(0, reasonCharactersMax);
      const provider = candidate.package;
      return { device, provider, usable: false, ...untried, reason: told, remedy };
    }
  }
}
