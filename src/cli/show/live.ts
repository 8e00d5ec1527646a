/** Progress on a terminal: two lines a run, a bar and a sparkline of the loss, redrawn in place. */

import type { Terminal } from "#cli/terminal.ts";
import type { Track } from "#cli/track.ts";
import { bar, sparkline } from "./bar.ts";
import { figuresOf } from "./figures-line.ts";
import { type Colour, clipped, type Paint, paintFor, widthOf } from "./paint.ts";
import type { View } from "./view.ts";

/** Milliseconds between two drawings; faster is not seen. */
const drawMs = 80;
const sparkWidth = 24;
const labelWidthMax = 28;
const barWidthMax = 40;

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const clearLine = "\x1b[2K";

const statusColours: Partial<Readonly<Record<Track["status"], Colour>>> = {
  succeeded: "green",
  failed: "red",
  cancelled: "yellow",
  paused: "yellow",
};

export class LiveView implements View {
  readonly #terminal: Terminal;
  readonly #paint: Paint;
  readonly #tracks: Track[] = [];
  #linesDrawn = 0;
  #drawnAt = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#paint = paintFor(terminal.colour);
    terminal.out(hideCursor);
  }

  add(track: Track): void {
    this.#tracks.push(track);
    this.#changed();
  }

  show(): void {
    this.#changed();
  }

  note(text: string): void {
    this.#terminal.out(`${this.#rewind()}${text}\n`);
    this.#linesDrawn = 0;
    this.#draw();
  }

  close(): void {
    this.#draw();
    this.#terminal.out(showCursor);
  }

  #changed(): void {
    const dueMs = this.#drawnAt + drawMs - this.#terminal.now();
    if (dueMs <= 0) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), dueMs);
  }

  #draw(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#drawnAt = this.#terminal.now();
    const lines = this.#tracks.flatMap((track) => this.#linesOf(track));
    this.#terminal.out(`${this.#rewind()}${lines.map((line) => `${clearLine}${line}\n`).join("")}`);
    this.#linesDrawn = lines.length;
  }

  /** Back to the first line of the drawing, with everything below it cleared. */
  #rewind(): string {
    return this.#linesDrawn === 0 ? "" : `\r\x1b[${this.#linesDrawn}A\x1b[J`;
  }

  #linesOf(track: Track): readonly string[] {
    // One column less than there are: a full line would wrap and spoil the way back up.
    const columns = this.#terminal.columns() - 1;
    const widest = this.#tracks.reduce((width, { label }) => Math.max(width, widthOf(label)), 0);
    const labelWidth = Math.min(labelWidthMax, widest);
    return [
      this.#barLine(track, labelWidth, columns),
      this.#figuresLine(track, labelWidth, columns),
    ];
  }

  #barLine(track: Track, labelWidth: number, columns: number): string {
    const paint = this.#paint;
    const digits = String(track.steps).length;
    const steps = `${String(track.step).padStart(digits)}/${track.steps}`;
    const percent = `${Math.floor(100 * track.share)}%`.padStart(4);
    const colour = statusColours[track.status];
    const status = colour === undefined ? track.status : paint(colour, track.status);
    const said = track.status === "running" ? "" : `  ${status}`;
    const cut = clipped(track.label, labelWidth);
    const label = cut + " ".repeat(labelWidth - widthOf(cut));
    const tail = `  ${steps} ${percent}${said}`;
    const room = columns - labelWidth - 2 - widthOf(tail);
    if (room < 4) return clipped(`${label}${tail.replace(said, "")}`, columns);
    const width = Math.min(barWidthMax, room);
    return `${paint("bold", label)}  ${bar(track.share, width, paint)}${tail}`;
  }

  #figuresLine(track: Track, labelWidth: number, columns: number): string {
    const paint = this.#paint;
    const spark = sparkline(track.losses.sample(sparkWidth)).padEnd(sparkWidth);
    const indent = " ".repeat(labelWidth + 2);
    let line = indent + paint("cyan", spark);
    if (widthOf(line) > columns) return "";
    for (const part of figuresOf(track)) {
      if (widthOf(line) + 2 + widthOf(part) > columns) break;
      line += `  ${part}`;
    }
    return line;
  }
}
