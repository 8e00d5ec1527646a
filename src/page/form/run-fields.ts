/** The three parts of the form for a run: what is trained, how, and how it is looked at. */
import type { Dataset } from "#schemas/dataset.ts";
import type { SnapshotFigureName } from "#schemas/kernel.ts";
import type { Model } from "#schemas/model.ts";
import { nameOf } from "../parts/badge.ts";
import { Segments } from "../parts/segments.ts";
import { PeriodSlider, RateSlider, type SimplePeriod } from "../parts/sliders.ts";
import { grouped } from "../plot/number.ts";
import { html } from "../preact.ts";
import type { Draft } from "./draft.ts";
import { ChoiceField, NumberField, TextField } from "./fields.ts";

interface PartProps {
  readonly draft: Draft;
  readonly set: (part: Partial<Draft>) => void;
  readonly wrong: (field: keyof Draft) => string | undefined;
}

/** What a field needs to show and change one part of the draft. */
function bound<K extends keyof Draft>({ draft, set, wrong }: PartProps, key: K, label: string) {
  return {
    id: `run-${key}`,
    label,
    value: draft[key],
    wrong: wrong(key),
    change: (value: Draft[K]) => set({ [key]: value } as unknown as Partial<Draft>),
  };
}

const shape = (sizes: readonly number[]): string => sizes.join(" × ");

const losses = [
  { value: "", label: "Chosen by the data" },
  { value: "softmax_cross_entropy", label: "Softmax cross-entropy" },
  { value: "mean_squared_error", label: "Mean squared error" },
  { value: "sigmoid_cross_entropy", label: "Sigmoid cross-entropy" },
];

export function WhatPart(
  props: PartProps & {
    readonly models: readonly Model[] | undefined;
    readonly datasets: readonly Dataset[] | undefined;
  },
) {
  const models = (props.models ?? []).map((model) => ({
    value: model.id,
    label: `${nameOf(model)} · ${shape(model.inputs[0]?.shape ?? [])} → ${shape(
      model.outputs[0]?.shape ?? [],
    )} · ${grouped(model.parameters)} parameters`,
  }));
  const datasets = (props.datasets ?? []).map((dataset) => ({
    value: dataset.id,
    label: `${nameOf(dataset)} · ${shape(dataset.input_shape)} · ${grouped(
      dataset.splits.train.examples,
    )} examples`,
  }));
  const none = (what: string) => [{ value: "", label: `No ${what} yet: drop a file here` }];
  return html`<section class="card form-section"><h2>What</h2>
    <div class="form-grid">
      <${ChoiceField} ...${bound(props, "model", "Model")} isSpan
        choices=${models.length > 0 ? models : none("model")} />
      <${ChoiceField} ...${bound(props, "dataset", "Data")} isSpan
        choices=${datasets.length > 0 ? datasets : none("data")} />
      <${TextField} ...${bound(props, "name", "Name")} placeholder="optional" />
      <${ChoiceField} ...${bound(props, "loss", "Loss")} choices=${losses} />
    </div>
  </section>`;
}

export const typeWords: Readonly<Record<Draft["type"], string>> = {
  linearised: "Linearised",
  standard: "Standard",
  gauss_newton: "Gauss–Newton",
};

const optimizers = [
  { value: "sgd", label: "SGD" },
  { value: "adam", label: "Adam" },
  { value: "adamw", label: "AdamW" },
];
const schedules = [
  { value: "constant", label: "Constant" },
  { value: "cosine", label: "Cosine" },
];

export function AlgorithmPart(props: PartProps & { readonly limit: number | undefined }) {
  const { draft, set, limit } = props;
  return html`<section class="card form-section"><h2>How</h2>
    <div class="stack">
      <div><${Segments} label="Algorithm" name="algorithm" values=${[
        "linearised",
        "standard",
        "gauss_newton",
      ]}
        value=${draft.type} choose=${(type: Draft["type"]) => set({ type })}
        wordOf=${(type: Draft["type"]) => typeWords[type]} /></div>
      ${
        draft.type === "linearised" &&
        html`<${PeriodSlider} id="run-period" value=${draft.period} steps=${draft.steps}
          change=${(period: SimplePeriod) => set({ period })} />`
      }
      <${RateSlider} id="run-rate" value=${draft.rate} limit=${limit}
        change=${(rate: number) => set({ rate })} />
      <div class="form-grid">
        <${ChoiceField} ...${bound(props, "optimizer", "Optimiser")} choices=${optimizers} />
        <${ChoiceField} ...${bound(props, "schedule", "Schedule")} choices=${schedules} />
        ${
          draft.optimizer === "sgd" &&
          html`<${NumberField} ...${bound(props, "momentum", "Momentum")} step="any" />`
        }
        ${
          draft.type === "gauss_newton" &&
          html`<${NumberField} ...${bound(props, "damping", "Damping")} step="any" />`
        }
        <${NumberField} ...${bound(props, "decay", "Weight decay")} step="any" />
        <${TextField} ...${bound(props, "batch", "Batch, or full")} />
        <${NumberField} ...${bound(props, "steps", "Steps")} least=${1} />
        <${NumberField} ...${bound(props, "seed", "Seed")} />
        <${ChoiceField} ...${bound(props, "dtype", "Numbers")} choices=${[
          { value: "float32", label: "float32" },
          { value: "float64", label: "float64" },
        ]} />
      </div>
    </div>
  </section>`;
}

const variants = [
  { value: "trace", label: "Trace over outputs" },
  { value: "full", label: "Full" },
  { value: "pseudo", label: "Sum of outputs" },
  { value: "diagonal", label: "Each output" },
];

const splits = [
  { value: "test", label: "Test" },
  { value: "train", label: "Training" },
  { value: "both", label: "Both" },
];

const figureWords = {
  layer_alignment: "Alignment of each layer",
  cumulative_power: "Power of the labels in leading modes",
  after_kernel: "Accuracy of the kernel alone",
} as const satisfies Readonly<Record<SnapshotFigureName, string>>;

/** Figures that cost more than the others. */
function FigureChecks({ draft, set, wrong }: PartProps) {
  const toggle = (name: SnapshotFigureName): void => {
    const { figures } = draft;
    const isOn = figures.includes(name);
    set({ figures: isOn ? figures.filter((each) => each !== name) : [...figures, name] });
  };
  const fault = wrong("figures");
  const names = Object.keys(figureWords) as SnapshotFigureName[];
  return html`<div class="toolbar">${names.map(
    (name) => html`<label key=${name} class="check"><input type="checkbox"
      checked=${draft.figures.includes(name)} onChange=${() => toggle(name)} />${
        figureWords[name]
      }</label>`,
  )}</div>
  ${fault !== undefined && html`<p class="wrong">${fault}</p>`}`;
}

export function LookPart(props: PartProps) {
  const { draft, set } = props;
  return html`<section class="card form-section"><h2>What is seen</h2>
    <div class="stack">
      <div class="form-grid">
        <${NumberField} ...${bound(props, "evaluate", "Evaluate every")} least=${1} />
        <${NumberField} ...${bound(props, "checkpoints", "Checkpoint every")} least=${1} />
      </div>
      <label class="check"><input type="checkbox" checked=${draft.hasKernels}
        onChange=${() => set({ hasKernels: !draft.hasKernels })} />Follow the neural tangent
          kernel</label>
      ${
        draft.hasKernels &&
        html`<div class="form-grid">
          <${NumberField} ...${bound(props, "snapshots", "Kernel every")} least=${1} />
          <${NumberField} ...${bound(props, "examples", "Examples")} least=${2} />
          <${ChoiceField} ...${bound(props, "variant", "Variant")} choices=${variants} />
          <${NumberField} ...${bound(props, "eigenvalues", "Eigenvalues")} />
          <${ChoiceField} ...${bound(props, "split", "Examples of")} choices=${splits} />
        </div>
        <${FigureChecks} ...${props} />`
      }
    </div>
  </section>`;
}
