/** The published limits, gathered from where each of them is enforced. */
import { answerLifeMs } from "#runs/idempotency.ts";
import { ntksOpenMax } from "#runs/kernels/commands.ts";
import { sweepsOpenMax } from "#runs/sweeps/commands.ts";
import { sweepModelsMax } from "#runs/sweeps/plan.ts";
import { comparedRunsMax } from "#schemas/comparison.ts";
import { powerRowsMax, regressionRowsMax } from "#schemas/kernel.ts";
import type { Limits } from "#schemas/limits.ts";
import { ntkExamplesMax } from "#schemas/ntk.ts";
import { sweepCellsMax } from "#schemas/sweep.ts";
import type { Backing } from "./backing.ts";
import { pageMax } from "./http/paging.ts";
import { eventsPageMax } from "./http/routes/events.ts";
import { metricsRowsMax } from "./http/routes/metrics.ts";
import { streamLimits } from "./stream/limits.ts";

export function limitsOf({ config, runs, catalog }: Backing): Limits {
  return {
    body_bytes_max: config.bodyBytesMax,
    bodies_bytes_max: config.bodiesBytesMax,
    upload_bytes_max: catalog.limits.uploadBytesMax,
    dataset_bytes_max: catalog.limits.datasetBytesMax,
    parameters_max: catalog.limits.parametersMax,
    memory_bytes_max: runs.limits.memoryBytesMax,
    kernel_bytes_max: runs.limits.kernelBytesMax,
    kernel_file_bytes_max: runs.limits.kernelFileBytesMax,
    steering_max: runs.limits.steeringMax,
    trainers_max: config.trainersMax,
    queue_max: runs.limits.runsQueuedMax,
    sweep_cells_max: sweepCellsMax,
    sweep_models_max: sweepModelsMax,
    sweeps_open_max: sweepsOpenMax,
    ntk_examples_max: ntkExamplesMax,
    ntks_open_max: ntksOpenMax,
    compared_runs_max: comparedRunsMax,
    power_rows_max: powerRowsMax,
    regression_rows_max: regressionRowsMax,
    page_max: pageMax,
    events_page_max: eventsPageMax,
    metrics_rows_max: metricsRowsMax,
    connections_max: config.connectionsMax,
    connections_per_address_max: config.connectionsPerAddressMax,
    requests_per_minute_max: config.requestsPerMinute,
    upload_ttl_ms: config.uploadTtlMs,
    quota: {
      queued_max: config.quota.queuedMax,
      running_max: config.quota.runsMax,
      bytes_max: config.quota.bytesMax,
      streams_max: config.quota.streamsMax,
    },
    request_timeout_ms: config.requestTimeoutMs,
    idempotency_ttl_ms: answerLifeMs,
    stream: {
      subscriptions_max: streamLimits.subscriptionsMax,
      frame_bytes_max: streamLimits.frameBytesMax,
      frames_per_second_max: streamLimits.framesPerSecondMax,
      queue_bytes_max: streamLimits.queueBytesMax,
      tensor_bytes_max: streamLimits.tensorBytesMax,
      stall_ms: config.streamStallMs,
      heartbeat_ms: config.heartbeatMs,
    },
  };
}
