/** Text into markup: what is escaped, and how elements are written. No element is known here. */

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

export const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => escapes[c] ?? c);

export type Attributes = Readonly<Record<string, string | number | undefined>>;

function attributesText(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");
}

/** An element around markup that is written already. */
export function element(name: string, attributes: Attributes, ...inner: readonly string[]): string {
  return `<${name}${attributesText(attributes)}>${inner.join("")}</${name}>`;
}

/** Pixels with a decimal: more is not seen. */
export const pixels = (value: number): number => Math.round(value * 10) / 10;
