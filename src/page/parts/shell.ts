/** The frame around every view: where one can go, and whether what is shown is still true. */

import { api } from "../calls/api.ts";
import { html, useEffect, useState, type VNode } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { useLoaded } from "../state/loaded.ts";
import { route } from "../state/route.ts";
import { nextTheme, theme } from "../state/theme.ts";
import { dismiss, toasts } from "../state/toast.ts";
import { socket } from "../stream/feeds.ts";
import { newerPage } from "./newer.ts";

const places = [
  { path: "", label: "Runs", also: ["runs"], icon: "M2 13l4-5 3 3 5-8" },
  { path: "compare", label: "Compare", also: [], icon: "M3 3v10M8 6v7M13 1v12" },
  {
    path: "sweeps",
    label: "Sweeps",
    also: [],
    icon: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
  },
  {
    path: "models",
    label: "Models",
    also: [],
    icon:
      "M5 4.500a2 2 0 1 1-4 0 2 2 0 0 1 4 0M5 12a2 2 0 1 1-4 0 2 2 0 0 1 4 0" +
      "M15 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0M4.800 5.200 11 7.500M4.800 11.200 11 8.600",
  },
  {
    path: "data",
    label: "Data",
    also: [],
    icon: "M2 4c0-3 12-3 12 0v8c0 3-12 3-12 0zM2 4c0 3 12 3 12 0M2 8c0 3 12 3 12 0",
  },
] as const;

function Bird() {
  return html`<svg viewBox="0 0 32 32" aria-hidden="true">
    <path fill="#8a5a3c"
      d="M4 21c0-8 6-14 13-14 4 0 6.600 1.600 7.600 4.200L30 13l-5 1.600C25 22 19.500
      27 12.500 27H3l4.500-3.400C5.300 23.300 4 22.400 4 21Z" />
    <path fill="#d1365a" d="M12.500 27C19.500 27 25 22 25 14.600c-3 .3-5.600 1.300-7.600 3.600-2.200
      2.600-4.900 4.300-9.900 5.400L3 27h9.500Z" />
    <circle cx="20.500" cy="11.300" r="1.500" fill="#fff" />
  </svg>`;
}

function Navigation() {
  const { path } = useCell(route);
  const [first = ""] = path;
  return html`<nav aria-label="Main"><ul>
    ${places.map((place) => {
      const isHere = place.path === first || place.also.some((name) => name === first);
      return html`<li key=${place.path}>
        <a href=${`#/${place.path}`} aria-current=${isHere ? "page" : undefined}>
          <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${place.icon} /></svg>
          ${place.label}
        </a></li>`;
    })}
  </ul></nav>`;
}

const stateWords = {
  idle: "ready",
  connecting: "connecting",
  live: "live",
  lost: "not connected",
} as const;

function Foot() {
  const link = useCell(socket.link);
  const present = useCell(theme);
  const machine = useLoaded(() => api.devices(), []);
  const { host, gpus } = machine.value ?? {};
  return html`<div class="side-foot">
    ${
      host !== undefined &&
      html`<span class="machine" title=${host.cpu}>
        ${host.cores} cores${gpus?.map(({ name }) => ` · ${name}`).join("")}</span>`
    }
    <span class="link-state" data-state=${link.state} role="status">${stateWords[link.state]}</span>
    <button type="button" class="theme-button" onClick=${() => theme.set(nextTheme(present))}>
      ${nextTheme(present) === "dark" ? "Dark" : "Light"} theme</button>
    <a href="/docs">API reference</a>
  </div>`;
}

const lostAfterMs = 1500;

/** Redraws every second while `isOn`. */
function useClock(isOn: boolean): number {
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isOn) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [isOn]);
  return isOn ? Math.max(nowMs, 0) : Date.now();
}

/** Says that the page is stale: cut off, or older than the service. */
export function Banner() {
  const link = useCell(socket.link);
  const isNewer = useCell(newerPage);
  const nowMs = useClock(link.state === "lost");
  if (link.state === "lost" && nowMs - link.sinceMs > lostAfterMs) {
    const since = new Date(link.sinceMs).toLocaleTimeString();
    const waitS = Math.max(0, Math.ceil((link.retryMs - nowMs) / 1000));
    return html`<div class="banner fault" role="alert">
      <span>This page is stale: no connection since ${since}. What you see may have changed.</span>
      <button type="button" onClick=${() => socket.reconnect()}>
        Try now${waitS > 0 ? ` (in ${waitS} s)` : ""}</button>
    </div>`;
  }
  if (isNewer) {
    return html`<div class="banner" role="status"><span>The service has a newer page than this.</span>
      <button type="button" onClick=${() => location.reload()}>Reload</button></div>`;
  }
  return null;
}

export function Toasts() {
  const list = useCell(toasts);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${list.map(
      ({ id, kind, text }) => html`<div key=${id} class=${`toast ${kind}`}>
        <span>${text}</span>
        <button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => dismiss(id)}>
          ✕</button>
      </div>`,
    )}
  </div>`;
}

export function Shell({ children }: { readonly children: VNode }) {
  return html`<a class="skip" href="#main" onClick=${(event: Event) => {
    event.preventDefault();
    document.querySelector<HTMLElement>("main")?.focus();
  }}>Skip to the content</a>
    <div class="shell">
      <header class="side">
        <a class="brand" href="#/"><${Bird} /> Linnet</a>
        <${Navigation} />
        <a class="button primary" href="#/new">New run</a>
        <${Foot} />
      </header>
      <div>
        <${Banner} />
        <main id="main" class="column" tabindex="-1">${children}</main>
      </div>
    </div>
    <${Toasts} />`;
}
