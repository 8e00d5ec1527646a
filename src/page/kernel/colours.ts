/**
 * Colour maps in which equal differences look equal: one from dark to bright for amounts, one that
 * leaves a neutral middle for differences. Made in OKLCH, cut to what the screen can show.
 */

export type Rgb = readonly [number, number, number];

const entries = 256;
const bisections = 18;

/** OKLab to linear sRGB (B. Ottosson, "A perceptual color space for image processing", 2020). */
function linearRgb(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const encode = (part: number): number => {
  const inside = Math.min(1, Math.max(0, part));
  return Math.round(
    255 * (inside <= 0.0031308 ? 12.92 * inside : 1.055 * inside ** (1 / 2.4) - 0.055),
  );
};

/** The colour with as much of the chroma as sRGB has. */
function shown(lightness: number, hue: number, chroma: number): Rgb {
  const at = (c: number): Rgb => linearRgb(lightness, c * Math.cos(hue), c * Math.sin(hue));
  let low = 0;
  let high = chroma;
  for (let turn = 0; turn < bisections; turn += 1) {
    const middle = (low + high) / 2;
    if (at(middle).every((part) => part >= 0 && part <= 1)) low = middle;
    else high = middle;
  }
  const [r, g, b] = at(low);
  return [encode(r), encode(g), encode(b)];
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

function table(colourAt: (t: number) => Rgb): Uint8Array {
  const colours = new Uint8Array(3 * entries);
  for (let i = 0; i < entries; i += 1) colours.set(colourAt(i / (entries - 1)), 3 * i);
  return colours;
}

/** Dark violet over teal to yellow. */
export const sequential = table((t) => shown(0.2 + 0.73 * t, radians(312 - 207 * t), 0.16));

const diverge = (middle: number, end: number) => (t: number) => {
  const side = 2 * t - 1;
  const size = Math.abs(side);
  const hue = radians(side < 0 ? 255 : 48);
  return shown(middle + (end - middle) * size ** 0.9, hue, 0.19 * size ** 0.85);
};

/** Blue below, orange above, the panel's grey between. */
export const divergingLight = table(diverge(0.97, 0.45));
export const divergingDark = table(diverge(0.26, 0.78));

/** `count` colours along the sequential map that stand out from the panel. */
export function ramp(count: number, isDark: boolean): string[] {
  const [from, to] = isDark ? [0.95, 0.42] : [0.12, 0.8];
  return Array.from({ length: count }, (_, i) => {
    const t = from + ((to - from) * i) / Math.max(1, count - 1);
    const at = 3 * Math.round(t * (entries - 1));
    return `rgb(${sequential[at]} ${sequential[at + 1]} ${sequential[at + 2]})`;
  });
}
