/** Serves the dashboard at `/`: a page that uses nothing but the published API and stream. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { namesEtag } from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { statuses } from "#api/http/problem.ts";
import { Failure } from "#src/failure.ts";
import { type Asset, makePage, type Page } from "./page.ts";

const folder = new URL("../../page/", import.meta.url);

/** Nothing inline or from elsewhere; the host is named for browsers whose 'self' has no ws. */
function policyFor(host: string | undefined): string {
  const named = host !== undefined && /^[\w.:[\]-]{1,255}$/.test(host);
  const sockets = named ? ` ws://${host} wss://${host}` : "";
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    `connect-src 'self'${sockets}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** The best encoding that the caller takes. */
function encodingFor(header: string | undefined): "br" | "gzip" | undefined {
  const accepted = (header ?? "").toLowerCase().split(",");
  const takes = (name: string): boolean =>
    accepted.some((part) => {
      const [coding = "", quality = ""] = part.split(";");
      return coding.trim() === name && !/q=0(\.0*)?$/.test(quality.trim());
    });
  if (takes("br")) return "br";
  return takes("gzip") ? "gzip" : undefined;
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function send({ request, reply }: Exchange, asset: Asset, cacheControl: string) {
  void reply
    .header("cache-control", cacheControl)
    .header("vary", "accept-encoding")
    .header("etag", asset.etag)
    .header("cross-origin-resource-policy", "same-origin");
  if (namesEtag(request.headers["if-none-match"], asset.etag)) {
    return reply.code(statuses.not_modified).send();
  }
  const encoding = encodingFor(request.headers["accept-encoding"]);
  void reply.type(asset.type);
  if (encoding === undefined) return reply.send(asset.plain);
  return reply.header("content-encoding", encoding).send(asset[encoding]);
}

export function dashboardRoutes(app: App): void {
  let page: Promise<Page> | undefined;
  // Made when first asked for: a service that nobody looks at does not pay for it.
  const made = (): Promise<Page> => {
    page ??= makePage(folder).catch((error: unknown) => {
      page = undefined;
      throw error;
    });
    return page;
  };
  app.get("/", { schema: { hide: true } }, async (request, reply) => {
    const { index } = await made();
    void reply
      .header("content-security-policy", policyFor(request.headers.host))
      .header("referrer-policy", "no-referrer");
    return send({ request, reply }, index, "no-cache");
  });
  app.get("/assets/:build/*", { schema: { hide: true } }, async (request, reply) => {
    const { build, "*": path } = request.params as { build: string; "*": string };
    const { build: present, assets } = await made();
    const asset = build === present ? assets.get(path) : undefined;
    if (asset === undefined) throw new Failure("not_found", "The page has no such file.");
    return send({ request, reply }, asset, "public, max-age=31536000, immutable");
  });
}
