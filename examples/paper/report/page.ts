/** The whole report as one page: no scripts, no requests, every figure with its numbers. */
import type { Claim, Findings, Verdict } from "../findings.ts";
import type { SizeName } from "../size.ts";
import { tally } from "../verdicts.ts";
import { chartSvg, heatSvg } from "./chart.ts";
import { element, escaped } from "./markup.ts";
import { style } from "./style.ts";
import { figureNumbers, tableMarkup } from "./tables.ts";

export interface Report {
  readonly size: SizeName;
  readonly findings: readonly Findings[];
  /** Of the whole command; less than the training where sweeps were there already. */
  readonly seconds: number;
}

const sizes: Readonly<Record<SizeName, string>> = {
  full: "The full study.",
  quick: "A first look: fewer cells and seeds than the full study.",
  smoke: "A trial of the machinery: runs of a few steps, whose numbers mean nothing.",
};

/** Nothing may be loaded, from anywhere. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

const paragraph = (text: string, name?: string): string =>
  element("p", name === undefined ? {} : { class: name }, escaped(text));

function verdictMark(verdict: Verdict): string {
  return element("span", { class: `verdict ${verdict.replaceAll(" ", "-")}` }, verdict);
}

function claimMarkup({ statement, criterion, verdict, detail }: Claim): string {
  return element(
    "li",
    {},
    verdictMark(verdict),
    element("strong", {}, escaped(statement)),
    paragraph(`Criterion: ${criterion}.`, "criterion"),
    paragraph(detail),
  );
}

function sectionMarkup(findings: Findings): string {
  const { id, section, title, about, tables, figures, claims, remarks, runs } = findings;
  const drawn = figures.map((figure, i) => {
    const label = `${id}-figure-${i}`;
    const svg = figure.kind === "lines" ? chartSvg(figure, label) : heatSvg(figure, label);
    return element(
      "figure",
      {},
      element("figcaption", {}, escaped(figure.title)),
      svg,
      figureNumbers(figure),
    );
  });
  return element(
    "section",
    { id },
    element("h2", {}, escaped(`${title}`)),
    paragraph(`Reference notes: ${section}. ${about}`, "about"),
    element("ul", { class: "claims" }, ...claims.map(claimMarkup)),
    ...remarks.map((remark) => paragraph(remark)),
    ...drawn,
    ...tables.map(tableMarkup),
    paragraph(`${runs} runs, ${findings.trainingSeconds.toFixed(0)} seconds of training.`, "note"),
  );
}

function overview(all: readonly Findings[]): string {
  const rows = all.flatMap(({ id, title, claims }) =>
    claims.map(({ statement, verdict }) =>
      element(
        "tr",
        {},
        element("td", { class: "left" }, element("a", { href: `#${id}` }, escaped(title))),
        element("td", { class: "left" }, escaped(statement)),
        element("td", {}, verdictMark(verdict)),
      ),
    ),
  );
  const heads = ["part", "claim", "verdict"].map((text) => element("th", { scope: "col" }, text));
  return element(
    "div",
    { class: "scroll" },
    element(
      "table",
      {},
      element("caption", {}, "Every claim"),
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows),
    ),
  );
}

const reading =
  "In every table the first number is the mean over seeds measured here, the one in brackets the " +
  "reference's: an independent NumPy program on its own draw of the data, mostly of three seeds. " +
  "“held”: within the stated tolerance (0.03 for accuracies). “within spread”: farther, but within " +
  "two standard errors of the difference of the two means. “not held”: neither. None of the " +
  "reference's numbers is the paper's own, which could not be obtained. f_lin is the linear model " +
  "that was trained, network the network at the same weights. K is a schedule, not a measure of " +
  "feature learning.";

/** The page. */
export function pageMarkup({ size, findings, seconds }: Report): string {
  const runs = findings.reduce((sum, each) => sum + each.runs, 0);
  const training = findings.reduce((sum, each) => sum + each.trainingSeconds, 0);
  const head =
    `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
    `<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">` +
    `<title>How often must a network learn features?</title>` +
    `<style>${style}.left{text-align:left}</style>`;
  const body = [
    element("h1", {}, "How often must a network learn features?"),
    paragraph(
      "Iterative linearisation (arXiv 2211.12345) trains a network inside its own linear model for " +
        "K steps, linearises again, and goes on: K = 1 is ordinary training, never again is training " +
        "in a fixed tangent kernel. This page holds what its claims look like on generated data.",
    ),
    paragraph(`${sizes[size]} ${tally(findings)}`),
    paragraph(reading, "note"),
    overview(findings),
    ...findings.map(sectionMarkup),
    element(
      "footer",
      {},
      paragraph(
        `${runs} runs, ${training.toFixed(0)} seconds of training in all; this command took ` +
          `${seconds.toFixed(0)} seconds.`,
      ),
    ),
  ];
  return (
    `<!doctype html>\n<html lang="en"><head>${head}</head>\n` +
    `<body>\n${body.join("\n")}\n</body></html>\n`
  );
}
