/** Walking a listing as a client does: page by page, from the cursor of the page before. */
import assert from "node:assert/strict";
import type { Page, PageRequest } from "#storage/store.ts";

/** Ids of all rows of a listing, page by page. */
export async function walk<T extends { readonly id: string }>(
  list: (page: PageRequest) => Promise<Page<T>>,
  limit: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const after = ids.at(-1);
    const page = await list(after === undefined ? { limit } : { limit, after });
    assert.ok(page.rows.length <= limit);
    ids.push(...page.rows.map((row) => row.id));
    if (!page.more) return ids;
    assert.equal(page.rows.length, limit, "a page with more behind it is full");
  }
}
