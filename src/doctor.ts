/**
 * Looks a machine over: what the service needs, and what each engine can really use, as findings
 * with their remedies. Starts no service; the composition root of `linnet doctor`.
 */
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { DeviceSurvey } from "#api/devices.ts";
import { Errands } from "#runs/errands.ts";
import type { Devices, DeviceTrial } from "#schemas/device.ts";
import type { Config } from "./config.ts";
import {
  checkClock,
  checkDataFolder,
  checkDisk,
  checkNode,
  checkPort,
  checkShares,
  type Finding,
} from "./doctor/checks.ts";
import { createLog } from "./log.ts";
import { openStoreOf } from "./service.ts";

const trainerEntry = fileURLToPath(new URL("./trainer.ts", import.meta.url));
const packageFile = new URL("../package.json", import.meta.url);

export interface Report {
  readonly findings: readonly Finding[];
  readonly devices: Devices;
}

async function checkStore(config: Config): Promise<Finding> {
  const what = "data store";
  try {
    await using store = await openStoreOf(config);
    await store.check();
    return { what, level: "ok", detail: "it can be read and written", remedy: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const remedy = "mend the data folder, restore a backup, or set LINNET_DATA_DIR to a new folder";
    return { what, level: "fault", detail, remedy };
  }
}

/** Engines and devices as findings: a GPU that nothing can use is a fault, as is no engine. */
export function findingsOf({ gpus, engines }: Devices): readonly Finding[] {
  const trials = engines.flatMap(({ engine, trials: own }) =>
    own.map((trial) => ({ engine, ...trial })),
  );
  const hasCuda = trials.some(({ device, usable }) => device === "cuda" && usable);
  return trials.map((trial) => {
    const { engine, device, provider, usable, reason, remedy } = trial;
    const what = `${engine} on ${device}`;
    if (usable) return { what, ...usableFinding(trial) };
    const isNeeded = engine === "onnxruntime" && device === "cpu";
    const isWasted = engine === "onnxruntime" && device === "cuda" && gpus.length > 0 && !hasCuda;
    const level = isNeeded || isWasted ? "fault" : "note";
    return { what, level, detail: `${provider}: ${reason}`, remedy };
  });
}

/** Products that are less exact than the numbers of a run are worth a note. */
function usableFinding(trial: DeviceTrial): Omit<Finding, "what"> {
  const { provider, milliseconds, precision } = trial;
  const isRounded = precision != null && precision !== "float32";
  const detail = `${provider}, tried in ${milliseconds} ms`;
  if (!isRounded) return { level: "ok", detail, remedy: null };
  const remedy = "unset LINNET_TF32 and NVIDIA_TF32_OVERRIDE where float32 must be exact";
  return { level: "note", detail: `${detail}; products are computed in ${precision}`, remedy };
}

/** Every check; takes some seconds, because devices are tried. Opens and makes no data folder. */
export async function examine(config: Config): Promise<Report> {
  const { engines } = JSON.parse(await readFile(packageFile, "utf8")) as {
    readonly engines: { readonly node: string };
  };
  const folder = await checkDataFolder(config);
  const errands = new Errands({
    log: createLog("silent"),
    entry: trainerEntry,
    environment: config.environment,
    memoryBytesMax: config.memoryBytesMax,
  });
  try {
    const devices = await new DeviceSurvey({ errands, artifactsDir: tmpdir() }).find();
    const findings = [
      checkNode(process.versions.node, engines.node),
      folder,
      ...(folder.level === "ok" ? [await checkStore(config)] : []),
      await checkDisk(config),
      await checkPort(config),
      await checkClock(config, Date.now()),
      ...checkShares(config),
      ...findingsOf(devices),
    ];
    return { findings, devices };
  } finally {
    await errands.close();
  }
}
