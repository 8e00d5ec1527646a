/** PNG images from pixels and from matrices (kernel heat maps). Writes only; reads no images. */
import { crc32, deflateSync } from "node:zlib";
import type { Tensor } from "#engine/tensor.ts";
import { perceptualColours } from "./colour-map.ts";
import { FormatError } from "./format-error.ts";

/** Eight-bit pixels, rows from the top; one channel is grey, three are red, green, blue. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/** How a matrix becomes colours. */
export interface HeatMapOptions {
  /** Pixels along one cell's side; 1 unless told. */
  readonly cellPixels?: number;
  /** The values at the ends of the colour map; the least and greatest finite ones unless told. */
  readonly low?: number;
  readonly high?: number;
}

/** Longest side of an image in pixels. */
export const imageSideMax = 8192;

/** Shown where a value is NaN or infinite: no colour of the map is grey. */
const nonFiniteGrey = 128;

/** A PNG file of `image`. Throws FormatError when sizes do not fit together. */
export function writePng(image: Image): Uint8Array {
  const { width, height, channels, pixels } = image;
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > imageSideMax) {
      throw new FormatError("png", `an image side has ${side} pixels; 1 to ${imageSideMax} can be`);
    }
  }
  const stride = width * channels;
  if (pixels.length !== stride * height) {
    const size = `${width} x ${height} x ${channels}`;
    throw new FormatError("png", `an image of ${size} needs as many bytes, not ${pixels.length}`);
  }
  // Each row begins with its filter type; 0 keeps the bytes as they are.
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const file = Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array(0)),
  ]);
  return new Uint8Array(file.buffer, file.byteOffset, file.length);
}

/**
 * A matrix [rows, columns] as a PNG in a perceptually uniform colour map, dark for `low` and bright
 * for `high`; values outside are clamped, non-finite ones are grey. Throws FormatError.
 */
export function heatMap(matrix: Tensor, options: HeatMapOptions = {}): Uint8Array {
  const [rows, columns] = matrix.shape;
  if (matrix.shape.length !== 2 || !rows || !columns) {
    const shape = matrix.shape.join(", ");
    throw new FormatError("png", `a heat map needs a matrix that is not empty, not [${shape}]`);
  }
  const cell = options.cellPixels ?? 1;
  if (!Number.isInteger(cell) || cell < 1 || Math.max(rows, columns) * cell > imageSideMax) {
    throw new FormatError(
      "png",
      `${rows} x ${columns} cells of ${cell} pixels are more than ${imageSideMax} along a side; ` +
        "take smaller cells or fewer examples",
    );
  }
  const { low, high } = range(matrix, options);
  const width = columns * cell;
  const pixels = new Uint8Array(width * rows * cell * 3);
  for (let row = 0; row < rows; row++) {
    const line = lineOf(matrix.data.subarray(row * columns, (row + 1) * columns), {
      cell,
      low,
      high,
    });
    for (let y = 0; y < cell; y++) pixels.set(line, (row * cell + y) * width * 3);
  }
  return writePng({ width, height: rows * cell, channels: 3, pixels });
}

/** One line of pixels for a row of cells. */
function lineOf(
  values: ArrayLike<number>,
  scale: { cell: number; low: number; high: number },
): Uint8Array {
  const colours = perceptualColours();
  const line = new Uint8Array(values.length * scale.cell * 3);
  const grey = Uint8Array.of(nonFiniteGrey, nonFiniteGrey, nonFiniteGrey);
  for (let x = 0; x < values.length * scale.cell; x++) {
    const value = values[Math.floor(x / scale.cell)] as number;
    const span = scale.high - scale.low;
    const share = span > 0 ? Math.min(1, Math.max(0, (value - scale.low) / span)) : 0.5;
    const at = Math.round(share * 255) * 3;
    line.set(Number.isFinite(value) ? colours.subarray(at, at + 3) : grey, x * 3);
  }
  return line;
}

function range(matrix: Tensor, options: HeatMapOptions): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of matrix.data) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low: options.low ?? low, high: options.high ?? high };
}

function chunk(name: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(name, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}
