/** The configuration: defaults, refusals that name every fault, and its documentation. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { variables } from "#src/config/variables.ts";
import { ConfigError, readConfig } from "#src/config.ts";

const refusal = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return "";
};

describe("the configuration", () => {
  it("serves this machine alone on port 8080 unless told", () => {
    const { host, port, allowedOrigins, insecure } = readConfig({});
    assert.deepEqual([host, port, allowedOrigins, insecure], ["127.0.0.1", 8080, [], false]);
  });

  it("reads numbers, lists and truth values", () => {
    const { port, allowedOrigins } = readConfig({
      LINNET_PORT: "0",
      LINNET_ALLOWED_ORIGINS: "https://a.example, http://b.example:3000",
    });
    assert.equal(port, 0);
    assert.deepEqual(allowedOrigins, ["https://a.example", "http://b.example:3000"]);
  });

  it("names every variable at fault in one refusal", () => {
    const message = refusal({
      LINNET_PORT: "99999",
      LINNET_INSECURE: "yes",
      LINNET_LOG_LEVEL: "loud",
      LINNET_TRAINERS_MAX: "2.5",
      LINNET_ALLOWED_ORIGINS: "example.org",
    });
    for (const name of ["PORT", "INSECURE", "LOG_LEVEL", "TRAINERS_MAX", "ALLOWED_ORIGINS"]) {
      assert.match(message, new RegExp(`LINNET_${name} is `));
    }
  });

  it("refuses to open the service to others without authentication, unless told", () => {
    for (const host of ["0.0.0.0", "::", "192.168.1.5"]) {
      assert.match(refusal({ LINNET_HOST: host }), /LINNET_INSECURE=true/);
      assert.equal(readConfig({ LINNET_HOST: host, LINNET_INSECURE: "true" }).host, host);
    }
    for (const host of ["localhost", "::1", "127.0.0.2"]) {
      assert.equal(readConfig({ LINNET_HOST: host }).host, host);
    }
  });

  it("has room for one body at least", () => {
    assert.equal(readConfig({}).bodiesBytesMax, 2 ** 28);
    assert.equal(readConfig({ LINNET_BODY_BYTES_MAX: String(2 ** 30) }).bodiesBytesMax, 2 ** 30);
    const message = refusal({ LINNET_BODIES_BYTES_MAX: "4096", LINNET_BODY_BYTES_MAX: "8192" });
    assert.match(message, /LINNET_BODIES_BYTES_MAX is 4096.*8192.*LINNET_BODY_BYTES_MAX/);
  });

  it("is documented in full", async () => {
    const file = new URL("../docs/configuration.md", import.meta.url);
    const text = await readFile(file, "utf8");
    for (const [name, schema] of Object.entries(variables)) {
      const description = "description" in schema ? schema.description : name;
      const row = text.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      assert.ok(row?.includes(String(description)), `${name} in docs/configuration.md`);
    }
  });
});
