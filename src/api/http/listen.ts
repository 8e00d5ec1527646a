/** Opens the port of an app. What the app answers is not its business. */
import type { App } from "./instance.ts";

/** Listens without a line of its own in the log: the door says where, once all is ready. */
export async function listen(
  app: App,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  const { level } = app.log;
  app.log.level = "silent";
  try {
    return await app.listen({ host, port });
  } finally {
    app.log.level = level;
  }
}
