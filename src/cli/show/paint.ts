/** Colours of the terminal, or none; and the width of text without them. */
const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };
export type Colour = keyof typeof codes;

/** Wraps text in a colour. */
export type Paint = (colour: Colour, text: string) => string;

export function paintFor(colour: boolean): Paint {
  return (name, text) => (colour && text !== "" ? `\x1b[${codes[name]}m${text}\x1b[0m` : text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one.
const escapes = /\x1b\[[0-9;?]*[A-Za-z]/g;

/** Characters of two columns: East Asian wide ones and emoji. Names may hold any. */
const wide = new RegExp(
  "\\p{Emoji_Presentation}|[\\u1100-\\u115f\\u2e80-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff" +
    "\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6\\u{20000}-\\u{3fffd}]",
  "u",
);
const combining = /\p{Mn}|\u200d/u;

function columnsOf(character: string): number {
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Columns that `text` takes on a terminal. */
export function widthOf(text: string): number {
  return [...text.replace(escapes, "")].reduce((sum, character) => sum + columnsOf(character), 0);
}

/** As much of `text`, which has no colours, as fits into `width` columns. */
export function clipped(text: string, width: number): string {
  let taken = "";
  let columns = 0;
  for (const character of text) {
    columns += columnsOf(character);
    if (columns > width) break;
    taken += character;
  }
  return taken;
}

/** `text` without what a terminal would obey: names come from other people. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed.
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
}

/** Columns of running text. */
const textWidth = 96;

/** A sentence over several lines, each at most `textWidth` columns. */
export function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > textWidth) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}
