/**
 * Measures the page in Chromium: first paint from a cold cache, what is sent, a redraw of 100 000
 * points, and frames a second while ten runs of 100 000 points grow. Prints one JSON object.
 */
import { openBrowser } from "#test/browser/chromium.ts";
import { measurePlots } from "#test/browser/measure.ts";
import { openService } from "#test/journeys/service.ts";

await using service = await openService();
await using browser = await openBrowser();
// The first visit makes the page; a reader's first visit finds it made.
await fetch(`${service.url}/`);
const page = await browser.open(service.url);
const paint = await page.evaluate<number>(
  "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1",
);
const sent = await page.evaluate<number>(
  "performance.getEntriesByType('resource').filter(e => e.name.includes('/assets/'))" +
    ".reduce((sum, e) => sum + e.encodedBodySize, performance.getEntriesByType('navigation')[0]" +
    ".encodedBodySize)",
);
const plots = await measurePlots(page);
const result = { first_paint_ms: Math.round(paint), page_bytes: sent, ...plots };
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
