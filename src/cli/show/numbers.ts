/** Figures as people read them: losses, shares, durations, rates, sizes. Text only. */
import { type Figure, fromFigure } from "#schemas/values.ts";

/** What stands where there is nothing to say. */
export const nothing = "–";

/** Four significant digits; very small and very large ones with an exponent. */
export function showNumber(figure: Figure | null | undefined): string {
  if (figure === null || figure === undefined) return nothing;
  const value = fromFigure(figure);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  if (Number.isInteger(value)) return String(value);
  return size >= 1e4 ? String(Math.round(value)) : value.toPrecision(4);
}

/** A share between 0 and 1 as per cent with one decimal. */
export function showShare(figure: Figure | null | undefined): string {
  if (figure === null || figure === undefined) return nothing;
  const value = fromFigure(figure);
  return Number.isFinite(value) ? `${(100 * value).toFixed(1)}%` : showNumber(figure);
}

/** `3.2s`, `1m05s`, `2h03m`, `4d07h`. */
export function showSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return nothing;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** Steps a second: `0.42`, `7.5`, `340`, `1.2k`. */
export function showRate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return nothing;
  if (perSecond < 1) return perSecond.toFixed(2);
  if (perSecond < 10) return perSecond.toFixed(1);
  return perSecond < 1000 ? String(Math.round(perSecond)) : `${(perSecond / 1000).toFixed(1)}k`;
}

const sizeUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `812 B`, `3.4 MiB`. */
export function showBytes(bytes: number): string {
  const power = Math.min(sizeUnits.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${sizeUnits[power]}`;
}

/** How long ago a time of the contract was. */
export function showAge(time: string, now: number): string {
  return `${showSeconds(Math.max(0, (now - Date.parse(time)) / 1000)).replace(/\.\ds$/, "s")} ago`;
}
