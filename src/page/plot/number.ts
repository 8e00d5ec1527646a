/** Numbers as people read them: few digits, thousands apart, units of time and size. */

const digits = 4;

/** At most four significant digits; powers of ten for the very large and very small. */
export function short(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    const [mantissa = "", exponent = ""] = value.toExponential(2).split("e");
    const power = exponent.replace("+", "").replace("-", "−");
    const head = mantissa.replace(/\.?0+$/, "").replace("-", "−");
    return `${head}e${power}`;
  }
  if (size >= 1e4) return grouped(Math.round(value));
  const text = Number(value.toPrecision(digits)).toString();
  return text.replace("-", "−");
}

/** Whole numbers with thin spaces between thousands. */
export function grouped(value: number): string {
  const text = Math.round(value).toString();
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f").replace("-", "−");
}

/** A share as a percentage with one decimal. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  return `${(100 * share).toFixed(1)} %`;
}

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const thousand = 1000;

/** With a prefix of the SI: 1.2 M, 34 G. */
export function amount(value: number, unit = ""): string {
  const prefixes = ["", "k", "M", "G", "T", "P", "E"];
  let size = Math.abs(value);
  let at = 0;
  while (size >= thousand && at < prefixes.length - 1) {
    size /= thousand;
    at += 1;
  }
  const text = at === 0 ? String(Math.round(size)) : size.toPrecision(3).replace(/\.?0+$/, "");
  const tail = `${prefixes[at] ?? ""}${unit}`;
  return `${value < 0 ? "−" : ""}${text}${tail === "" ? "" : ` ${tail}`}`;
}

export const bytes = (value: number): string => amount(value, "B");

/** How long ago, roughly. */
export function ago(time: string | null, nowMs = Date.now()): string {
  if (time === null) return "–";
  const seconds = Math.max(0, (nowMs - Date.parse(time)) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}
