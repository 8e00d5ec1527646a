/** What holds on every page: accessible, narrow enough, fast, self-contained. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { openService, type Served, whole } from "#test/journeys/service.ts";
import { type OpenBrowser, openBrowser } from "./chromium.ts";
import { makeMaterial, runOf } from "./material.ts";
import { measurePlots } from "./measure.ts";

const pageBytesMax = 150 * 1024;
const paintMsMax = 1000;
const redrawMsMax = 16;

let service: Served;
let browser: OpenBrowser;
let places: readonly string[];
let axe: string;

before(async () => {
  service = await openService();
  browser = await openBrowser();
  const { api } = service;
  const material = await makeMaterial(api);
  const runs: string[] = [];
  for (const seed of [0, 1]) {
    const { id } = await api.createRun(runOf(material, { name: `seed ${seed}`, seed }));
    await whole(api, id);
    runs.push(id);
  }
  places = [
    "",
    `runs/${runs[0]}`,
    `compare?runs=${runs.join(",")}`,
    "new",
    "models",
    `models/${material.model}`,
    "data",
    "sweeps",
    "sweeps/new",
  ];
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
});

after(async () => {
  await browser[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<Violation[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

describe("every page", () => {
  for (const theme of ["light", "dark"] as const) {
    it(`has no serious fault of accessibility in the ${theme} theme`, async () => {
      for (const at of places) {
        const page = await browser.open(service.url, { at, theme });
        await page.locator("h1").waitFor({ state: "attached" });
        await page.waitForLoadState("networkidle");
        assert.deepEqual(await violationsOf(page), [], `#/${at}`);
        await page.context().close();
      }
    });
  }

  it("fits a phone without scrolling sideways", async () => {
    for (const at of places) {
      const page = await browser.open(service.url, { at, width: 390, height: 800 });
      await page.waitForLoadState("networkidle");
      const width = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(width <= 390, `#/${at} is ${width} pixels wide`);
      await page.context().close();
    }
  });

  it("asks nobody else for anything, breaks no policy, and says nothing on the console", () => {
    assert.deepEqual(browser.outside, []);
    // The form asks whether the service can plan; one that cannot is no fault of the page.
    assert.deepEqual(
      browser.faults.filter((fault) => !/404.*\/v1\/plans$/.test(fault)),
      [],
    );
  });

  it("is small, and is painted within a second from a cold cache", async () => {
    const page = await browser.open(service.url);
    const { bytes, paintMs } = await page.evaluate<{ bytes: number; paintMs: number }>(`({
      bytes: ["resource", "navigation"].flatMap((type) => performance.getEntriesByType(type))
        .filter(({ name }) => name.includes("/assets/") || !name.includes("/v1/"))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
      paintMs: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    })`);
    assert.ok(bytes < pageBytesMax, `${bytes} bytes`);
    assert.ok(paintMs < paintMsMax, `${paintMs} ms`);
    const identity = await fetch(`${service.url}/`, { headers: { "accept-encoding": "gzip" } });
    assert.equal(identity.headers.get("content-encoding"), "gzip");
    assert.match(identity.headers.get("content-security-policy") ?? "", /script-src 'self'(;|$)/);
    await page.context().close();
  });

  it("redraws 100 000 points within a frame", async () => {
    const page = await browser.open(service.url);
    const { redraw_ms: redrawMs } = await measurePlots(page);
    assert.ok(redrawMs < redrawMsMax, `${redrawMs} ms`);
    await page.context().close();
  });
});
