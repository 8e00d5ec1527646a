/** Traces: a request's context is passed on to the run, and the attempt is linked to it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanOptions,
  trace,
} from "@opentelemetry/api";
import { harmless, type RunSights } from "#runs/sights.ts";
import { openAttemptSpan, openRequestSpan, traceIdOf } from "#src/trace.ts";
import { addMaterials, openStage } from "#test/api/stage.ts";
import { scenarios } from "#test/runs/scenarios.ts";
import { openWorkshop } from "#test/runs/workshop.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

/** A tracer that does not work, in every way. */
const broken = new Proxy({}, { get: () => () => assert.fail("the exporter is gone") });

describe("a trace", () => {
  it("that cannot be told stops nothing: the request is answered, the run trained", async (t) => {
    trace.setGlobalTracerProvider({ getTracer: () => broken as never });
    t.after(() => trace.disable());
    const request = openRequestSpan("GET", traceparent);
    assert.equal(request.traceparent, traceparent);
    request.end({ route: "/v1/runs", status: 200, isFault: false });
    const shop = await openWorkshop(t, {
      sights: harmless(broken as RunSights, { error: () => undefined }),
    });
    shop.dispatch();
    const id = await shop.submit(scenarios.usual);
    await shop.untilStatus(id, "succeeded");
  });

  it("whose spans fail stops nothing either", (t) => {
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: () => broken }) as never });
    t.after(() => trace.disable());
    const attempt = openAttemptSpan({ run: "run_1", attempt: 1 }, traceparent);
    attempt.event("started");
    attempt.end("failed", true);
    assert.equal(attempt.traceId, traceId);
  });

  it("is named by a traceparent of the W3C's form alone", () => {
    assert.equal(traceIdOf(traceparent), traceId);
    for (const wrong of [
      undefined,
      "",
      "00-1-2-01",
      traceparent.replace(/4bf.*4736/, "0".repeat(32)),
    ])
      assert.equal(traceIdOf(wrong), undefined);
  });

  it("goes from a request to the run that it asks for", async (t) => {
    const stage = await openStage(t);
    const optimizer = { type: "sgd", learning_rate: 0.1 };
    const payload = { ...(await addMaterials(stage.backing)), optimizer, steps: 5, batch_size: 1 };
    const response = await stage.app.inject({
      method: "POST",
      url: "/v1/runs",
      headers: { traceparent },
      payload,
    });
    const { id } = response.json<{ id: string }>();
    const record = await stage.backing.store.read((reader) => reader.run(id));
    assert.equal(traceIdOf(record?.traceparent), traceId);
    assert.ok(!response.body.includes(traceId), "it is not part of the run as shown");
  });

  it("is told to whoever listens: spans of requests and attempts, with what they say", (t) => {
    const spans: { name: string; attributes: Attributes; links: Link[]; events: string[] }[] = [];
    const tracer = {
      startSpan: (name: string, options: SpanOptions = {}, _context?: Context) => {
        const { attributes = {}, links = [] } = options;
        const seen = { name, attributes: { ...attributes }, links: [...links], events: [""] };
        spans.push(seen);
        const span = {
          spanContext: () => ({ traceId, spanId: "00f067aa0ba902b7", traceFlags: 1 }),
          setAttribute: (key: string, value: string) => {
            seen.attributes[key] = value;
            return span;
          },
          setAttributes: (more: Attributes) => {
            Object.assign(seen.attributes, more);
            return span;
          },
          addEvent: (event: string) => {
            seen.events.push(event);
            return span;
          },
          setStatus: () => span,
          updateName: (next: string) => {
            seen.name = next;
            return span;
          },
          end: () => seen.events.push("end"),
        };
        return span as unknown as Span;
      },
      startActiveSpan: () => assert.fail("no span is active by itself"),
    };
    trace.setGlobalTracerProvider({ getTracer: () => tracer as never });
    t.after(() => trace.disable());
    openRequestSpan("GET", traceparent).end({ route: "/v1/runs", status: 200, isFault: false });
    const attempt = openAttemptSpan({ run: "run_1", attempt: 2 }, traceparent);
    attempt.event("started", { step: 0 });
    attempt.end("succeeded", false);
    const [request, attempted] = spans;
    assert.equal(request?.name, "GET /v1/runs");
    assert.equal(request?.attributes["http.response.status_code"], 200);
    assert.equal(attempted?.attributes["linnet.run.status"], "succeeded");
    assert.deepEqual(attempted?.events, ["", "started", "end"]);
  });
});
