/** The study's own judgement and report, on numbers that are made up; and a trial of all of it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import { readReference } from "#examples/paper/expected.ts";
import type { Findings, Table } from "#examples/paper/findings.ts";
import { readFlags } from "#examples/paper/flags.ts";
import { markdownText } from "#examples/paper/report/markdown.ts";
import { pageMarkup } from "#examples/paper/report/page.ts";
import { sizeOf } from "#examples/paper/size.ts";
import { partText, summaryText } from "#examples/paper/text.ts";
import {
  atLeast,
  atMost,
  cellVerdict,
  measured,
  paired,
  tableClaim,
  together,
} from "#examples/paper/verdicts.ts";

const within = { within: 0.03, as: "difference" } as const;
const twice = { within: 2, as: "factor" } as const;
const cell = (values: readonly number[], expected: number | "diverges" | null, diverged = 0) => ({
  measured: measured(values, diverged),
  expected,
});

describe("a verdict", () => {
  it("holds within the tolerance, whatever the spread", () => {
    assert.equal(cellVerdict(cell([0.86, 0.87, 0.88], 0.86), within), "held");
    assert.equal(cellVerdict(cell([0.83], 0.86), within), "held");
    assert.equal(cellVerdict(cell([0.829], 0.86), within), "not held");
  });

  it("is within spread when two standard errors of both means reach farther", () => {
    // Deviation 0.05 over three seeds: two errors of the difference are 0.082.
    assert.equal(cellVerdict(cell([0.75, 0.8, 0.85], 0.87), within), "within spread");
    assert.equal(cellVerdict(cell([0.75, 0.8, 0.85], 0.9), within), "not held");
    // One seed has no spread to appeal to.
    assert.equal(cellVerdict(cell([0.8], 0.87), within), "not held");
  });

  it("knows divergence: expected and seen, in part, or not at all", () => {
    assert.equal(cellVerdict(cell([], "diverges", 3), within), "held");
    assert.equal(cellVerdict(cell([1], "diverges", 2), within), "within spread");
    assert.equal(cellVerdict(cell([1, 1, 1], "diverges"), within), "not held");
    assert.equal(cellVerdict(cell([], 0.9, 3), within), "not held");
    assert.equal(cellVerdict(cell([0.9], 0.9, 2), within), "within spread");
  });

  it("by a factor holds either way, and between seeds that bracket the reference", () => {
    assert.equal(cellVerdict(cell([2], 1.1), twice), "held");
    assert.equal(cellVerdict(cell([1], 1.9), twice), "held");
    assert.equal(cellVerdict(cell([1, 20], 1), twice), "within spread");
    assert.equal(cellVerdict(cell([5], 1), twice), "not held");
    assert.equal(cellVerdict(cell([0, 0], 0), twice), "held", "nothing is nothing");
  });

  it("is not given where nothing was expected or measured", () => {
    assert.equal(cellVerdict(cell([1], null), within), "not judged");
    assert.equal(cellVerdict({ measured: null, expected: 1 }, within), "not judged");
  });

  it("of a threshold is the mean's, and two standard errors are its spread", () => {
    assert.equal(atLeast(measured([0.1, 0.2]), 0.15), "held");
    assert.equal(atLeast(measured([0.1, 0.2]), 0.2), "within spread");
    assert.equal(atLeast(measured([0.1, 0.2]), 0.3), "not held");
    assert.equal(atLeast(measured([]), 0), "not held");
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1 }), (v) => {
        const bound = 0.1;
        const negated = measured(v.map((value) => -value));
        assert.equal(atMost(measured(v), bound), atLeast(negated, -bound));
      }),
    );
  });

  it("of several is the worst that was judged", () => {
    assert.equal(together(["held", "not judged", "within spread"]), "within spread");
    assert.equal(together(["held", "not held", "within spread"]), "not held");
    assert.equal(together(["not judged"]), "not judged");
  });

  it("compares seed by seed, and not at all when one of them diverged", () => {
    const difference = paired(measured([0.9, 0.8]), measured([0.8, 0.7]));
    assert.ok(Math.abs(difference.mean - 0.1) < 1e-12 && difference.deviation < 1e-12);
    assert.equal(paired(measured([0.9], 1), measured([0.8, 0.7])).values.length, 0);
  });
});

const table: Table = {
  title: "Accuracy <of> f_lin",
  corner: "K",
  columns: ["0.1", "0.3"],
  rows: [
    { label: "1", cells: [cell([0.86, 0.87], 0.86), cell([0.7, 0.71], 0.86)] },
    { label: "never", cells: [cell([], "diverges", 2), cell([0.4], null)] },
  ],
  digits: 3,
  tolerance: within,
  note: "Columns are rates & more.",
};

const findings: Findings = {
  id: "grid",
  section: "6.1",
  title: "Canned",
  about: "Made up.",
  tables: [table],
  figures: [
    {
      kind: "lines",
      title: "Accuracy against K",
      x: {
        title: "K",
        log: true,
        ticks: [
          [1, "1"],
          [64, "64"],
        ],
      },
      y: { title: "accuracy" },
      lines: [
        {
          label: "0.1",
          points: [
            { x: 1, y: 0.86, low: 0.8, high: 0.9 },
            { x: 64, y: 0.8 },
          ],
        },
        {
          label: "0.1",
          points: [
            { x: 1, y: 0.85 },
            { x: 64, y: 0.81 },
          ],
          expected: true,
        },
        { label: "errors", points: [{ x: 1, y: Number.NaN }] },
      ],
    },
    {
      kind: "heat",
      title: "A map",
      x: "steps",
      y: "updates",
      columns: ["500", "1000"],
      rows: [{ label: "1", values: [0.4, null] }],
    },
  ],
  claims: [tableClaim(table, "The table is the reference's")],
  remarks: ["A remark with <markup> in it."],
  runs: 7,
  trainingSeconds: 12.3,
};

describe("the report", () => {
  const page = pageMarkup({ size: "full", findings: [findings], seconds: 42 });

  it("is one page that asks for nothing: no scripts, no addresses outside", () => {
    assert.doesNotMatch(page, /<script|<link|<img|@import|url\(|src=/i);
    assert.deepEqual(
      [...page.matchAll(/https?:\/\/[^"' <]+/g)].map(([found]) => found),
      [],
    );
    assert.match(page, /default-src 'none'/);
    assert.match(page, /prefers-color-scheme:dark/);
  });

  it("has every measured number beside the expected one, with a verdict in words", () => {
    assert.match(
      page,
      /0\.865<\/span> <span class="expected">0\.860<\/span><span class="said">held/,
    );
    assert.match(
      page,
      /0\.705<\/span> <span class="expected">0\.860<\/span><span class="said">not held/,
    );
    assert.match(
      page,
      /diverged<\/span> <span class="expected">diverges<\/span><span class="said">held/,
    );
    assert.match(page, /1 claims: 0 held, 1 not held/);
    assert.match(page, /Criterion: every mean within 0\.03 of the reference/);
  });

  it("escapes text, and balances its markup", () => {
    assert.match(page, /Accuracy &lt;of&gt; f_lin/);
    assert.match(page, /rates &amp; more/);
    assert.match(page, /&lt;markup&gt;/);
    for (const name of ["table", "svg", "section", "tr", "td", "th", "figure", "details"]) {
      const count = (pattern: string) => page.match(new RegExp(pattern, "g"))?.length ?? 0;
      assert.equal(count(`<${name}[ >]`), count(`</${name}>`), name);
    }
  });

  it("draws each figure with its numbers below it, and leaves out what is no number", () => {
    assert.equal(page.match(/role="img"/g)?.length, 2);
    assert.equal(page.match(/<summary>Numbers of this figure/g)?.length, 2);
    assert.doesNotMatch(page, /NaN/);
    assert.match(page, /class="line c0 expected"/);
  });

  it("is Markdown for documents, what is not held in bold", () => {
    const text = markdownText({ size: "full", findings: [findings], seconds: 42 });
    assert.match(text, /\| 1 \| 0\.865 \[0\.860\] \| \*\*0\.705\*\* \[0\.860\] \|/);
    assert.match(text, /- \*\*not held\*\*: The table is the reference's/);
    assert.match(text, /Accuracy &lt;of> f_lin:/);
  });

  it("is text for a terminal as well", () => {
    const text = partText(findings, (_, said) => said) + summaryText([findings]);
    assert.match(text, /0\.865 \[0\.860\] ✓ +0\.705 \[0\.860\] ✗/);
    assert.match(text, /✗ not held {2}The table is the reference's/);
    assert.match(text, /1 claims: 0 held, 1 not held\. Of 3 cells beside the reference's 1/);
  });
});

describe("the reference", () => {
  it("is the notes' numbers, and is not held against a trial", async () => {
    const reference = await readReference(sizeOf("full"));
    assert.equal(reference.of("grid", "64", "0.1"), 0.853);
    assert.equal(reference.of("parity", "4", "0.1"), "diverges");
    assert.equal(reference.of("phase", "12", "2000"), 0.838);
    assert.equal(reference.of("grid", "3", "0.1"), null);
    assert.equal((await readReference(sizeOf("smoke"))).of("grid", "64", "0.1"), null);
  });
});

describe("the flags", () => {
  it("say what is run, in the report's order, and refuse what there is not", () => {
    assert.deepEqual(readFlags(["--quick", "--only=phase,grid"])?.only, ["grid", "phase"]);
    assert.equal(readFlags(["--quick"])?.size, "quick");
    assert.equal(readFlags(["--help"]), undefined);
    for (const wrong of [["--only=all"], ["--fast"], ["--trainers=none"]]) {
      assert.throws(() => readFlags(wrong), { ending: "usage" });
    }
  });
});

describe("the study", () => {
  it("runs, writes its report, and finds its sweeps again", { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "linnet-paper-"));
    const main = join(import.meta.dirname, "../../examples/paper/main.ts");
    const args = [main, "--smoke", "--only=grid,stability", `--data=${folder}/data`];
    const run = () => promisify(execFile)(process.execPath, [...args, `--out=${folder}/report`]);
    try {
      const first = await run();
      assert.match(first.stdout, /K × learning rate {2}3 runs/);
      assert.match(await readFile(join(folder, "report/paper.html"), "utf8"), /<!doctype html>/);
      const numbers = JSON.parse(await readFile(join(folder, "report/paper.json"), "utf8"));
      assert.deepEqual(
        numbers.findings.map(({ id, runs }: Findings) => [id, runs]),
        [
          ["grid", 3],
          ["stability", 2],
        ],
      );
      const accuracies = numbers.findings[0].tables[0].rows.map(
        ({ cells }: Table["rows"][number]) => cells[0]?.measured?.mean,
      );
      assert.ok(
        accuracies.every((value: number) => value > 0.1 && value < 0.9),
        `${accuracies}`,
      );
      const second = await run();
      assert.match(second.stderr, /grid: 3 of 3 runs/);
      assert.doesNotMatch(second.stderr, /grid: 0 of 3 runs/, "nothing was trained again");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
