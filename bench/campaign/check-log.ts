/**
 * The checker of a run's log: legal transitions, one owner at a time, no gap, no repeat. Pure; it
 * knows what a log must be and nothing of how this one came to be.
 */
import { isHeld, isTerminal } from "#runs/change.ts";
import type { EventOf, RunEvent } from "#schemas/event.ts";
import type { Run, RunStatus } from "#schemas/run.ts";
import { legalSteps, type Step } from "./legal.ts";

/** What a rule found wrong. */
export interface Fault {
  readonly run: string;
  readonly rule:
    | "gap"
    | "repeat"
    | "transition"
    | "owner"
    | "metrics"
    | "end"
    | "stream"
    | "lost"
    | "numbers"
    | "orphan";
  readonly detail: string;
}

const legal = legalSteps();

/** Names what happened, the same in every attempt; null for what may repeat. */
function keyOf(event: RunEvent): string | null {
  switch (event.type) {
    case "status":
    case "metrics":
    case "log":
      return null;
    case "steered":
      return `steered ${event.data.request}`;
    default:
      return `${event.type} ${event.data.step}`;
  }
}

class Checker {
  readonly faults: Fault[] = [];
  readonly #run: Run;
  readonly #keys = new Set<string>();
  #seq = 0;
  #status: RunStatus | "none" = "none";
  #attempt = 0;
  #through = 0;
  #steering = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  #fault(rule: Fault["rule"], detail: string): void {
    this.faults.push({ run: this.#run.id, rule, detail });
  }

  take(event: RunEvent): void {
    const { seq } = event;
    if (seq !== this.#seq + 1) this.#fault("gap", `seq ${seq} follows ${this.#seq}`);
    this.#seq = seq;
    const key = keyOf(event);
    if (key !== null && this.#keys.has(key)) this.#fault("repeat", `${key} twice, again at ${seq}`);
    if (key !== null) this.#keys.add(key);
    if (event.type === "status") return this.#step(event);
    if (this.#status === "none" || !isHeld(this.#status)) {
      this.#fault("owner", `${event.type} at seq ${seq} while the run is ${this.#status}`);
    }
    if (event.type === "metrics") this.#metrics(event);
    if (event.type === "steered") this.#steered(event);
  }

  #step({ seq, data: { status, attempt } }: EventOf<"status">): void {
    const step: Step = `${this.#status} ${status}`;
    if (!legal.has(step)) this.#fault("transition", `${step} at seq ${seq}`);
    const due = status === "starting" ? this.#attempt + 1 : this.#attempt;
    if (attempt !== due) this.#fault("owner", `attempt ${attempt} at seq ${seq}, not ${due}`);
    this.#attempt = attempt;
    this.#status = status;
  }

  #metrics({ seq, data: { from, to, columns } }: EventOf<"metrics">): void {
    if (from !== this.#through + 1) {
      this.#fault("metrics", `steps from ${from} follow ${this.#through} at seq ${seq}`);
    }
    for (const [name, column] of Object.entries(columns)) {
      const isWhole = column.length === to - from + 1;
      if (!isWhole) this.#fault("metrics", `${name} has ${column.length} values at seq ${seq}`);
    }
    this.#through = to;
  }

  /** Requests take effect in the order in which they were accepted, none left out. */
  #steered({ seq, data: { request } }: EventOf<"steered">): void {
    if (request === this.#steering + 1) this.#steering = request;
    else this.#fault("lost", `steering ${request} follows ${this.#steering} at seq ${seq}`);
  }

  end(): void {
    const { status, last_seq, attempt, steps, error } = this.#run;
    if (!isTerminal(status)) this.#fault("end", `it is ${status} at the end`);
    if (status !== this.#status)
      this.#fault("end", `it is ${status}, its log says ${this.#status}`);
    if (last_seq !== this.#seq) this.#fault("end", `last_seq is ${last_seq}, of ${this.#seq}`);
    if (attempt !== this.#attempt) this.#fault("end", `attempt ${attempt}, of ${this.#attempt}`);
    if (status === "failed" && !isWornOut(this.#run)) {
      this.#fault("end", `it failed: ${error?.code} ${error?.message}`);
    }
    if (status === "succeeded" && this.#through !== steps) {
      this.#fault("metrics", `it succeeded with metrics to ${this.#through} of ${steps}`);
    }
  }
}

/** Whether a run failed as it must: attempts in a row were killed before they took a step. */
export const isWornOut = ({ status, error }: Run): boolean =>
  status === "failed" &&
  error?.code === "trainer_crashed" &&
  /^\d+ attempts in a row made no progress; .*SIGKILL$/.test(error.message);

/** What is wrong with the whole log of a run that has ended. */
export function checkLog(run: Run, events: readonly RunEvent[]): readonly Fault[] {
  const checker = new Checker(run);
  for (const event of events) checker.take(event);
  checker.end();
  return checker.faults;
}

/** What a reader saw must be the log, event for event. */
export function checkSeen(
  run: string,
  seen: readonly RunEvent[],
  log: readonly RunEvent[],
): readonly Fault[] {
  const fault = (detail: string): Fault => ({ run, rule: "stream", detail });
  const faults: Fault[] = [];
  if (seen.length !== log.length) faults.push(fault(`${seen.length} of ${log.length} events seen`));
  for (const [at, event] of seen.entries()) {
    if (JSON.stringify(event) === JSON.stringify(log[at])) continue;
    faults.push(fault(`event ${at + 1} was seen as seq ${event.seq}, and differs from the log`));
    break;
  }
  return faults;
}
