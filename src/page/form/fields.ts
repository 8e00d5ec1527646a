/** Fields of the form: label, input, hint, and what the service says is wrong with it. */
import { html } from "../preact.ts";

export interface FieldProps<T> {
  readonly id: string;
  readonly label: string;
  readonly value: T;
  readonly change: (value: T) => void;
  readonly wrong?: string | undefined;
  readonly hint?: string;
  readonly isSpan?: boolean;
}

const textOf = (event: Event): string =>
  (event.target as HTMLInputElement | HTMLSelectElement).value;

interface Around {
  readonly id: string;
  readonly label: string;
  readonly wrong?: string | undefined;
  readonly hint?: string;
  readonly isSpan?: boolean;
  readonly children?: unknown;
}

export function Field({ id, label, wrong, hint, isSpan, children }: Around) {
  return html`<div class=${`field${isSpan === true ? " span" : ""}`}>
    <label for=${id}>${label}</label>${children}
    ${wrong !== undefined && html`<p class="wrong" id=${`${id}-wrong`}>${wrong}</p>`}
    ${hint !== undefined && html`<p class="hint">${hint}</p>`}
  </div>`;
}

const faulty = ({ id, wrong }: Pick<Around, "id" | "wrong">) =>
  wrong === undefined ? {} : { "aria-invalid": true, "aria-describedby": `${id}-wrong` };

export function TextField(props: FieldProps<string> & { readonly placeholder?: string }) {
  const { id, value, change, placeholder } = props;
  return html`<${Field} ...${props}><input id=${id} type="text" value=${value}
    placeholder=${placeholder} ...${faulty(props)} maxlength="200"
    onInput=${(event: Event) => change(textOf(event))} /><//>`;
}

export function NumberField(
  props: FieldProps<number> & { readonly least?: number; readonly step?: string },
) {
  const { id, value, change, least, step } = props;
  const type = (event: Event): void => {
    const text = textOf(event);
    if (text.trim() !== "" && !Number.isNaN(Number(text))) change(Number(text));
  };
  return html`<${Field} ...${props}><input id=${id} type="number" value=${value} min=${least ?? 0}
    step=${step ?? "1"} ...${faulty(props)} onInput=${type} /><//>`;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function ChoiceField(props: FieldProps<string> & { readonly choices: readonly Choice[] }) {
  const { id, value, change, choices } = props;
  return html`<${Field} ...${props}><select id=${id} ...${faulty(props)}
    onChange=${(event: Event) => change(textOf(event))}>
    ${choices.map(
      (choice) => html`<option key=${choice.value} value=${choice.value}
        selected=${choice.value === value}>${choice.label}</option>`,
    )}
  </select><//>`;
}
