/** Validators that are compiled by their first use: what they say, and when they are made. */
import assert from "node:assert/strict";
import test from "node:test";
import { lazyValidators } from "#api/http/validators.ts";

// As Fastify asks for one: it hands over a route, of which the compiler reads the schema.
const routed = (schema: object) => ({ schema, method: "GET", url: "/", httpPart: "body" });

test("a validator says what is wrong, and no longer once nothing is", () => {
  const compiler = lazyValidators()({}, { customOptions: {} });
  const validate = compiler(routed({ type: "object", required: ["steps"] }));
  assert.equal(validate({}), false);
  assert.equal(validate.errors?.[0]?.keyword, "required");
  assert.equal(validate({ steps: 1 }), true);
  assert.equal(validate.errors, null);
});

test("a schema is compiled when it is first needed, and not before", () => {
  const compiler = lazyValidators()({}, { customOptions: {} });
  const validate = compiler(routed({ $ref: "nowhere" }));
  assert.throws(() => validate({}), /nowhere/);
});

test("schemas that are shared are known to every route, whichever came first", () => {
  const build = lazyValidators();
  const few = build({ size: { $id: "size", type: "integer" } }, { customOptions: {} });
  const more = build(
    { size: { $id: "size", type: "integer" }, name: { $id: "name", type: "string" } },
    { customOptions: {} },
  );
  assert.equal(few(routed({ $ref: "size" }))(1), true);
  assert.equal(more(routed({ $ref: "size" }))("one"), false);
  assert.equal(more(routed({ $ref: "name" }))("one"), true);
});
