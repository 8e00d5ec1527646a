/**
 * Tables of numbers with one label column, as comma separated values. Errors name the line and the
 * column. Whether labels are classes or targets is for the catalog to say.
 */
import { isUtf8 } from "node:buffer";
import { CsvError, parse } from "csv-parse/sync";
import type { Tensor } from "#engine/tensor.ts";
import { FormatError, type FormatLimits, quoted } from "./format-error.ts";

/** How to read a table. */
export interface CsvOptions {
  /** The label's column: a name from the header, or an index (negative counts from the end). */
  readonly label?: string | number;
  /** Whether the first line names the columns; `detect`: it does when a feature is no number. */
  readonly header?: boolean | "detect";
  /** The character between fields; `,` unless told. */
  readonly delimiter?: string;
}

/** A table as it was read. Labels keep their text: the catalog makes classes or targets of it. */
export interface CsvTable {
  /** float64 [rows, features]. */
  readonly features: Tensor;
  /** Names of the feature columns, from the header or `column 1`, `column 2`, … */
  readonly featureNames: readonly string[];
  readonly labels: readonly string[];
  readonly labelName: string;
}

const recordBytesMax = 4 * 1024 * 1024;
const labelLengthMax = 200;
/** What one label string costs beside the numbers of its row. */
const labelBytes = 64;

/** A decimal number as data files have them: no hexadecimal, no empty string, no NaN. */
const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** The number that `text` is, or undefined. Infinite ones (`1e999`) are none. */
export function decimalOf(text: string): number | undefined {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/**
 * The table in `bytes` (UTF-8, with or without byte order mark). Features must be decimal numbers;
 * labels any text. Throws FormatError and nothing else.
 */
export function readCsv(
  bytes: Uint8Array,
  limits: FormatLimits,
  options: CsvOptions = {},
): CsvTable {
  if (!isUtf8(bytes)) throw new FormatError("csv", "the file is not UTF-8 text; save it as UTF-8");
  const table = new TableBuilder(limits, options);
  try {
    parse(bytes, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      delimiter: options.delimiter ?? ",",
      max_record_size: recordBytesMax,
      // Rows go straight into the table: as strings they would take ten times the memory.
      on_record: (record: string[], context) => {
        table.add(record, context.lines);
        return null;
      },
    });
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    const line =
      error instanceof CsvError && typeof error.lines === "number" ? `line ${error.lines}: ` : "";
    throw new FormatError("csv", `${line}${cause.slice(0, 300)}`);
  }
  return table.finish();
}

/** Columns of the table once the first record is seen. */
interface Columns {
  readonly names: readonly string[];
  readonly label: number;
}

class TableBuilder {
  readonly #limits: FormatLimits;
  readonly #options: CsvOptions;
  #columns: Columns | undefined;
  #values = new Float64Array(1024);
  #count = 0;
  readonly #labels: string[] = [];

  constructor(limits: FormatLimits, options: CsvOptions) {
    this.#limits = limits;
    this.#options = options;
  }

  add(record: readonly string[], line: number): void {
    if (this.#columns === undefined) {
      const { columns, isHeader } = firstRecord(record, this.#options);
      this.#columns = columns;
      if (isHeader) return;
    }
    const { names, label } = this.#columns;
    this.#reserve(record.length - 1, line);
    record.forEach((text, column) => {
      if (column === label) {
        this.#labels.push(labelText(text, line));
        return;
      }
      const value = decimalOf(text);
      if (value === undefined) {
        const where = `line ${line}, column ${column + 1} (${quoted(names[column] ?? "")})`;
        throw new FormatError(
          "csv",
          `${where}: ${quoted(text)} is not a finite number; ` +
            "encode categories as numbers and fill or drop missing values",
        );
      }
      this.#values[this.#count++] = value;
    });
  }

  finish(): CsvTable {
    const rows = this.#labels.length;
    if (this.#columns === undefined || rows === 0) {
      throw new FormatError("csv", "the table has no rows; send at least two examples");
    }
    const { names, label } = this.#columns;
    const data = this.#values.slice(0, this.#count);
    return {
      features: { dtype: "float64", shape: [rows, names.length - 1], data },
      featureNames: names.filter((_, column) => column !== label),
      labels: this.#labels,
      labelName: names[label] as string,
    };
  }

  /** Makes room for `width` values, within the limit. */
  #reserve(width: number, line: number): void {
    const needed = this.#count + width;
    if (8 * needed + labelBytes * (this.#labels.length + 1) > this.#limits.bytesMax) {
      throw new FormatError(
        "csv",
        `line ${line}: the table takes more than ${this.#limits.bytesMax} bytes; ` +
          "send fewer rows, or npz with a narrower element type",
      );
    }
    if (needed <= this.#values.length) return;
    const grown = new Float64Array(Math.max(needed, 2 * this.#values.length));
    grown.set(this.#values.subarray(0, this.#count));
    this.#values = grown;
  }
}

function labelText(text: string, line: number): string {
  if (text === "" || text.length > labelLengthMax) {
    throw new FormatError(
      "csv",
      `line ${line}: the label is ${text === "" ? "empty" : "too long"}; ` +
        `labels have 1 to ${labelLengthMax} characters`,
    );
  }
  return text;
}

function firstRecord(
  record: readonly string[],
  options: CsvOptions,
): { columns: Columns; isHeader: boolean } {
  if (record.length < 2) {
    throw new FormatError(
      "csv",
      "line 1 has one column; a table needs at least a feature and a label, " +
        `separated by ${quoted(options.delimiter ?? ",")}`,
    );
  }
  const wanted = options.label ?? -1;
  const byIndex = typeof wanted === "number" ? indexOfColumn(wanted, record.length) : undefined;
  const isHeader = headerFound(record, byIndex, options.header ?? "detect");
  const names = isHeader ? [...record] : record.map((_, column) => `column ${column + 1}`);
  refuseRepeats(names);
  const label = byIndex ?? names.indexOf(String(wanted));
  if (label === -1) {
    const known = names.slice(0, 20).map(quoted).join(", ");
    throw new FormatError(
      "csv",
      `no column is called ${quoted(String(wanted))}; the columns are ${known}`,
    );
  }
  return { columns: { names, label }, isHeader };
}

function headerFound(
  record: readonly string[],
  label: number | undefined,
  header: boolean | "detect",
): boolean {
  if (header !== "detect") return header;
  // A label asked for by name can only come from a header.
  if (label === undefined) return true;
  return record.some((text, column) => column !== label && decimalOf(text) === undefined);
}

function indexOfColumn(index: number, columns: number): number {
  const column = index < 0 ? columns + index : index;
  if (!Number.isInteger(column) || column < 0 || column >= columns) {
    throw new FormatError(
      "csv",
      `label column ${index} does not exist; indices run from 0 to ${columns - 1}`,
    );
  }
  return column;
}

function refuseRepeats(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new FormatError("csv", `two columns are called ${quoted(name)}; rename one`);
    }
    seen.add(name);
  }
}
