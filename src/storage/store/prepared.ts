/**
 * Names for statements that come again: the server then reads and plans each of them once a
 * connection. Statements that come but once are not named.
 */

/** Texts that are remembered; what comes later goes without a name. */
const textsMax = 1000;
/** A text is named when it comes for this time. */
const namedFrom = 3;

/** Gives a text its name, the same on all connections; undefined as long as it is rare. */
export function statementNames(): (text: string) => string | undefined {
  const uses = new Map<string, { readonly name: string; count: number }>();
  return (text) => {
    const known = uses.get(text);
    if (known === undefined) {
      if (uses.size < textsMax) uses.set(text, { name: `linnet_${uses.size}`, count: 1 });
      return undefined;
    }
    known.count += 1;
    return known.count >= namedFrom ? known.name : undefined;
  };
}
