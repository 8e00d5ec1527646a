/**
 * Makes the dashboard out of `src/page`: browser modules with their types stripped, the view
 * library, styles and the icon, each compressed once. How they are served is not here.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

export interface Asset {
  readonly type: string;
  /** Of the plain bytes, quoted. */
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly br: Buffer;
}

export interface Page {
  /** Names this page: its assets live under it, and another page has another one. */
  readonly build: string;
  readonly index: Asset;
  /** Path under the build → what lives there. */
  readonly assets: ReadonlyMap<string, Asset>;
}

/** What modules import by name, and the files that the page serves in their place. */
const vendored = [{ specifier: "htm/preact/standalone", path: "vendor/preact.js" }] as const;

const typeOf: Readonly<Record<string, string>> = {
  ts: "text/javascript; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  html: "text/html; charset=utf-8",
};

const filesMax = 500;
const buildCharacters = 12;
const brotliQuality = 9;

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

const extensionOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

/** Path from a module to a file of the page, as an import writes it. */
function relativeTo(from: string, path: string): string {
  const depth = from.split("/").length - 1;
  return `${depth === 0 ? "./" : "../".repeat(depth)}${path}`;
}

/** JavaScript of one module: types become blanks, names of packages become paths. */
function scriptOf(path: string, source: string): string {
  let script = stripTypeScriptTypes(source, { mode: "strip" });
  for (const { specifier, path: vendor } of vendored) {
    script = script.replaceAll(`"${specifier}"`, `"${relativeTo(path, vendor)}"`);
  }
  return script;
}

async function sources(folder: URL): Promise<Map<string, string>> {
  const base = fileURLToPath(folder);
  const entries = await readdir(base, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".d.ts"));
  if (files.length > filesMax) throw new Error(`the page has more than ${filesMax} files`);
  const texts = new Map<string, string>();
  for (const file of files) {
    const whole = `${file.parentPath}/${file.name}`.replaceAll("\\", "/");
    const path = whole.slice(base.length).replace(/^\/+/, "");
    const text = await readFile(whole, "utf8");
    texts.set(path, extensionOf(path) === "ts" ? scriptOf(path, text) : text);
  }
  for (const { specifier, path } of vendored) {
    texts.set(path, await readFile(new URL(import.meta.resolve(specifier)), "utf8"));
  }
  return new Map([...texts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function assetOf(path: string, text: string): Promise<Asset> {
  const plain = Buffer.from(text, "utf8");
  const digest = createHash("sha256").update(plain).digest("base64url");
  const params = { [constants.BROTLI_PARAM_QUALITY]: brotliQuality };
  return {
    type: typeOf[extensionOf(path)] ?? "application/octet-stream",
    etag: `"${digest}"`,
    plain,
    gzip: await compressGzip(plain, { level: 9 }),
    br: await compressBrotli(plain, { params }),
  };
}

/** The index with every module announced, so that none waits for another to be read. */
function indexOf(template: string, build: string, paths: readonly string[]): string {
  const base = `/assets/${build}/`;
  const preloads = paths
    .filter((path) => ["ts", "js"].includes(extensionOf(path)))
    .map((path) => `<link rel="modulepreload" href="${base}${path}">`);
  return template.replaceAll("{assets}", base).replace("<!-- modules -->", preloads.join("\n"));
}

/** Reads, strips and compresses everything under `folder`. Rejects when a file cannot be read. */
export async function makePage(folder: URL): Promise<Page> {
  const texts = await sources(folder);
  const hash = createHash("sha256");
  for (const [path, text] of texts) hash.update(`${path}\n${text.length}\n${text}`);
  const build = hash.digest("hex").slice(0, buildCharacters);
  const template = texts.get("index.html") ?? "";
  texts.delete("index.html");
  const made = await Promise.all(
    [...texts].map(async ([path, text]) => [path, await assetOf(path, text)] as const),
  );
  const index = await assetOf("index.html", indexOf(template, build, [...texts.keys()]));
  return { build, index, assets: new Map(made) };
}
