/** The example page, served from an origin of its own, against a real service in a real browser. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openService } from "#test/journeys/service.ts";
import { openBrowser } from "./chromium.ts";

/** A whole run, on a machine that does other things too. */
const runMs = 90_000;
const file = join(import.meta.dirname, "../../examples/page.html");

interface Origin extends AsyncDisposable {
  readonly url: string;
}

/** The page alone, on a port of its own: another origin than any service's. */
async function openOrigin(): Promise<Origin> {
  const page = await readFile(file);
  const server = createServer((request, response) => {
    const isPage = request.url?.startsWith("/favicon") !== true;
    response.setHeader("content-type", "text/html");
    response.end(isPage ? page : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("the example page", () => {
  it("trains on a service that allows its origin, and draws the loss", async () => {
    await using origin = await openOrigin();
    await using service = await openService({ allowedOrigins: [origin.url] });
    await using browser = await openBrowser();
    const page = await browser.open(origin.url);
    await page.getByLabel("Service").fill(service.url);
    await page.getByRole("button", { name: "Train" }).click();
    await page.locator("#status", { hasText: "succeeded" }).waitFor({ timeout: runMs });
    const accuracy = Number(await page.locator("#accuracy").textContent());
    assert.ok(accuracy > 0.2 && accuracy <= 1, String(accuracy));
    const points = await page.locator("polyline").getAttribute("points");
    assert.equal(points?.split(" ").length, 1000, "a point for each step");
    assert.deepEqual(browser.faults, []);
  });

  it("is refused by a service that does not know its origin", async () => {
    await using origin = await openOrigin();
    await using service = await openService();
    await using browser = await openBrowser();
    const page = await browser.open(origin.url);
    await page.getByLabel("Service").fill(service.url);
    await page.getByRole("button", { name: "Train" }).click();
    await page.locator("#status", { hasText: /fetch/i }).waitFor();
  });
});
