/** A choice between a few words that stand side by side. */
import { html } from "../preact.ts";

export function Segments<T extends string>(props: {
  readonly label: string;
  readonly name: string;
  readonly values: readonly T[];
  readonly value: T;
  readonly choose: (value: T) => void;
  readonly wordOf?: (value: T) => string;
}) {
  const { label, name, values, value, choose, wordOf } = props;
  return html`<fieldset class="segments" aria-label=${label}>
    ${values.map(
      (each) => html`<label key=${each}><input type="radio" name=${name} value=${each}
        checked=${each === value} onChange=${() => choose(each)} />${wordOf?.(each) ?? each}</label>`,
    )}
  </fieldset>`;
}
