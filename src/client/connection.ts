/**
 * One connection of a stream as a generator: the socket with its ticket where the service wants a
 * key, closed when the signal aborts or the consumer leaves. What the frames mean lives elsewhere.
 */
import type { ServerFrame } from "#schemas/stream.ts";
import { type Closed, FrameSocket, type OpenSocket, openGlobal } from "./frames.ts";
import { type TicketOptions, ticketFor } from "./returning.ts";

export interface ConnectionOptions extends TicketOptions {
  readonly signal?: AbortSignal | undefined;
  /** The global WebSocket unless told. */
  readonly openSocket?: OpenSocket;
}

/** How a connection ended that its consumer left. */
export const left: Closed = { code: 1000, reason: "" };

/** The frames of one connection to `url` (http: or https:), and how it ended. Throws FollowError. */
export async function* connect(
  url: URL,
  options: ConnectionOptions,
): AsyncGenerator<ServerFrame, Closed> {
  const { signal, apiKey, openSocket = openGlobal } = options;
  const address = new URL(url);
  address.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (apiKey !== undefined) {
    const ticket = await ticketFor(options);
    if (ticket === undefined) return { code: 1006, reason: "no ticket" };
    address.searchParams.set("ticket", ticket);
  }
  await using socket = new FrameSocket(address.href, openSocket);
  const onAbort = () => socket.close();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const frame = await socket.next();
      if (!("frame" in frame)) return frame;
      yield frame;
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
