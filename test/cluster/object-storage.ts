/**
 * An S3 server that was not written here, for tests and campaigns: versitygw over a temporary
 * folder (`go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { access, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { end, freePort, untilListening } from "./ports.ts";

export interface ObjectStorage extends AsyncDisposable {
  readonly endpoint: string;
  readonly port: number;
  /** What its clients are given in their environment. */
  readonly credentials: Readonly<Record<string, string>>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  freeze(): void;
  thaw(): void;
}

const program = "versitygw";
const credentials = { AWS_ACCESS_KEY_ID: "linnet", AWS_SECRET_ACCESS_KEY: "linnet-secret" };

/** On the path, or where Go puts what it installs. */
async function find(): Promise<string | undefined> {
  const path = (process.env["PATH"] ?? "").split(delimiter);
  const gobin = process.env["GOBIN"];
  for (const dir of [...path, ...(gobin === undefined ? [] : [gobin]), join(homedir(), "go/bin")]) {
    const file = join(dir, program);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}

class Gateway implements ObjectStorage {
  readonly credentials = credentials;
  readonly port: number;
  readonly #dir: string;
  readonly #child: ChildProcess;

  constructor(file: string, { dir, port }: { readonly dir: string; readonly port: number }) {
    this.port = port;
    this.#dir = dir;
    this.#child = spawn(
      file,
      ["--quiet", "--keep-alive", "--port", `127.0.0.1:${port}`, "posix", dir],
      {
        env: {
          ROOT_ACCESS_KEY: credentials.AWS_ACCESS_KEY_ID,
          ROOT_SECRET_KEY: credentials.AWS_SECRET_ACCESS_KEY,
        },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  untilListening(): Promise<void> {
    return untilListening(this.port, this.#child);
  }

  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    await end(this.#child, "SIGKILL");
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Undefined where the server is not installed. */
export async function openObjectStorage(): Promise<ObjectStorage | undefined> {
  const file = await find();
  if (file === undefined) return undefined;
  const dir = await mkdtemp(join(tmpdir(), "linnet-s3-"));
  const gateway = new Gateway(file, { dir, port: await freePort() });
  await gateway.untilListening();
  return gateway;
}
