/**
 * The header of an npy file: a Python dictionary literal with three keys, read by a small parser of
 * just that (nothing is evaluated). Does not know what a dtype means.
 */
import { FormatError, quoted } from "./format-error.ts";

/** What an npy header says. `descr` is NumPy's dtype string such as `<f4`. */
export interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

type Literal = string | boolean | readonly number[];

/** Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`; throws FormatError. */
export function parseNpyHeader(text: string, pointer: string): NpyHeader {
  const fields = parseDictionary(new Cursor(text, pointer));
  const descr = fields.get("descr");
  const fortranOrder = fields.get("fortran_order");
  const shape = fields.get("shape");
  const sound =
    fields.size === 3 &&
    typeof descr === "string" &&
    typeof fortranOrder === "boolean" &&
    Array.isArray(shape);
  if (!sound) {
    throw new FormatError(
      "npy",
      "the header must hold exactly 'descr', 'fortran_order' and 'shape'; " +
        "save the array again with numpy.save",
      pointer,
    );
  }
  return { descr, fortranOrder, shape: shape as readonly number[] };
}

/** A position in the header text. Every method either advances or throws, so parsing ends. */
class Cursor {
  readonly #text: string;
  readonly #pointer: string;
  #at = 0;

  constructor(text: string, pointer: string) {
    this.#text = text;
    this.#pointer = pointer;
  }

  /** The next character that is not white space, `""` at the end; stays on it. */
  peek(): string {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
    return this.#text[this.#at] ?? "";
  }

  /** Steps over `token` when it comes next. */
  skip(token: string): boolean {
    this.peek();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.skip(token)) this.refuse(`'${token}'`);
  }

  /** A quoted string without escapes: no field or plain dtype needs one. */
  string(): string {
    const quote = this.peek();
    if (quote !== "'" && quote !== '"') this.refuse("a string");
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end === -1) this.refuse("the end of a string");
    const value = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return value;
  }

  /** A decimal integer; Python 2 wrote a trailing `L`. */
  integer(): number {
    const start = this.#at;
    while (/^[0-9]$/.test(this.#text[this.#at] ?? "")) this.#at++;
    if (this.#at === start || this.#at - start > 15) this.refuse("an axis length");
    const value = Number(this.#text.slice(start, this.#at));
    this.skip("L");
    return value;
  }

  refuse(expected: string): never {
    const found = quoted(this.#text.slice(this.#at, this.#at + 20));
    throw new FormatError(
      "npy",
      `the header has ${found} at character ${this.#at} where ${expected} belongs; ` +
        "save a plain array of numbers again with numpy.save",
      this.#pointer,
    );
  }
}

function parseDictionary(cursor: Cursor): Map<string, Literal> {
  const fields = new Map<string, Literal>();
  cursor.expect("{");
  while (!cursor.skip("}")) {
    const key = cursor.string();
    if (fields.has(key)) cursor.refuse("a new key");
    cursor.expect(":");
    fields.set(key, parseValue(cursor));
    if (!cursor.skip(",")) {
      cursor.expect("}");
      break;
    }
  }
  if (cursor.peek() !== "") cursor.refuse("the end");
  return fields;
}

function parseValue(cursor: Cursor): Literal {
  if (cursor.skip("True")) return true;
  if (cursor.skip("False")) return false;
  if (!cursor.skip("(")) return cursor.string();
  const axes: number[] = [];
  while (!cursor.skip(")")) {
    cursor.peek();
    axes.push(cursor.integer());
    if (!cursor.skip(",")) {
      cursor.expect(")");
      break;
    }
  }
  return axes;
}
