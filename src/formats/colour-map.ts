/**
 * A perceptually uniform colour map: dark violet over blue and green to yellow, its lightness a
 * straight line, so equal differences look equal, also in grey print and to the colour-blind.
 */

let table: Uint8Array | undefined;

/** 256 colours as red, green, blue bytes (768 values), darkest first. */
export function perceptualColours(): Uint8Array {
  table ??= Uint8Array.from(Array.from({ length: 256 }, (_, i) => colourAt(i / 255)).flat());
  return table;
}

/** Lightness, hue and chroma of the path through OKLCH, for t from 0 to 1. */
function colourAt(t: number): number[] {
  const lightness = 0.22 + 0.71 * t;
  const hue = ((310 - 205 * t) * Math.PI) / 180;
  return inGamut(lightness, hue).map((linear) => Math.round(255 * encoded(linear)));
}

const chromaWanted = 0.16;

/** Linear sRGB with as much of the wanted chroma as the screen can show, by bisection. */
function inGamut(lightness: number, hue: number): number[] {
  let low = 0;
  let high = chromaWanted;
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2;
    const shown = linearRgb(lightness, hue, middle).every((part) => part >= 0 && part <= 1);
    if (shown) low = middle;
    else high = middle;
  }
  return linearRgb(lightness, hue, low).map((part) => Math.min(1, Math.max(0, part)));
}

/** OKLab to linear sRGB; constants of B. Ottosson, "A perceptual color space" (2020). */
function linearRgb(lightness: number, hue: number, chroma: number): number[] {
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** The sRGB transfer curve. */
function encoded(linear: number): number {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}
