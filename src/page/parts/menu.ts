/** A button that opens a list of things to do; arrow keys walk through it, Escape closes it. */
import { html, useEffect, useRef, useState } from "../preact.ts";

export interface MenuEntry {
  readonly label: string;
  readonly act: () => void;
}

function walk(list: HTMLElement | null, event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  const entries = [...(list?.querySelectorAll("button") ?? [])];
  const at = entries.findIndex((entry) => entry.matches(":focus"));
  const by = event.key === "ArrowDown" ? 1 : -1;
  entries[(at + by + entries.length) % entries.length]?.focus();
}

export function Menu({
  label,
  entries,
}: {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
}) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement | null>(null);
  const button = useRef<HTMLButtonElement | null>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    root.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const leave = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [isOpen]);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") close();
    else walk(root.current?.querySelector(".menu-list") ?? null, event);
  };
  return html`<div class="menu" ref=${root}>
    <button type="button" class="icon-button" ref=${button} aria-haspopup="menu"
      aria-expanded=${isOpen} aria-label=${label} title=${label} onClick=${() => setOpen(!isOpen)}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="3" cy="8" r="1.4" /><circle cx="8"
        cy="8"
        r="1.4" /><circle cx="13" cy="8" r="1.4" /></svg>
    </button>
    ${
      isOpen &&
      html`<div class="menu-list" role="menu" aria-label=${label} onKeyDown=${onKey}>
        ${entries.map(
          (entry) =>
            html`<button key=${entry.label} type="button" role="menuitem" onClick=${() => {
              close();
              entry.act();
            }}>${entry.label}</button>`,
        )}
      </div>`
    }
  </div>`;
}
