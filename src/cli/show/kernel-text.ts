/** A one-off kernel for people: which one it is, its figures, its largest eigenvalues. */
import type { Terminal } from "#cli/terminal.ts";
import type { Ntk, NtkFigures } from "#schemas/ntk.ts";
import { showNumber, showSeconds, showShare } from "./numbers.ts";
import { paintFor, plain } from "./paint.ts";
import { table } from "./table.ts";

/** Eigenvalues that are printed; --json has all. */
const eigenvaluesMax = 10;

function figureRows(figures: NtkFigures): readonly (readonly string[])[] {
  const { eigenvalues, layer_share: shares, ...rest } = figures;
  const rows: readonly (readonly [string, string])[] = [
    ["trace", showNumber(rest.trace)],
    ["Frobenius norm", showNumber(rest.frobenius_norm)],
    ["effective rank", showNumber(rest.effective_rank)],
    ["participation ratio", showNumber(rest.participation_ratio)],
    ["rank", showNumber(rest.rank)],
    ["condition number", showNumber(rest.condition_number)],
    ["smallest eigenvalue", showNumber(rest.lambda_min)],
    ["alignment", showNumber(rest.alignment)],
    ["centred alignment", showNumber(rest.centred_alignment)],
    ["largest eigenvalues", eigenvalues.slice(0, eigenvaluesMax).map(showNumber).join(" ")],
    ...Object.entries(shares).map(
      ([layer, share]) => [`share of ${plain(layer)}`, showShare(share)] as const,
    ),
  ];
  return rows.filter(([, text]) => text !== "" && text !== "–");
}

/** Several lines, each ended by a line break. */
export function kernelText(ntk: Ntk, terminal: Terminal): string {
  const paint = paintFor(terminal.colour);
  const { id, status, kernel, shape, figures, error } = ntk;
  if (error !== null) {
    const said = `${paint("red", error.code)}  ${plain(error.message)}`;
    return `${paint("red", "✗")} ${id} ${status}\n  ${said}\n`;
  }
  if (figures === null) return `${id} ${status}\n`;
  const headline = `${kernel} kernel [${shape.join(", ")}] in ${showSeconds(figures.seconds)}`;
  const columns = [{ title: "figure" }, { title: "value" }];
  return `${paint("green", "✓")} ${id} ${headline}\n\n${table(columns, figureRows(figures), paint)}`;
}
