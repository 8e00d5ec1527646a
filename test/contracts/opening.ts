/** How a suite gets the adapter that it is run for. */
import type { TestContext } from "node:test";
import type { Store } from "#storage/store.ts";

/** A new, empty store that is closed and gone when the test ends. */
export type OpenStore = (t: TestContext) => Promise<Store>;
