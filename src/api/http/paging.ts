/** Pages of listings: what a query asks for, and the body of an answer. */

import { failAt } from "#src/failure.ts";
import type { Page, PageRequest } from "#storage/store.ts";

/** Rows of one page; a larger limit is cut to this. */
export const pageMax = 200;

const limitDefault = 50;

interface PageQuery {
  readonly limit?: number;
  readonly after?: string;
}

/** The page that a query asks for. Failure `cursor_invalid` unless `after` is an id of `prefix`. */
export function pageRequest(query: PageQuery, prefix: string): PageRequest {
  const limit = Math.min(query.limit ?? limitDefault, pageMax);
  if (query.after === undefined) return { limit };
  if (!new RegExp(`^${prefix}_[0-9a-z]{20}$`).test(query.after)) {
    throw failAt("cursor_invalid", "/query/after", "Pass `next_cursor` of the page before.");
  }
  return { limit, after: query.after };
}

/** A page as it travels. */
export function pageAnswer<R, T extends { readonly id: string }>(
  page: Page<R>,
  shown: (row: R) => T,
) {
  const data = page.rows.map(shown);
  return { data, has_more: page.more, next_cursor: page.more ? (data.at(-1)?.id ?? null) : null };
}
