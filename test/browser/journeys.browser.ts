/** Journeys through the page in a real browser, against a real service with real trainers. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { openService, type Served, whole } from "#test/journeys/service.ts";
import { assetsOf, type OpenBrowser, openBrowser } from "./chromium.ts";
import { openLine } from "./line.ts";
import { type Material, makeMaterial, runOf } from "./material.ts";

let service: Served;
let browser: OpenBrowser;
let material: Material;
let firstRun: string;

before(async () => {
  service = await openService();
  browser = await openBrowser();
  material = await makeMaterial(service.api);
  const { id } = await service.api.createRun(runOf(material, { name: "first" }));
  await whole(service.api, id);
  firstRun = id;
});

after(async () => {
  await browser[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

const open = (at: string): Promise<Page> => browser.open(service.url, { at });

/** The steps of a curve as the page holds it. */
async function stepsOf(page: Page, run: string, curve: string): Promise<number[]> {
  return page.evaluate<number[]>(
    `import("${await assetsOf(page)}stream/feeds.ts").then(({ feedOf }) => {
      const { x, length } = feedOf("${run}").curve("${curve}");
      return Array.from(x.subarray(0, length));
    })`,
  );
}

async function saved(page: Page, entry: string): Promise<Buffer> {
  await page.getByRole("button", { name: "More for Loss", exact: true }).click();
  const coming = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: entry }).click();
  return readFile(await (await coming).path());
}

/** A run that trains until it is told to end. */
async function endlessRun(name: string): Promise<string> {
  const request = runOf(material, { name, steps: 2_000_000, snapshots: null });
  return (await service.api.createRun({ ...request, evaluate: { every: 500 } })).id;
}

async function cancelled(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator(".badge[data-status=cancelled]").first().waitFor();
}

describe("the page", () => {
  it("submits a run by its form and shows how it trains", async () => {
    const page = await open("new");
    await page.getByLabel("Name").fill("by form");
    await page.getByLabel("K as a number or never").fill("25");
    await page.getByLabel("Steps", { exact: true }).fill("300");
    await page.getByRole("button", { name: "Start the run" }).click();
    await page.getByRole("heading", { level: 1, name: "by form" }).waitFor();
    await page.locator(".badge[data-status=succeeded]").waitFor();
    await page.getByText("K = 25", { exact: true }).waitFor();
    await page.locator(".kernel-stage canvas").first().waitFor();
    await page.context().close();
  });

  it("says beside a field what is wrong with it", async () => {
    const page = await open("new");
    await page.getByLabel("Steps", { exact: true }).fill("0");
    await page.getByRole("button", { name: "Start the run" }).click();
    await page.locator("#run-steps-wrong").waitFor();
    assert.equal(
      await page.getByLabel("Steps", { exact: true }).getAttribute("aria-invalid"),
      "true",
    );
    await page.context().close();
  });

  it("steers a live run: K, the rate, a linearisation now, pause, resume, cancel", async () => {
    const run = await endlessRun("steered");
    const page = await open(`runs/${run}`);
    await page.locator(".badge[data-status=running]").waitFor();
    await page.getByLabel("K as a number or never").fill("never");
    await page.getByLabel("Learning rate as a number").fill("0.05");
    await page.getByRole("button", { name: "Apply" }).click();
    await page
      .locator(".told")
      .getByText(/step .*: rate 0.05, K = never/)
      .waitFor();
    await page.getByRole("button", { name: "Relinearise now" }).click();
    await page
      .locator(".told")
      .getByText(/step .*: relinearise/)
      .waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.locator(".badge[data-status=paused]").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.locator(".badge[data-status=running]").waitFor();
    await cancelled(page);
    await page.context().close();
  });

  it("shows a sweep as its stream tells it, and asks no more once it has ended", async () => {
    const base = runOf(material, { name: "in a sweep", steps: 200, snapshots: null });
    const vary = { "/algorithm/period": [1, 50, "never"] };
    const { id } = await service.api.createSweep({ name: "of three", base, vary });
    const page = await browser.open(service.url, { at: "sweeps" });
    const streams: string[] = [];
    let [told, read] = [0, 0];
    page.on("websocket", (socket) => {
      if (!socket.url().includes(`/v1/sweeps/${id}/stream`)) return;
      streams.push(socket.url());
      socket.on("framereceived", () => {
        told += 1;
      });
    });
    page.on("request", (request) => {
      if (new URL(request.url()).pathname === `/v1/sweeps/${id}`) read += 1;
    });
    await page.getByRole("link", { name: "of three" }).click();
    await page.getByText("3 succeeded of 3 cells").waitFor();
    await page.locator(".tag", { hasText: "completed" }).waitFor();
    assert.equal(streams.length, 1, "one stream, and no second one after the end");
    assert.ok(read <= told + 1, `${read} readings for ${told} frames`);
    await page.context().close();
  });

  it("follows a sweep again after the network was cut", async () => {
    await using line = await openLine(service.url);
    const base = runOf(material, { steps: 2_000_000, snapshots: null });
    const { id } = await service.api.createSweep({ name: "cut off", base: { ...base, name: "c" } });
    const page = await browser.open(line.url, { at: `sweeps/${id}` });
    await page.getByText(/1 running of 1 cells/).waitFor();
    line.cut();
    await service.api.actOnSweep(id, "cancel");
    line.mend();
    await page.getByText(/1 cancelled of 1 cells/).waitFor();
    await page.context().close();
  });

  it("says that it is stale when the network is cut, and comes back without a hole", async () => {
    await using line = await openLine(service.url);
    const run = await endlessRun("cut off");
    const page = await browser.open(line.url, { at: `runs/${run}` });
    await page.locator(".badge[data-status=running]").waitFor();
    line.cut();
    await page.getByRole("alert").getByText("This page is stale").waitFor();
    line.mend();
    await page.getByRole("button", { name: /Try now/ }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await cancelled(page);
    await page.waitForFunction("!document.querySelector('.badge[data-status=running]')");
    const { events } = await whole(service.api, run);
    const through = Math.max(...events.map((e) => (e.type === "metrics" ? e.data.to : 0)));
    await page.waitForFunction(
      `import("${await assetsOf(page)}stream/feeds.ts")
        .then(({ feedOf }) => feedOf("${run}").curve("loss").lastX === ${through})`,
    );
    const steps = await stepsOf(page, run, "loss");
    assert.deepEqual(
      steps,
      Array.from({ length: through }, (_, i) => i + 1),
    );
    browser.faults.length = 0; // Refused connections are told to the console, as they should be.
    await page.context().close();
  });

  it("compares runs that were chosen in the list", async () => {
    const { id } = await service.api.createRun(runOf(material, { name: "second", seed: 1 }));
    await whole(service.api, id);
    const page = await open("");
    await page.getByLabel("Choose first to compare").check();
    await page.getByLabel("Choose second to compare").check();
    await page.getByRole("button", { name: "Compare 2 runs" }).click();
    await page.getByRole("heading", { level: 1, name: "Compare" }).waitFor();
    await page.getByRole("columnheader", { name: "seed" }).waitFor();
    const plot = page.getByRole("figure", { name: "Test accuracy of the network" });
    await plot.getByRole("button", { name: /first/ }).waitFor();
    await plot.getByRole("button", { name: /second/ }).waitFor();
    for (const what of ["Kernel's", "Weights'"]) {
      await page.getByRole("figure", { name: new RegExp(`${what} distance to`) }).waitFor();
    }
    await page.context().close();
  });

  it("shows the figures of kernels that a run asks for by the form, and no others", async () => {
    const page = await open("new");
    await page.getByLabel("Name").fill("looked at closely");
    await page.getByLabel("Steps", { exact: true }).fill("300");
    await page.getByLabel("Kernel every").fill("60");
    await page.getByLabel("Examples of").selectOption("both");
    for (const figure of ["Alignment of each layer", /Power of the labels/, /kernel alone/]) {
      await page.getByLabel(figure).check();
    }
    await page.getByRole("button", { name: "Start the run" }).click();
    await page.locator(".badge[data-status=succeeded]").waitFor();
    const asked = ["Alignment of layers", "Power in leading modes", "Accuracy of the kernel alone"];
    for (const name of ["Velocity of the kernel", ...asked]) {
      await page.getByRole("figure", { name }).waitFor();
    }
    await page
      .getByRole("button", { name: /on training examples/ })
      .first()
      .waitFor();
    await page.getByText("Kernel alone", { exact: true }).waitFor();
    const plain = await open(`runs/${firstRun}`);
    await plain.getByRole("figure", { name: "Velocity of the kernel" }).waitFor();
    for (const name of asked) assert.equal(await plain.getByRole("figure", { name }).count(), 0);
    await plain.context().close();
    await page.context().close();
  });

  it("replays the kernel over time", async () => {
    const page = await open(`runs/${firstRun}`);
    const time = page.getByLabel("Snapshot", { exact: true });
    await page.locator(".kernel-stage canvas").first().waitFor();
    const last = Number(await time.getAttribute("max"));
    assert.ok(last >= 7, `only ${last + 1} snapshots`);
    await time.fill("0");
    await page.getByText("step 0", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Play the kernel over time" }).click();
    await page.getByText("step 400", { exact: true }).waitFor();
    await page.getByRole("radio", { name: "Change" }).check();
    await page.context().close();
  });

  it("exports a plot as PNG, SVG and CSV", async () => {
    const page = await open(`runs/${firstRun}`);
    await page.waitForFunction("document.querySelectorAll('.plot canvas').length > 2");
    const png = await saved(page, "Save as PNG");
    assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from("PNG")]);
    const svg = (await saved(page, "Save as SVG")).toString();
    assert.match(svg, /^<svg [^>]+>[\s\S]*network test[\s\S]*<\/svg>\n$/);
    const csv = (await saved(page, "Save as CSV")).toString().trimEnd().split("\r\n");
    assert.match(csv[0] ?? "", /^step,network test,/);
    assert.equal(csv.length, 402, "a head, step 0, and 400 steps");
    await page.context().close();
  });

  it("forks a run from one of its checkpoints", async () => {
    const page = await open(`runs/${firstRun}`);
    await page.getByRole("button", { name: "Fork" }).click();
    await page.getByLabel("Name").fill("the fork");
    await page.getByLabel("Steps in all").fill("600");
    await page.getByRole("button", { name: "Start the fork" }).click();
    await page.getByRole("heading", { level: 1, name: "the fork" }).waitFor();
    await page.getByRole("link", { name: /forked at step/ }).waitFor();
    await page.locator(".badge[data-status=succeeded]").waitFor();
    await page.context().close();
  });

  it("reads plots by keyboard, and as tables", async () => {
    const page = await open(`runs/${firstRun}`);
    const figure = page.getByRole("figure", { name: "Loss", exact: true });
    const plot = figure.locator(".plot");
    await page.waitForFunction("document.querySelectorAll('.plot canvas').length > 2");
    await plot.focus();
    for (const key of ["Home", "ArrowRight", "+"]) await page.keyboard.press(key);
    await page.getByRole("button", { name: "Show all steps" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "More for Loss", exact: true }).press("Enter");
    await page.getByRole("menuitem", { name: "Show as table" }).press("Enter");
    await figure.getByRole("columnheader", { name: "network test" }).waitFor();
    await page.context().close();
  });
});
