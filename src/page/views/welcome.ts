/** What one sees before the first run: what this is, and how to begin in one click. */

import { api } from "../calls/api.ts";
import { html, useState } from "../preact.ts";
import { go } from "../state/route.ts";
import { attempt } from "../state/toast.ts";

/** A problem that a kernel frozen at the start cannot solve, and a network that can. */
async function startExample(): Promise<void> {
  const model = await api.createModel({
    name: "wedge network",
    definition: {
      input: { shape: [20] },
      init: "he_normal",
      layers: [
        { type: "dense", units: 64, activation: "relu" },
        { type: "dense", units: 4 },
      ],
    },
  });
  const generator = { type: "wedge", train: 1000, test: 2000, seed: 0 } as const;
  const dataset = await api.createDataset({ name: "wedge", generator });
  const run = await api.createRun({
    model: model.id,
    dataset: dataset.id,
    name: "wedge, K = 64",
    algorithm: { type: "linearised", period: 64 },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 64,
    steps: 4000,
    evaluate: { every: 100 },
    snapshots: { every: 128, examples: 64, kernel: "trace", eigenvalues: 12 },
  });
  go(`runs/${run.id}`);
}

export function Welcome() {
  const [isBusy, setBusy] = useState(false);
  const begin = async (): Promise<void> => {
    setBusy(true);
    await attempt(startExample);
    setBusy(false);
  };
  return html`<h1 class="unseen">Runs</h1>
  <section class="card empty welcome">
    <h2>No runs yet</h2>
    <p>Linnet trains networks step by step or as a sequence of linear models, and shows the neural
      tangent kernel while they learn. Drop an ONNX file or a data set anywhere on this page,
        or:</p>
    <div class="row">
      <button type="button" class="button primary" disabled=${isBusy} onClick=${begin}>
        Start an example run</button>
      <a class="button" href="#/new">Set up a run</a>
    </div>
  </section>`;
}
