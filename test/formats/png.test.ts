/** PNG files: checked by taking them apart again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, inflateSync } from "node:zlib";
import type { Tensor } from "#engine/tensor.ts";
import { perceptualColours } from "#formats/colour-map.ts";
import { heatMap, writePng } from "#formats/png.ts";
import { refuses } from "./hostile.ts";

/** Size, colour type and unfiltered rows; asserts signature, chunk order and checksums. */
function takeApart(png: Uint8Array) {
  const file = Buffer.from(png);
  assert.equal(file.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  const chunks = new Map<string, Buffer>();
  let at = 8;
  while (at < file.length) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 4, at + 8 + length);
    assert.equal(file.readUInt32BE(at + 8 + length), crc32(body));
    chunks.set(body.toString("latin1", 0, 4), body.subarray(4));
    at += 12 + length;
  }
  assert.deepEqual([...chunks.keys()], ["IHDR", "IDAT", "IEND"]);
  const header = chunks.get("IHDR") as Buffer;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const rows = inflateSync(chunks.get("IDAT") as Buffer);
  const stride = rows.length / height;
  const pixels = Array.from({ length: height }, (_, y) => {
    assert.equal(rows[y * stride], 0);
    return [...rows.subarray(y * stride + 1, (y + 1) * stride)];
  });
  return { width, height, depth: header[8], colour: header[9], pixels };
}

const matrix = (shape: readonly number[], ...values: number[]): Tensor => ({
  dtype: "float64",
  shape,
  data: Float64Array.from(values),
});

test("grey and colour pixels come back as they were", () => {
  const grey = writePng({ width: 2, height: 2, channels: 1, pixels: Uint8Array.of(1, 2, 3, 4) });
  assert.deepEqual(takeApart(grey), {
    width: 2,
    height: 2,
    depth: 8,
    colour: 0,
    pixels: [
      [1, 2],
      [3, 4],
    ],
  });
  const colour = writePng({ width: 1, height: 1, channels: 3, pixels: Uint8Array.of(9, 8, 7) });
  assert.deepEqual(takeApart(colour).pixels, [[9, 8, 7]]);
});

test("a heat map goes from the first to the last colour, and non-finite cells are grey", () => {
  const { pixels, width, height } = takeApart(
    heatMap(matrix([2, 2], -1, Number.NaN, 0, 1), { cellPixels: 2 }),
  );
  assert.deepEqual([width, height], [4, 4]);
  const colours = [...perceptualColours()];
  assert.deepEqual(pixels[0]?.slice(0, 3), colours.slice(0, 3));
  assert.deepEqual(pixels[1]?.slice(6, 9), [128, 128, 128]);
  assert.deepEqual(pixels[3]?.slice(9), colours.slice(-3));
  assert.deepEqual(pixels[2], pixels[3]);
});

test("values beyond a given range are clamped and a constant matrix is drawn", () => {
  const { pixels } = takeApart(heatMap(matrix([1, 2], -9, 9), { low: 0, high: 1 }));
  const colours = [...perceptualColours()];
  assert.deepEqual(pixels[0], [...colours.slice(0, 3), ...colours.slice(-3)]);
  assert.equal(takeApart(heatMap(matrix([1, 1], 4))).width, 1);
  assert.equal(takeApart(heatMap(matrix([1, 1], Number.NaN))).width, 1);
});

test("the colour map's lightness rises in nearly equal steps", () => {
  const colours = perceptualColours();
  assert.equal(colours.length, 768);
  // CIE lightness from relative luminance: independent of how the map was made.
  const linear = (byte: number) =>
    byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;
  const lightness = Array.from({ length: 256 }, (_, i) => {
    const [r, g, b] = colours.subarray(3 * i, 3 * i + 3);
    const y = 0.2126 * linear(r ?? 0) + 0.7152 * linear(g ?? 0) + 0.0722 * linear(b ?? 0);
    return 116 * Math.cbrt(y) - 16;
  });
  const steps = lightness.slice(16).map((value, i) => value - (lightness[i] ?? 0));
  assert.ok(
    steps.every((step) => step > 2 && step < 9),
    `${Math.min(...steps)} ${Math.max(...steps)}`,
  );
  assert.ok((lightness[0] ?? 99) < 15 && (lightness[255] ?? 0) > 88);
});

test("matrices and images that cannot be drawn are refused", async () => {
  await refuses(() => heatMap(matrix([3], 1, 2, 3)), /matrix/);
  await refuses(() => heatMap(matrix([0, 3])), /not empty/);
  await refuses(() => heatMap(matrix([1, 2], 1, 2), { cellPixels: 5000 }), /smaller cells/);
  await refuses(() => heatMap(matrix([1, 1], 1), { cellPixels: 0.5 }), /smaller cells/);
  const pixels = new Uint8Array(3);
  await refuses(() => writePng({ width: 2, height: 2, channels: 1, pixels }), /2 x 2 x 1/);
  await refuses(() => writePng({ width: 0, height: 2, channels: 1, pixels }), /0 pixels/);
});
