/** Files dropped on the page: what becomes of models and of data. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { openService, type Served } from "#test/journeys/service.ts";
import { type OpenBrowser, openBrowser } from "./chromium.ts";
import { type Material, makeMaterial } from "./material.ts";

let service: Served;
let browser: OpenBrowser;
let material: Material;

before(async () => {
  service = await openService();
  browser = await openBrowser();
  material = await makeMaterial(service.api);
});

after(async () => {
  await browser[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

interface Dropped {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Drops a file in the middle of the page, as a hand would. */
async function drop(page: Page, { name, bytes }: Dropped): Promise<void> {
  const base64 = Buffer.from(bytes).toString("base64");
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob("${base64}"), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], "${name}"));
    for (const kind of ["dragenter", "dragover", "drop"]) {
      const how = { dataTransfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent(kind, how));
    }
  })()`);
}

const csv = ["a,b,label", ...Array.from({ length: 40 }, (_, i) => `${i},${40 - i},${i % 2}`)];

describe("a file on the page", () => {
  it("becomes a data set when it is a table", async () => {
    const page = await browser.open(service.url, { at: "data" });
    await drop(page, { name: "ramps.csv", bytes: Buffer.from(csv.join("\n")) });
    await page.getByRole("rowheader", { name: /ramps/ }).waitFor();
    await page.context().close();
  });

  it("becomes a model when it is a definition", async () => {
    const definition = { input: { shape: [20] }, layers: [{ type: "dense", units: 4 }] };
    const page = await browser.open(service.url);
    await drop(page, { name: "linear.json", bytes: Buffer.from(JSON.stringify(definition)) });
    await page.getByRole("heading", { level: 1, name: "linear" }).waitFor();
    await page.context().close();
  });

  it("becomes a model when it is ONNX", async (t) => {
    const answer = await fetch(`${service.url}/v1/models/${material.model}/onnx`);
    if (!answer.ok) return t.skip("the service writes no ONNX yet");
    const page = await browser.open(service.url);
    await drop(page, { name: "again.onnx", bytes: new Uint8Array(await answer.arrayBuffer()) });
    await page.getByRole("heading", { level: 1, name: "again" }).waitFor();
    await page.getByText("onnx", { exact: true }).first().waitFor();
    await page.context().close();
  });

  it("is refused in words when nothing is known about its kind", async () => {
    const page = await browser.open(service.url);
    await drop(page, { name: "notes.txt", bytes: Buffer.from("hello") });
    await page.locator(".toast.fault").getByText("notes.txt").waitFor();
    assert.deepEqual(browser.outside, []);
    await page.context().close();
  });
});
