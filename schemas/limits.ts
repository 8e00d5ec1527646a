/** Every bound of the service that a client can run into. Bytes, milliseconds, counts. */
import Type, { type Static } from "typebox";
import { nullable, strict } from "./values.ts";

const limit = (description: string) => Type.Integer({ minimum: 0, description });

const quota = (description: string) => nullable(limit(description));

export const Limits = Type.Object(
  {
    body_bytes_max: limit("Largest JSON body."),
    bodies_bytes_max: limit("JSON bodies that are there at the same time, 64 KiB of each apart."),
    upload_bytes_max: limit("Largest upload."),
    dataset_bytes_max: limit("A data set as it lies in memory."),
    parameters_max: limit("Trainable numbers of one model."),
    kernel_bytes_max: limit("Of one kernel that is held in memory: every snapshot's."),
    kernel_file_bytes_max: limit("Of a one-off full kernel of one set, computed into its file."),
    steering_max: limit("Changes to one run, over its life."),
    memory_bytes_max: limit("Of one trainer, by the estimate made before it starts."),
    trainers_max: limit("Runs that train at the same time."),
    queue_max: limit("Runs that may wait."),
    sweep_cells_max: limit("Cells of one sweep."),
    sweep_models_max: limit("Different models that one sweep defines."),
    sweeps_open_max: limit("Sweeps with cells that are no run yet."),
    ntk_examples_max: limit("Examples of one set of a one-off kernel."),
    ntks_open_max: limit("One-off kernels that may wait."),
    compared_runs_max: limit("Runs of one comparison."),
    power_rows_max: limit("Rows of a kernel whose cumulative power is computed."),
    regression_rows_max: limit("Rows of the system that one after-kernel solves."),
    page_max: limit("Rows of one page; a larger `limit` is cut to this."),
    events_page_max: limit("Events of one page; a larger `limit` is cut to this."),
    metrics_rows_max: limit("Rows of one metrics answer in JSON; ask for `points` or a range."),
    connections_max: limit("Connections open at the same time."),
    connections_per_address_max: limit("Of one address."),
    requests_per_minute_max: limit("Of one key; four times as many of one address. 0: no limit."),
    upload_ttl_ms: limit("For which a resumable upload is kept until it is used."),
    quota: Type.Object(
      {
        queued_max: quota("Runs that wait."),
        running_max: quota("Runs that train."),
        bytes_max: quota("Bytes stored, looked at when more is asked for."),
        streams_max: quota("Streams open."),
      },
      { ...strict, description: "Of one tenant; null for none." },
    ),
    request_timeout_ms: limit("In which a whole request must arrive."),
    idempotency_ttl_ms: limit("For which the answer to an Idempotency-Key is kept."),
    stream: Type.Object(
      {
        subscriptions_max: limit("Subscriptions of one connection."),
        frame_bytes_max: limit("Largest frame that a client may send."),
        frames_per_second_max: limit("Frames that a client may send, on average."),
        queue_bytes_max: limit("Bytes that wait for a slow reader."),
        tensor_bytes_max: limit("Largest kernel sent in a binary frame; fetch larger ones."),
        stall_ms: limit("After which a reader that takes nothing is closed with 4008."),
        heartbeat_ms: limit("Between heartbeats."),
      },
      strict,
    ),
  },
  { ...strict, $id: "Limits" },
);
export type Limits = Static<typeof Limits>;
