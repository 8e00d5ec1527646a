/** What a run would cost, asked again whenever the form rests; absent where nobody can plan. */
import type { PlanAnswer } from "#schemas/plan.ts";
import type { RunRequest } from "#schemas/run.ts";
import { call, Refusal } from "../calls/request.ts";
import { useEffect, useState } from "../preact.ts";

export type Planned =
  | { readonly state: "waiting" | "absent" | "unready" }
  | { readonly state: "refused"; readonly refusal: Refusal }
  | { readonly state: "here"; readonly plan: PlanAnswer };

const restMs = 350;
let isAbsent = false;

async function ask(request: RunRequest, signal: AbortSignal): Promise<Planned> {
  try {
    const what = { method: "POST", body: request, signal } as const;
    return { state: "here", plan: await call<PlanAnswer>("/v1/plans", what) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // A missing model or data set also answers so; only a missing path has no errors to point at.
    if (error.isAbsent && /path|method/i.test(error.message)) {
      isAbsent = true;
      return { state: "absent" };
    }
    return { state: "refused", refusal: error };
  }
}

export function usePlan(request: RunRequest): Planned {
  const [planned, setPlanned] = useState<Planned>({ state: isAbsent ? "absent" : "waiting" });
  const key = JSON.stringify(request);
  useEffect(() => {
    if (isAbsent) return undefined;
    if (request.model === "" || request.dataset === "") {
      setPlanned({ state: "unready" });
      return undefined;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      ask(request, controller.signal).then(setPlanned, () => {});
    }, restMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key]);
  return planned;
}
