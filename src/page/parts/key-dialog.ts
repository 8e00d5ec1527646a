/** Asks for a key when the service lets nobody in without one. */

import { isKeyWanted, keepKey } from "../calls/key.ts";
import { html, useState } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { socket } from "../stream/feeds.ts";
import { Dialog } from "./dialog.ts";

export function KeyDialog() {
  const isWanted = useCell(isKeyWanted);
  const [key, setKey] = useState("");
  if (!isWanted) return null;
  const enter = (event: Event): void => {
    event.preventDefault();
    keepKey(key.trim());
    socket.reconnect();
  };
  return html`<${Dialog} title="This service asks for a key" close=${() => isKeyWanted.set(false)}>
    <form class="stack" onSubmit=${enter}>
      <div class="field"><label for="api-key">API key</label>
        <input id="api-key" type="password" autocomplete="off" value=${key}
          onInput=${(event: Event) => setKey((event.target as HTMLInputElement).value)} />
        <p class="hint">It stays in this tab and goes with every request to this service.</p></div>
      <div><button type="submit" class="button primary" disabled=${key.trim() === ""}>Go
        on</button></div>
    </form>
  <//>`;
}
