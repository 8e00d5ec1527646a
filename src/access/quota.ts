/**
 * Quotas of one tenant, looked at when it asks for more. Training under way is never ended by one.
 */
import { Failure } from "#src/failure.ts";
import type { Reader } from "#storage/store.ts";

const again = { retryAfterSeconds: 30 } as const;

/** Failure `quota_exceeded` when the reader's tenant has as many runs in the queue as it may. */
export async function refuseLongQueue(
  reader: Reader,
  { tenantQueuedMax }: { readonly tenantQueuedMax: number | null },
): Promise<void> {
  if (tenantQueuedMax === null || (await reader.countRuns(["queued"])) < tenantQueuedMax) return;
  throw new Failure(
    "quota_exceeded",
    `${tenantQueuedMax} runs of yours are queued, the most.`,
    again,
  );
}

/** Failure `quota_exceeded` when `bytes` more are more than the reader's tenant may store. */
export async function refuseFullStorage(
  reader: Reader,
  { tenantBytesMax }: { readonly tenantBytesMax: number | null },
  bytes = 0,
): Promise<void> {
  if (tenantBytesMax === null) return;
  const stored = await reader.bytesStored();
  if (stored + bytes <= tenantBytesMax) return;
  const text =
    `You store ${stored} bytes of at most ${tenantBytesMax}, and this needs ${bytes} more: ` +
    "delete runs or data sets.";
  throw new Failure("quota_exceeded", text);
}
