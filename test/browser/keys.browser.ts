/** The page before a service that wants keys: it asks for one, and then shows what it may see. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { remoteApi } from "#cli/remote.ts";
import { openService, type Served, whole } from "#test/journeys/service.ts";
import { type OpenBrowser, openBrowser } from "./chromium.ts";
import { makeMaterial, runOf } from "./material.ts";

const key = `lnt_${"0".repeat(20)}_${"k".repeat(43)}`;

let service: Served;
let browser: OpenBrowser;

before(async () => {
  service = await openService({ auth: "keys", bootstrapKey: key });
  browser = await openBrowser();
  const api = remoteApi(service.url, key);
  const { id } = await api.createRun(runOf(await makeMaterial(api), { name: "behind a key" }));
  await whole(api, id);
});

after(async () => {
  await browser[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

describe("the page of a service that wants keys", () => {
  it("asks for one, asks again when it is wrong, and shows runs and a live stream", async () => {
    const page = await browser.open(service.url);
    const dialog = page.getByRole("dialog", { name: "This service asks for a key" });
    await dialog.waitFor();
    assert.equal(await page.getByText("behind a key").count(), 0);
    await page.getByLabel("API key").fill(`lnt_${"0".repeat(20)}_${"x".repeat(43)}`);
    await page.getByRole("button", { name: "Go on" }).click();
    await dialog.waitFor();
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Go on" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.reload();
    await page.getByText("behind a key").first().click();
    await page.getByRole("heading", { level: 1, name: "behind a key" }).waitFor();
    await page.locator(".kernel-stage canvas").first().waitFor();
    assert.deepEqual(browser.outside, []);
    await page.context().close();
  });

  it("submits a run and follows it by a ticket: no key is in any address", async () => {
    const page = await browser.open(service.url, { at: "new" });
    const addresses: string[] = [];
    page.on("websocket", (socket) => addresses.push(socket.url()));
    page.on("request", (request) => addresses.push(request.url()));
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.reload();
    await page.getByLabel("Name").fill("by key");
    await page.getByLabel("Steps", { exact: true }).fill("200");
    await page.getByRole("button", { name: "Start the run" }).click();
    await page.getByRole("heading", { level: 1, name: "by key" }).waitFor();
    await page.locator(".badge[data-status=succeeded]").waitFor();
    assert.ok(addresses.some((address) => address.includes("ticket=")));
    assert.ok(!addresses.some((address) => address.includes("kkkk")));
    await page.context().close();
  });
});
