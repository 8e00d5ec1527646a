/**
 * Traces by OpenTelemetry's interface: spans of requests and of attempts, and the W3C context that
 * joins them over processes and restarts. Without an SDK loaded beside the service (`node --import`)
 * spans cost nothing and go nowhere, and ids are still passed on and logged.
 */
import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";

const shape = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const none = /^0+$/;

/** What is told to a tracer is never a reason to fail: whatever it throws is dropped. */
function quietly<T>(tell: () => T, otherwise: T): T {
  try {
    return tell();
  } catch {
    return otherwise;
  }
}

function beginSpan(name: string, options: SpanOptions, parent?: Context): Span {
  const nobody = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  return quietly(() => trace.getTracer("linnet").startSpan(name, options, parent), nobody);
}

/** The trace that a `traceparent` names; undefined when it is none. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  const [, traceId = "", spanId = ""] = shape.exec(traceparent ?? "") ?? [];
  return traceId === "" || none.test(traceId) || none.test(spanId) ? undefined : traceId;
}

function parentOf(traceparent: string | undefined) {
  const carrier = traceparent === undefined ? {} : { traceparent };
  return quietly(() => propagation.extract(ROOT_CONTEXT, carrier), ROOT_CONTEXT);
}

/** The context of a span as a header; `fallback` where no SDK makes one. */
function headerOf(span: Span, fallback: string | undefined): string | undefined {
  const carrier: { traceparent?: string } = {};
  quietly(() => propagation.inject(trace.setSpan(context.active(), span), carrier), undefined);
  return carrier.traceparent ?? (traceIdOf(fallback) === undefined ? undefined : fallback);
}

export interface RequestSpan {
  /** For whatever the request sets going. */
  readonly traceparent: string | undefined;
  end(answer: { readonly route: string; readonly status: number; readonly isFault: boolean }): void;
}

export function openRequestSpan(method: string, traceparent: string | undefined): RequestSpan {
  const attributes = { "http.request.method": method };
  const options = { kind: SpanKind.SERVER, attributes };
  const span = beginSpan(method, options, parentOf(traceparent));
  return {
    traceparent: headerOf(span, traceparent),
    end: ({ route, status, isFault }) =>
      quietly(() => {
        span.updateName(`${method} ${route}`);
        span.setAttributes({ "http.route": route, "http.response.status_code": status });
        if (isFault) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      }, undefined),
  };
}

export interface AttemptSpan {
  readonly traceId: string | undefined;
  event(name: string, attributes?: Readonly<Record<string, string | number>>): void;
  end(status: string, isFault: boolean): void;
}

/**
 * A run outlives the request that asked for it: an attempt is a trace of its own, linked to that
 * request, whichever process makes it.
 */
export function openAttemptSpan(
  about: { readonly run: string; readonly attempt: number },
  traceparent: string | undefined,
): AttemptSpan {
  const origin = trace.getSpanContext(parentOf(traceparent));
  const attributes = { "linnet.run.id": about.run, "linnet.run.attempt": about.attempt };
  const links = origin === undefined ? [] : [{ context: origin }];
  const span = beginSpan("linnet.attempt", { attributes, links, root: true });
  return {
    traceId: traceIdOf(traceparent),
    event: (name, more = {}) => quietly(() => void span.addEvent(name, { ...more }), undefined),
    end: (status, isFault) =>
      quietly(() => {
        span.setAttribute("linnet.run.status", status);
        if (isFault) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      }, undefined),
  };
}
