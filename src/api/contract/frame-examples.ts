/** One example of every frame; a test checks them against the schemas. */
import type { ClientFrame, ServerFrame } from "#schemas/stream.ts";

type Frame = ServerFrame | ClientFrame;
type Examples = { readonly [K in Frame["frame"]]: readonly Extract<Frame, { frame: K }>[] };

const run = "run_0mwtj0000000000000aa";

export const frameExamples: Examples = {
  hello: [
    {
      frame: "hello",
      run,
      epoch: "e1",
      status: "running",
      first_seq: 1,
      last_seq: 41,
      heartbeat_ms: 25_000,
    },
  ],
  event: [
    {
      frame: "event",
      run,
      seq: 42,
      type: "metrics",
      time: "2026-01-31T12:00:00.000Z",
      data: { from: 101, to: 102, columns: { loss: [0.5, "NaN"], learning_rate: [0.1, 0.1] } },
    },
  ],
  gap: [{ frame: "gap", run, from: 43, to: 48, reason: "conflated" }],
  caught_up: [{ frame: "caught_up", run, seq: 48 }],
  complete: [{ frame: "complete", run, status: "succeeded", seq: 90 }],
  sweep: [
    {
      frame: "sweep",
      sweep: "swp_0mwtj0000000000000aa",
      status: "running",
      total: 12,
      counts: {
        ...{ waiting: 6, queued: 2, starting: 0, running: 2, pausing: 0, paused: 0 },
        ...{ cancelling: 0, cancelled: 0, succeeded: 2, failed: 0 },
      },
    },
  ],
  error: [
    {
      frame: "error",
      run,
      code: "cursor_in_future",
      message: "The log ends at 90, before 200.",
      retryable: false,
    },
  ],
  pong: [{ frame: "pong", id: "7" }],
  subscribe: [
    { frame: "subscribe", run, after: 41, kinds: ["metrics", "snapshot"], max_rate_hz: 5 },
  ],
  unsubscribe: [{ frame: "unsubscribe", run }],
  ack: [{ frame: "ack", run, seq: 42 }],
  ping: [{ frame: "ping", id: "7" }],
};
