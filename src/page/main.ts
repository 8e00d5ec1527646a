/** The door of the page: starts what follows the world, shows the view that the address names. */

import { DropTarget } from "./parts/drop.ts";
import { KeyDialog } from "./parts/key-dialog.ts";
import { startNewer } from "./parts/newer.ts";
import { Shell } from "./parts/shell.ts";
import { html, render, useEffect } from "./preact.ts";
import { useCell } from "./state/cell.ts";
import { type Route, route, startRoute } from "./state/route.ts";
import { startTheme } from "./state/theme.ts";
import { socket } from "./stream/feeds.ts";
import { ComparePage } from "./views/compare-page.ts";
import { DataPage } from "./views/data-page.ts";
import { ModelPage } from "./views/model-page.ts";
import { ModelsPage } from "./views/models-page.ts";
import { NewRunPage } from "./views/new-run-page.ts";
import { NewSweepPage } from "./views/new-sweep-page.ts";
import { RunPage } from "./views/run-page.ts";
import { RunsPage } from "./views/runs-page.ts";
import { SweepPage } from "./views/sweep-page.ts";
import { SweepsPage } from "./views/sweeps-page.ts";

function Lost() {
  return html`<section class="card empty"><h2>Nothing is here</h2>
    <a class="button" href="#/">To the runs</a></section>`;
}

function viewOf({ path: [place = "", id], query }: Route) {
  switch (place) {
    case "":
      return html`<${RunsPage} />`;
    case "runs":
      return id === undefined ? html`<${RunsPage} />` : html`<${RunPage} key=${id} id=${id} />`;
    case "new":
      return html`<${NewRunPage} query=${query} />`;
    case "compare":
      return html`<${ComparePage} query=${query} />`;
    case "models":
      return id === undefined ? html`<${ModelsPage} />` : html`<${ModelPage} key=${id} id=${id} />`;
    case "data":
      return html`<${DataPage} />`;
    case "sweeps":
      if (id === undefined) return html`<${SweepsPage} />`;
      return id === "new" ? html`<${NewSweepPage} />` : html`<${SweepPage} key=${id} id=${id} />`;
    default:
      return html`<${Lost} />`;
  }
}

function Page() {
  const where = useCell(route);
  const place = where.path.join("/");
  useEffect(() => {
    // A new view is read from its top; the first one keeps the focus of the browser.
    const heading = document.querySelector<HTMLElement>("main h1");
    if (heading !== null) document.title = `${heading.textContent} · Linnet`;
    return undefined;
  }, [place]);
  return html`<${Shell}>${viewOf(where)}<//><${DropTarget} /><${KeyDialog} />`;
}

const root = document.getElementById("page");
if (root !== null) {
  startTheme();
  startRoute();
  startNewer();
  socket.start();
  root.replaceChildren();
  render(html`<${Page} />`, root);
}
