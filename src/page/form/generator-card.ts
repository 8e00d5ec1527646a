/** A form that makes a data set with one of the generators. */
import type { DatasetRequest } from "#schemas/dataset.ts";
import type { GeneratorType } from "#schemas/generator.ts";
import { api } from "../calls/api.ts";
import { html, useState } from "../preact.ts";
import { attempt } from "../state/toast.ts";
import { ChoiceField, NumberField, TextField } from "./fields.ts";
import { generatorForms, type Option } from "./generator.ts";

const kinds = Object.keys(generatorForms) as GeneratorType[];

function OptionField(props: {
  readonly option: Option;
  readonly value: Option["value"];
  readonly change: (value: Option["value"]) => void;
}) {
  const { option, value, change } = props;
  const id = `generator-${option.name}`;
  if (option.words === undefined) {
    return html`<${NumberField} id=${id} label=${option.label} value=${value} change=${change} step="any" />`;
  }
  const choices = option.words.map((each) => ({ value: each, label: each }));
  return html`<${ChoiceField} ...${{ id, label: option.label, value, change, choices }} />`;
}

export function GeneratorCard({ made }: { readonly made: () => void }) {
  const [kind, setKind] = useState<GeneratorType>("wedge");
  const [name, setName] = useState("");
  const [sizes, setSizes] = useState({ train: 1000, test: 2000, seed: 0 });
  const [values, setValues] = useState<Readonly<Record<string, Option["value"]>>>({});
  const { says, options } = generatorForms[kind];
  const make = async (): Promise<void> => {
    const chosen = options.map((option) => [option.name, values[option.name] ?? option.value]);
    const generator = { type: kind, ...sizes, ...Object.fromEntries(chosen) };
    const request = { name: name.trim() === "" ? kind : name, generator } as DatasetRequest;
    if (await attempt(() => api.createDataset(request), "The data set was made")) made();
  };
  const choose = (next: string): void => {
    setKind(next as GeneratorType);
    setValues({});
  };
  const size = (key: keyof typeof sizes, label: string) =>
    html`<${NumberField} id=${`generator-${key}`} label=${label} value=${sizes[key]}
      change=${(value: number) => setSizes({ ...sizes, [key]: value })} />`;
  return html`<details class="card padded section"><summary>Generate one</summary>
    <div class="stack maker">
      <div class="form-grid">
        <${ChoiceField} id="generator-kind" label="Generator" value=${kind} change=${choose}
          hint=${says}
          choices=${kinds.map((each) => ({ value: each, label: each }))} isSpan />
        <${TextField} id="generator-name" label="Name" value=${name} change=${setName}
          placeholder=${kind} />
        ${size("train", "Training examples")} ${size("test", "Test examples")} ${size(
          "seed",
          "Seed",
        )}
        ${options.map(
          (option) => html`<${OptionField} key=${option.name} option=${option}
            value=${values[option.name] ?? option.value}
            change=${(value: Option["value"]) => setValues({ ...values, [option.name]: value })} />`,
        )}
      </div>
      <div><button type="button" class="button primary" onClick=${make}>Generate</button></div>
    </div>
  </details>`;
}
