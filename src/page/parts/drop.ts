/** Files that are dropped on the page: models and data sets find their way to the service. */

import { takeFiles } from "../calls/take.ts";
import { html, useEffect, useState } from "../preact.ts";

const hasFiles = (event: DragEvent): boolean =>
  event.dataTransfer?.types.includes("Files") === true;

export function DropTarget() {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let depth = 0;
    const on = (
      kind: "dragenter" | "dragover" | "dragleave" | "drop",
      act: (event: DragEvent) => void,
    ) =>
      addEventListener(
        kind,
        (event) => {
          if (!hasFiles(event)) return;
          event.preventDefault();
          act(event);
        },
        { signal },
      );
    on("dragenter", () => {
      depth += 1;
      setOver(true);
    });
    on("dragover", () => {});
    on("dragleave", () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    });
    on("drop", (event) => {
      depth = 0;
      setOver(false);
      void takeFiles([...(event.dataTransfer?.files ?? [])]);
    });
    return () => controller.abort();
  }, []);
  if (!isOver) return null;
  return html`<div class="drop-target" role="status"><strong>Drop it here</strong>
    <span>a model: .onnx, or a definition in .json · data: .npz, .safetensors, .csv</span></div>`;
}

/** The same for those who do not drag: a button that asks for a file. */
export function FileButton({ label, accept }: { readonly label: string; readonly accept: string }) {
  const take = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    void takeFiles([...(input.files ?? [])]);
    input.value = "";
  };
  return html`<label class="button file-button">${label}
    <input type="file" class="unseen" accept=${accept} multiple onChange=${take} /></label>`;
}
