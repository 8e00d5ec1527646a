/**
 * Screenshots of the page for the README, from runs that are trained for them: writes
 * `docs/gallery/*.png`. Run it with `npm run gallery`; it takes a minute or two.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import type { Model } from "#schemas/model.ts";
import type { RunRequest } from "#schemas/run.ts";
import { openService, type Served, whole } from "#test/journeys/service.ts";
import { type Opening, openBrowser } from "./chromium.ts";

const folder = fileURLToPath(new URL("../../docs/gallery/", import.meta.url));
const size = { width: 1440, height: 900 };
const settleMs = 1200;
const sweepMs = 480_000;
const periods = [1, 16, 64, 256, 1024, "never"] as const;

type Definition = Parameters<Served["api"]["createModel"]>[0]["definition"];

const network: Definition = {
  input: { shape: [20] },
  init: "he_normal",
  layers: [
    { type: "dense", units: 64, activation: "relu" },
    { type: "dense", units: 4 },
  ],
};

const pictures: Definition = {
  input: { shape: [12, 12, 1] },
  layers: [
    { type: "conv2d", filters: 8, kernel: 3, activation: "relu" },
    { type: "conv2d", filters: 8, kernel: 3, activation: "relu" },
    { type: "global_average_pool" },
    { type: "dense", units: 4 },
  ],
};

/** What the screenshots show. */
interface Stage {
  readonly model: Model;
  readonly runs: readonly string[];
  readonly sweep: string;
}

async function sweepOf({ url }: Served, base: Partial<RunRequest>): Promise<string> {
  const body = {
    name: "Length against K",
    base: { ...base, snapshots: null, evaluate: { every: 4000 } },
    vary: { "/steps": [500, 1000, 2000], "/algorithm/period": periods },
    seeds: 3,
  };
  const headers = { "content-type": "application/json" };
  const what = { method: "POST", headers, body: JSON.stringify(body) };
  const { id } = (await (await fetch(`${url}/v1/sweeps`, what)).json()) as { id: string };
  const endMs = Date.now() + sweepMs;
  while (Date.now() < endMs) {
    const sweep = (await (await fetch(`${url}/v1/sweeps/${id}`)).json()) as { status: string };
    if (sweep.status === "completed") return id;
    await new Promise((resolve) => setTimeout(resolve, settleMs));
  }
  throw new Error("The sweep did not end in time.");
}

async function setStage(service: Served): Promise<Stage> {
  const { api } = service;
  const model = await api.createModel({ name: "two layers", definition: network });
  const convolution = await api.createModel({ name: "small convolutions", definition: pictures });
  const wedge = { type: "wedge", train: 1000, test: 2000, seed: 0 } as const;
  const dataset = await api.createDataset({ name: "wedge", generator: wedge });
  const shapes = { type: "shapes", train: 600, test: 400, size: 12, seed: 1 } as const;
  const images = await api.createDataset({ name: "shapes", generator: shapes });
  const base: RunRequest = {
    model: model.id,
    dataset: dataset.id,
    algorithm: { type: "linearised", period: 64 },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 64,
    steps: 4000,
    evaluate: { every: 100 },
    checkpoints: { every: 1000 },
    snapshots: { every: 128, examples: 64, kernel: "trace", eigenvalues: 16 },
  };
  const sweep = await sweepOf(service, base);
  const runs: string[] = [];
  for (const period of periods) {
    const algorithm = { type: "linearised", period } as const;
    const { id } = await api.createRun({ ...base, name: `wedge, K = ${period}`, algorithm });
    await whole(api, id);
    runs.push(id);
  }
  const { id } = await api.createRun({
    ...base,
    model: convolution.id,
    dataset: images.id,
    name: "shapes, standard",
    algorithm: { type: "standard" },
    optimizer: { type: "adam", learning_rate: 0.01 },
    steps: 600,
    snapshots: { every: 40, examples: 48, kernel: "trace" },
  });
  await whole(api, id);
  await api.createRun({ ...base, name: "wedge, live", steps: 3_000_000, snapshots: null });
  return { model, runs, sweep };
}

async function main(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await using service = await openService({ trainersMax: 2, threadsPerTrainer: 1 });
  await using browser = await openBrowser();
  const { model, runs, sweep } = await setStage(service);
  const [, , chosen = ""] = runs;
  const shoot = async (
    name: string,
    opening: Opening,
    act: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<void> => {
    const page = await browser.open(service.url, { ...size, ...opening });
    await page.waitForTimeout(settleMs);
    await act(page);
    await page.waitForTimeout(settleMs);
    await page.screenshot({ path: `${folder}${name}.png` });
    await page.context().close();
  };
  await shoot("runs", { at: "" });
  await shoot("run", { at: `runs/${chosen}` });
  await shoot("kernel", { at: `runs/${chosen}`, theme: "dark" }, async (page) => {
    await page.locator(".kernel-card").scrollIntoViewIfNeeded();
    await page.evaluate(
      "scrollBy(0, document.querySelector('.kernel-card').getBoundingClientRect().top - 20)",
    );
    await page.waitForTimeout(settleMs);
  });
  await shoot("compare", { at: `compare?runs=${runs.join(",")}` });
  await shoot("sweep", { at: `sweeps/${sweep}` });
  await shoot("new", { at: `new?model=${model.id}` });
  await shoot("phone", { at: `runs/${chosen}`, width: 390, height: 850, theme: "dark" });
}

await main();
