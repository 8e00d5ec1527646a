/** Debian's Chromium without a window, for journeys through the page and for measuring it. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const waitMs = 15_000;

export interface Opening {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
  /** Path after the `#`. */
  readonly at?: string;
  readonly pixelRatio?: number;
}

export interface OpenBrowser extends AsyncDisposable {
  /** A page with an empty cache and no history. */
  open(url: string, opening?: Opening): Promise<Page>;
  /** What pages said on their consoles as errors, and what broke in them. */
  readonly faults: string[];
  /** Addresses that pages asked for outside the service. */
  readonly outside: string[];
}

async function newPage(browser: Browser, opening: Opening): Promise<Page> {
  const { width = 1280, height = 860, theme = "light", pixelRatio = 1 } = opening;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    deviceScaleFactor: pixelRatio,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  return page;
}

/** Starts Chromium. Rejects when there is none. */
export async function openBrowser(): Promise<OpenBrowser> {
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined) throw new Error(`No Chromium at ${places.join(", ")}.`);
  const browser = await chromium.launch({ executablePath, args: flags });
  const faults: string[] = [];
  const outside: string[] = [];
  return {
    faults,
    outside,
    open: async (url, opening = {}) => {
      const page = await newPage(browser, opening);
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") faults.push(`${message.text()} ${message.location().url}`);
      });
      page.on("request", (request) => {
        const asked = request.url();
        if (!asked.startsWith(url) && !/^(blob|data):/.test(asked)) outside.push(asked);
      });
      await page.goto(`${url}/${opening.at === undefined ? "" : `#/${opening.at}`}`);
      await page.locator("main").waitFor();
      return page;
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** The path under which the page's modules live, with a slash at its end. */
export async function assetsOf(page: Page): Promise<string> {
  const source = await page.locator("script[type=module]").getAttribute("src");
  return (source ?? "").replace(/main\.ts$/, "");
}
