/** @file Progress on stderr: bars on a terminal, one line per epoch elsewhere, nothing with --quiet. */
import { printable, printableLines } from "../core/printable.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import type { FitEvent } from "../train/events.ts";
import { colorsFor } from "./answer.ts";
import { encodingLines } from "./encoding-lines.ts";
import { count, digits, duration, share } from "./text.ts";

export interface Screen {
  onEvent(event: FitEvent): void;
  /** Prints a permanent line above the bars. */
  note(text: string): void;
  /** Ends the display and keeps its last state. */
  done(): void;
}

/** Minimum milliseconds between two redraws. */
const REDRAW_MS = 100;
const BAR = 20;

interface Row {
  readonly name: string;
  readonly epochs: number;
  /** Completed epochs, including the completed fraction of the current one. */
  done: number;
  metrics: string;
}

/** Shows the progress of one run. */
export function createScreen(label: string, quiet: boolean, stream: NodeJS.WriteStream = process.stderr): Screen {
  if (quiet) return { onEvent() {}, note() {}, done() {} };
  const write = (text: string): void => void stream.write(text);
  const isLive = stream.isTTY && process.env.TERM !== "dumb";
  return isLive ? liveScreen(printable(label), stream, write) : plainScreen(printable(label), write);
}

function plainScreen(label: string, write: (text: string) => void): Screen {
  const lineOf = encodingLines();
  return {
    onEvent(event) {
      if (event.kind === "started") write(`${heading(label, event)}\n`);
      if (event.kind === "note") write(`${printableLines(event.message)}\n`);
      if (event.kind === "encoding") {
        const line = lineOf(event);
        if (line !== undefined) write(`${printableLines(line)}\n`);
      }
      if (event.kind === "epoch") {
        const position = `${printable(event.stage)} ${event.epoch}/${event.epochs}`;
        write(`${label}  ${position}  loss ${digits(event.train.loss)}  ${metricsOf(event)}  ${pace(event)}\n`);
      }
    },
    note: (text) => write(`${printableLines(text)}\n`),
    done() {},
  };
}

function liveScreen(label: string, stream: NodeJS.WriteStream, write: (text: string) => void): Screen {
  const color = colorsFor(stream);
  const [full, rest] = /utf-?8/i.test(localeOf(process.env)) ? ["█", "░"] : ["#", "-"];
  let head = label;
  let rows: Row[] = [];
  let terms = "";
  let foot = "";
  let drawn = 0;
  let drawnAt = 0;
  const lineOf = encodingLines();

  const clear = (): string => (drawn === 0 ? "" : `\x1b[${drawn}F\x1b[J`);
  const draw = (): void => {
    const columns = stream.columns || 80;
    const width = Math.max(...rows.map((row) => printable(row.name).length));
    const cut = (line: string): string => (line.length < columns ? line : `${line.slice(0, columns - 2)}…`);
    const lines = [
      color.bold(cut(head)),
      ...rows.map(({ name, epochs, done, metrics }) => {
        const filled = Math.floor((BAR * done) / epochs);
        const bar = full.repeat(filled) + rest.repeat(BAR - filled);
        const epoch = `${Math.floor(done)}/${epochs}`.padStart(digitsOf(rows));
        const line = `  ${printable(name).padEnd(width)}  ${bar}  ${epoch}  ${metrics}`.trimEnd();
        return cut(line).replace(bar, color.green(bar));
      }),
      ...wrapped(printable(terms), columns - 3, 4).map((line) => color.dim(`  ${line}`)),
      ...(foot === "" ? [] : [cut(`  ${foot}`)]),
    ].slice(0, (stream.rows || 24) - 1);
    write(clear() + lines.map((line) => `${line}\n`).join(""));
    drawn = lines.length;
    drawnAt = performance.now();
  };
  const note = (text: string): void => {
    write(`${clear()}${printableLines(text)}\n`);
    drawn = 0;
    if (rows.length > 0) draw();
  };
  /** The row of a stage; marks earlier stages as done, because a resumed run sends no events about them. */
  const reach = (stage: string): Row => {
    const at = rows.findIndex((row) => row.name === stage);
    for (const row of rows.slice(0, at)) row.done = row.epochs;
    return rows[at]!;
  };

  return {
    onEvent(event) {
      if (event.kind === "started") {
        head = heading(label, event);
        rows = event.stages.map(({ name, epochs }) => ({ name, epochs, done: 0, metrics: "" }));
        draw();
      } else if (event.kind === "note") note(event.message);
      else if (event.kind === "encoding") {
        const line = lineOf(event);
        if (line !== undefined) note(line);
      } else if (event.kind === "step") {
        const row = reach(event.stage);
        row.done = event.epoch - 1 + event.step / event.steps;
        if (row.metrics === "") foot = `loss ${digits(event.loss)}  train ${shown(event)}`;
        if (performance.now() - drawnAt > REDRAW_MS) draw();
      } else if (event.kind === "epoch") {
        const row = reach(event.stage);
        row.done = event.epoch;
        row.metrics = metricsOf(event);
        const values = Object.entries(event.train.terms).map(([name, value]) => `${name} ${digits(value)}`);
        terms = [`loss ${digits(event.train.loss)}`, ...(values.length > 1 ? values : [])].join("  ");
        foot = pace(event);
        if (performance.now() - drawnAt > REDRAW_MS || event.epoch === event.epochs) draw();
      }
    },
    note,
    done() {
      [terms, foot] = ["", ""];
      if (rows.length > 0) draw();
      drawn = 0;
      rows = [];
    },
  };
}

function heading(
  label: string,
  { method, parameters, backend, threads, resumed }: FitEvent & { kind: "started" },
): string {
  const facts = [method, count(parameters, "parameter"), backend, count(threads, "thread")];
  return `${label}  ${facts.join(", ")}${resumed ? ", resumed" : ""}`;
}

function metricsOf({ train, validation, best }: EpochRecord): string {
  return `train ${shown(train)}  validation ${shown(validation)} (best ${shown(best)} at ${best.epoch})`;
}

/** The accuracy without a name, or R2 with its name. */
function shown({ accuracy, r2 }: { readonly accuracy?: number; readonly r2?: number }): string {
  return r2 === undefined ? share(accuracy) : `R2 ${share(r2)}`;
}

function pace({ seconds, secondsLeft }: FitEvent & { kind: "epoch" }): string {
  return `${duration(seconds)}/epoch  ${duration(secondsLeft)} left`;
}

/** Wraps words that are separated by two spaces; drops what does not fit into `maxLines` lines. */
function wrapped(text: string, width: number, maxLines: number): string[] {
  const lines: string[] = [];
  for (const word of text.split("  ").filter((part) => part !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + word.length <= width) lines[lines.length - 1] = `${last}  ${word}`;
    else lines.push(word.slice(0, width));
  }
  return lines.slice(0, maxLines);
}

/** The width of `30/30` for the longest stage. */
function digitsOf(rows: readonly Row[]): number {
  return 2 * String(Math.max(...rows.map((row) => row.epochs))).length + 1;
}

function localeOf(env: NodeJS.ProcessEnv): string {
  return env.LC_ALL || env.LC_CTYPE || env.LANG || "";
}
