/**
 * Kernels as binary frames beside the events of one subscription: the latest wins, at most one is
 * on its way, and the next goes when the client acknowledges it.
 */

import { kernelFrame } from "#api/kernel.ts";
import type { EventOf, RunEvent } from "#schemas/event.ts";
import type { Log } from "#src/log.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { streamLimits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";

export interface TensorPorts {
  readonly run: string;
  readonly artifacts: Artifacts;
  readonly outbox: Outbox;
  readonly log: Log;
}

export class Tensors {
  readonly #ports: TensorPorts;
  /** The newest snapshot that was not sent. */
  #latest: EventOf<"snapshot"> | undefined;
  #isBusy = false;

  constructor(ports: TensorPorts) {
    this.#ports = ports;
  }

  /** Takes note of an event that was sent; a snapshot's kernel follows it when it may. */
  offer(event: RunEvent): void {
    if (event.type !== "snapshot" || event.data.digest === null) return;
    this.#latest = event;
    void this.#send();
  }

  /** The client has the last tensor. */
  acknowledge(): void {
    this.#isBusy = false;
    void this.#send();
  }

  async #send(): Promise<void> {
    const snapshot = this.#latest;
    if (this.#isBusy || snapshot === undefined) return;
    this.#isBusy = true;
    this.#latest = undefined;
    const isSent = await this.#sendKernel(snapshot).catch((error: unknown) => {
      this.#ports.log.warn({ err: error, run: this.#ports.run }, "a kernel was not sent");
      return false;
    });
    if (!isSent) this.acknowledge();
  }

  /** False when the kernel is too large for a frame or no longer kept. */
  async #sendKernel({ seq, data }: EventOf<"snapshot">): Promise<boolean> {
    const { artifacts, outbox, run } = this.#ports;
    const bytes = data.digest === null ? undefined : await artifacts.size(data.digest);
    if (data.digest === null || bytes === undefined) return false;
    if (bytes > streamLimits.tensorBytesMax) return false;
    const labels = { run, seq: String(seq), step: String(data.step), kind: "kernel" };
    const frame = kernelFrame(await artifacts.get(data.digest), labels);
    await outbox.room();
    outbox.sendBytes(frame);
    return true;
  }
}
