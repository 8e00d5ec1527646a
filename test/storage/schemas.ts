/** A PostgreSQL database for tests, a new schema for each: LINNET_TEST_DATABASE_URL says where. */
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import pg from "pg";

/** Without a database there is nothing to test; the reason is shown beside the skipped suite. */
export const databaseUrl = process.env["LINNET_TEST_DATABASE_URL"];
export const skipWithout =
  databaseUrl === undefined ? "LINNET_TEST_DATABASE_URL names no PostgreSQL" : false;

/** One statement of the database's owner. */
export async function administer(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** The address of an empty schema that is gone when the test ends. */
export async function newSchema(t: TestContext): Promise<string> {
  const schema = `test_${randomUUID().replaceAll("-", "")}`;
  await administer(`create schema ${schema}`);
  t.after(() => administer(`drop schema ${schema} cascade`));
  const url = new URL(databaseUrl ?? "");
  url.searchParams.set("options", `-c search_path=${schema}`);
  return url.href;
}
