/** The style guide, executed: what can be checked of it without understanding the code. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import ts from "typescript";

const root = join(import.meta.dirname, "..");
const fileLinesMax = 300;
const functionLinesMax = 60;
const lineColumnsMax = 100;
const parametersMax = 3;

/** Files allowed past a limit, with the reason. This list may only shrink. */
const exceptions: Readonly<Record<string, string>> = {
  "src/client/openapi.ts": "generated from openapi/openapi.json",
};

const roomsForbidden =
  /^(utils?|helpers?|common|lib|core|services?|managers?|types|misc|base)(\.ts)?$/;

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !(file in exceptions))
    .sort();
}

const ours = ["schemas", "src"].flatMap(filesUnder);
const tests = ["test", "bench"].flatMap(filesUnder);
const text = new Map(
  [...ours, ...tests].map((file) => [file, readFileSync(join(root, file), "utf8")]),
);

function linesOf(file: string): string[] {
  return (text.get(file) ?? "").split("\n");
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, text.get(file) ?? "", ts.ScriptTarget.Latest, true);
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

function faultsIn(files: readonly string[], faultsOf: (file: string) => string[]): string[] {
  return files.flatMap((file) => faultsOf(file).map((fault) => `${file}: ${fault}`));
}

function none(faults: readonly string[]): void {
  assert.equal(faults.length, 0, `\n${faults.join("\n")}`);
}

function functionFaults(file: string): string[] {
  const source = parse(file);
  const faults: string[] = [];
  visit(source, (node) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return;
    const from = source.getLineAndCharacterOfPosition(node.getStart()).line;
    const lines = source.getLineAndCharacterOfPosition(node.end).line - from + 1;
    if (lines > functionLinesMax) faults.push(`line ${from + 1}: a function of ${lines} lines`);
    if (node.parameters.length > parametersMax) {
      faults.push(`line ${from + 1}: a function with ${node.parameters.length} parameters`);
    }
  });
  return faults;
}

describe("tidy", () => {
  it("sees the source tree", () => {
    assert.ok(ours.length > 60, `only ${ours.length} files found`);
  });

  it("keeps every file within its room", () => {
    none(
      faultsIn(ours, (file) => {
        const lines = linesOf(file).length - 1;
        return lines > fileLinesMax ? [`${lines} lines, at most ${fileLinesMax}`] : [];
      }),
    );
  });

  it("keeps every line within 100 columns", () => {
    none(
      faultsIn([...ours, ...tests], (file) =>
        linesOf(file).flatMap((line, i) =>
          line.length > lineColumnsMax && !line.includes("http") && !line.includes("`")
            ? [`line ${i + 1}: ${line.length} columns`]
            : [],
        ),
      ),
    );
  });

  it("keeps functions short, and their parameters few", () => {
    none(faultsIn(ours, functionFaults));
  });

  it("opens every file by saying what lives there", () => {
    none(
      faultsIn([...ours, ...tests], (file) =>
        /^(#!.*\n)?\s*\/\*\*/.test(text.get(file) ?? "") ? [] : ["no opening comment"],
      ),
    );
  });

  it("has no room where lines go when nobody knows them", () => {
    none(
      faultsIn(ours, (file) =>
        file
          .split("/")
          .some(
            (part, i, parts) =>
              roomsForbidden.test(part) &&
              !(part === "service.ts" && i === 1 && parts.length === 2),
          )
          ? ["forbidden name"]
          : [],
      ),
    );
  });

  it("uses named exports only, and never any", () => {
    none(
      faultsIn(ours, (file) =>
        linesOf(file).flatMap((line, i) =>
          /^export default|: any\b|as any\b|<any>/.test(line)
            ? [`line ${i + 1}: ${line.trim()}`]
            : [],
        ),
      ),
    );
  });

  it("never climbs out of a room by relative path", () => {
    none(
      faultsIn(ours, (file) =>
        linesOf(file).flatMap((line, i) =>
          /from "\.\.\/\.\.\//.test(line) ? [`line ${i + 1}: ${line.trim()}`] : [],
        ),
      ),
    );
  });

  it("reads the environment in config.ts alone", () => {
    none(
      faultsIn(
        ours.filter((file) => file !== "src/config.ts"),
        (file) =>
          linesOf(file).flatMap((line, i) =>
            /process\.env\b/.test(line) && !line.trim().startsWith("*") ? [`line ${i + 1}`] : [],
          ),
      ),
    );
  });

  it("knows HTTP status numbers in api/http/problem.ts alone", () => {
    none(
      faultsIn(
        ours.filter((file) => !file.startsWith("src/api/")),
        (file) =>
          linesOf(file).flatMap((line, i) =>
            /\b(statusCode|\.status\((4|5)\d\d\))/.test(line) ? [`line ${i + 1}`] : [],
          ),
      ),
    );
  });

  it("ends the process at the doors alone", () => {
    none(
      faultsIn(
        ours.filter((file) => !/^src\/(server|trainer|cli)\.ts$/.test(file)),
        (file) =>
          linesOf(file).flatMap((line, i) =>
            /process\.exit\(/.test(line) ? [`line ${i + 1}`] : [],
          ),
      ),
    );
  });

  it("titles tests with sentences, and never sleeps in one", () => {
    none(
      faultsIn(
        tests.filter((file) => file.endsWith(".test.ts")),
        (file) =>
          linesOf(file).flatMap((line, i) =>
            /\bit\.only\(|\bsleep\(|timers\/promises/.test(line)
              ? [`line ${i + 1}: ${line.trim()}`]
              : [],
          ),
      ),
    );
  });
});
