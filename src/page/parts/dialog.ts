/** A question in front of the page: the browser's own dialog, with its focus and its Escape. */
import { html, useEffect, useRef, type VNode } from "../preact.ts";

export function Dialog(props: {
  readonly title: string;
  readonly close: () => void;
  readonly children: VNode | readonly VNode[];
}) {
  const dialog = useRef<HTMLDialogElement | null>(null);
  useEffect(() => {
    dialog.current?.showModal();
    return undefined;
  }, []);
  return html`<dialog ref=${dialog} aria-label=${props.title} onClose=${props.close}>
    <div class="stack"><h2>${props.title}</h2>${props.children}</div>
  </dialog>`;
}
