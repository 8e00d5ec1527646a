/** Light, dark or as the system says; and the colours that canvases must know by value. */
import { Cell } from "./cell.ts";

export type Theme = "system" | "light" | "dark";

const key = "linnet.theme";
const darkQuery = "(prefers-color-scheme: dark)";

/** Every colour of a plot, read from the style sheet. */
export interface Palette {
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly panel: string;
  readonly accent: string;
  readonly danger: string;
  readonly anchor: string;
  readonly series: readonly string[];
  readonly isDark: boolean;
  readonly font: string;
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

const seriesColours = 10;

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token("ink"),
    muted: token("muted"),
    line: token("line"),
    panel: token("panel"),
    accent: token("accent"),
    danger: token("danger"),
    anchor: token("anchor"),
    series: Array.from({ length: seriesColours }, (_, i) => token(`series-${i}`)),
    isDark: token("scheme") === "dark",
    font: token("font"),
  };
}

export const theme = new Cell<Theme>(stored());
export const palette = new Cell<Palette>(readPalette());

function apply(): void {
  const root = document.documentElement;
  if (theme.value === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme.value;
  palette.set(readPalette());
}

/** Follows the choice and the system from now on. */
export function startTheme(): void {
  apply();
  matchMedia(darkQuery).addEventListener("change", apply);
  theme.watch((value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    apply();
  });
}

/** The theme after this one, in the order of the button. */
export function nextTheme(now: Theme): Theme {
  if (now === "system") return matchMedia(darkQuery).matches ? "light" : "dark";
  return now === "dark" ? "light" : "dark";
}
