/** Sliders for the two numbers that matter most: the period K, and the learning rate. */
import { short } from "../plot/number.ts";
import { html, useEffect, useState } from "../preact.ts";

/** Periods that the slider stops at; every other one can be typed. */
const stops: readonly number[] = [
  1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
  4096, 8192, 16_384, 32_768, 65_536,
];

export type SimplePeriod = number | "never";

/** Stops up to the length of the run; longer periods are the same as never. */
function stopsFor(steps: number): readonly SimplePeriod[] {
  return [...stops.filter((stop) => stop < Math.max(2, steps)), "never"];
}

const textOf = (event: Event): string => (event.target as HTMLInputElement).value;

/** A field that holds what is typed until it means something. */
function useText(value: string): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  useEffect(() => {
    setText(value);
    return undefined;
  }, [value]);
  return [text, setText];
}

function periodFrom(text: string): SimplePeriod | undefined {
  if (/^\s*(never|∞)\s*$/i.test(text)) return "never";
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 ? number : undefined;
}

export function PeriodSlider(props: {
  readonly id: string;
  readonly value: SimplePeriod;
  readonly steps: number;
  readonly change: (value: SimplePeriod) => void;
}) {
  const { id, value, steps, change } = props;
  const places = stopsFor(steps);
  const last = places.length - 1;
  const at =
    value === "never" ? last : places.findIndex((stop) => stop === "never" || stop >= value);
  const [text, setText] = useText(String(value));
  const type = (event: Event): void => {
    setText(textOf(event));
    const period = periodFrom(textOf(event));
    if (period !== undefined) change(period);
  };
  const words = value === "never" ? "never again" : `every ${value} steps`;
  return html`<div class="field">
    <label for=${id}>K, steps between linearisations</label>
    <div class="slider-row">
      <input id=${id} type="range" min="0" max=${last} value=${at} aria-valuetext=${words}
        onInput=${(event: Event) => change(places[Number(textOf(event))] ?? "never")} />
      <input type="text" value=${text} aria-label="K as a number or never" onInput=${type}
        aria-invalid=${periodFrom(text) === undefined} />
    </div>
    <div class="slider-marks" aria-hidden="true"><span class="mark-start">1</span>
      <span class="mark-middle">${String(places[Math.floor(last / 2)] ?? "")}</span>
      <span class="mark-end">never</span></div>
  </div>`;
}

const rateLow = 1e-5;
const rateHigh = 10;
const ratePlaces = 240;
const share = (rate: number): number =>
  Math.log(Math.min(rateHigh, Math.max(rateLow, rate)) / rateLow) / Math.log(rateHigh / rateLow);
const rateAt = (place: number): number =>
  Number((rateLow * (rateHigh / rateLow) ** (place / ratePlaces)).toPrecision(2));

export function RateSlider(props: {
  readonly id: string;
  readonly value: number;
  readonly change: (value: number) => void;
  /** Largest stable rate, if it is known. */
  readonly limit?: number | undefined;
}) {
  const { id, value, change, limit } = props;
  const [text, setText] = useText(String(value));
  const isRate = (number: number): boolean => number > 0 && number <= 1e6;
  const type = (event: Event): void => {
    setText(textOf(event));
    if (isRate(Number(textOf(event)))) change(Number(textOf(event)));
  };
  const isKnown = limit !== undefined && Number.isFinite(limit);
  return html`<div class="field">
    <label for=${id}>Learning rate</label>
    <div class="slider-row">
      <input id=${id} type="range" min="0" max=${ratePlaces} value=${Math.round(
        share(value) * ratePlaces,
      )}
        aria-valuetext=${short(value)} onInput=${(event: Event) =>
          change(rateAt(Number(textOf(event))))} />
      <input type="text" inputmode="decimal" value=${text} aria-label="Learning rate as a number"
        onInput=${type} aria-invalid=${!isRate(Number(text))} />
    </div>
    ${
      isKnown &&
      html`<p class=${value > limit ? "wrong" : "hint"}>${
        value > limit ? "Above" : "Below"
      } the stability limit of ${short(limit)}</p>`
    }
  </div>`;
}
