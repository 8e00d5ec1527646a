/** The typed REST client: every path, body and answer of openapi/openapi.json, over fetch. */
import createFetchClient, { type Client } from "openapi-fetch";
import type { paths } from "./openapi.ts";

export interface ClientOptions {
  /** Where the service is, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** The global fetch unless told. */
  readonly fetch?: (request: Request) => Promise<Response>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with every request, where the service wants a key. */
  readonly apiKey?: string | undefined;
}

export type LinnetClient = Client<paths>;

/** The header that carries a key. */
export function bearer(apiKey: string | undefined): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
}

/**
 * A client whose calls are typed by path: `client.GET("/v1/runs/{id}", { params })` resolves to
 * `{ data }` or to `{ error }`, a problem. Network faults reject.
 */
export function createClient(options: ClientOptions): LinnetClient {
  const { baseUrl, fetch, apiKey } = options;
  const headers = { ...bearer(apiKey), ...options.headers };
  return createFetchClient<paths>({
    baseUrl,
    ...(fetch === undefined ? {} : { fetch }),
    headers,
  });
}
