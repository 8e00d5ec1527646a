/** The plan beside the form: what the run would cost, and the rate at which it would be stable. */
import type { PlanAnswer } from "#schemas/plan.ts";
import { amount, bytes, duration, grouped, short } from "../plot/number.ts";
import { html } from "../preact.ts";
import { figure } from "../stream/feed.ts";
import type { Planned } from "./plan.ts";

function factsOf({ parameters, linearisations, plan, ...rest }: PlanAnswer) {
  const limit = figure(rest.stable_learning_rate);
  const sharpness = figure(rest.lambda_max);
  return [
    ["Parameters", grouped(parameters)],
    ["Memory", bytes(plan.memory_bytes)],
    ["Work", amount(plan.flops, "FLOP")],
    ...(plan.seconds === undefined ? [] : [["About", duration(plan.seconds)]]),
    ["Linearisations", grouped(linearisations)],
    ...(Number.isFinite(sharpness) ? [["λ max / n", short(sharpness)]] : []),
    ...(Number.isFinite(limit) ? [["Stable below", short(limit)]] : []),
  ];
}

function Alternatives({ plan }: Pick<PlanAnswer, "plan">) {
  if (plan.alternatives.length === 0) return null;
  return html`<details><summary>Alternatives</summary><ul class="plain-list">
    ${plan.alternatives.map(
      ({ solver, flops, memory_bytes: memory }) => html`<li key=${solver}>
        <span>${solver.replaceAll("_", " ")}</span>
        <span class="note">${amount(flops, "FLOP")}</span>
        <span class="note">${bytes(memory)}</span></li>`,
    )}</ul></details>`;
}

function Numbers({ answer }: { readonly answer: PlanAnswer }) {
  const { plan, warning } = answer;
  return html`<dl class="plan-numbers">
      ${factsOf(answer).map(
        ([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`,
      )}
    </dl>
    ${warning !== null && html`<p class="warn-note">${warning}</p>`}
    <p class="note"><strong>${plan.solver.replaceAll("_", " ")}</strong> on ${plan.engine}
      ${" "}(${plan.device}): ${plan.reason}</p>
    <${Alternatives} plan=${plan} />`;
}

export function PlanCard({ planned }: { readonly planned: Planned }) {
  const words = {
    waiting: "Asking …",
    unready: "Choose a model and data.",
    absent: "This service does not plan ahead; the run's page shows its plan once it starts.",
  } as const;
  return html`<section class="card padded stack plan-card" aria-live="polite"><h2>Plan</h2>
    ${planned.state === "here" && html`<${Numbers} answer=${planned.plan} />`}
    ${planned.state === "refused" && html`<p class="fault-note">${planned.refusal.message}</p>`}
    ${
      planned.state !== "here" &&
      planned.state !== "refused" &&
      html`<p class="note">${words[planned.state]}</p>`
    }
  </section>`;
}
