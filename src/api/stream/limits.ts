/** Bounds of one stream connection; published at /v1/limits. */
export const streamLimits = {
  subscriptionsMax: 128,
  frameBytesMax: 64 * 1024,
  /** Pieces in which one frame may come. */
  fragmentsMax: 256,
  /** Reads of the network over which one frame may spread. */
  chunksMax: 4096,
  framesPerSecondMax: 20,
  /** Frames that may come at once, so that a client can subscribe to everything when it opens. */
  framesBurstMax: 256,
  queueBytesMax: 1024 * 1024,
  tensorBytesMax: 8 * 1024 * 1024,
} as const;

export const subprotocol = "linnet.v1";

/** Close codes beside those that name a problem (schemas/stream.ts). */
export const closing = {
  goingAway: 1001,
  internal: 1011,
  restart: 1012,
  slow: 4008,
  expired: 4011,
  invalid: 4400,
  notFound: 4404,
  subprotocol: 4406,
  cursor: 4410,
  limit: 4429,
} as const;
