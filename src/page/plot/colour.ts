/** Which colour a curve has in the present theme. */
import type { Palette } from "../state/theme.ts";
import type { Line } from "./spec.ts";

export const colourOf = ({ colour }: Pick<Line, "colour">, palette: Palette): string =>
  typeof colour === "string" ? colour : (palette.series[colour % palette.series.length] ?? "");
