/** @file The result of a command and how it is printed: one answer on stdout, everything else on stderr. */
import pc from "picocolors";
import { printableJson, printableLines } from "../core/printable.ts";
import { expected } from "../core/system-errors.ts";

/** A command's result, for people and for programs. */
export interface Answer {
  readonly text: string;
  readonly json: unknown;
  /** The command ran, but its result is a failure: exit code 1. */
  readonly failed?: boolean;
}

/** Colours for a stream: used on a terminal or with FORCE_COLOR, unless NO_COLOR is set. */
export function colorsFor(stream: NodeJS.WriteStream): ReturnType<typeof pc.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const enabled = (stream.isTTY && TERM !== "dumb") || (FORCE_COLOR !== undefined && FORCE_COLOR !== "0");
  return pc.createColors(enabled === true && (NO_COLOR === undefined || NO_COLOR === ""));
}

/** Prints a line on stderr while a command runs. */
export function note(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/** Prints an answer. */
export function printAnswer({ text, json }: Answer, asJson: boolean): void {
  process.stdout.write(`${asJson ? toJson(json) : printableLines(text).trimEnd()}\n`);
}

/** Prints an error and returns the exit code: 2 for wrong usage, otherwise 1. The stack trace is printed only with DMIL_DEBUG=1. */
export function printError(thrown: unknown, asJson: boolean): number {
  const error = expected(thrown);
  const { code, fields } = error;
  const unknown = code === "InternalError" && error !== thrown && process.env.DMIL_DEBUG !== "1";
  const message = `${error.message}${unknown ? " Run the command again with DMIL_DEBUG=1 to print the stack trace." : ""}`;
  const shown = printableLines(message);
  const color = colorsFor(process.stderr);
  const name = color.red(color.bold(code));
  const several = shown.includes("\n") ? `\n  ${shown.replaceAll("\n", "\n  ")}` : ` ${shown}`;
  process.stderr.write(fields.interrupted === true ? `${shown}\n` : `${name}:${several}\n`);
  if (process.env.DMIL_DEBUG === "1") {
    const origin = error.cause instanceof Error ? error.cause : thrown;
    process.stderr.write(`${color.dim(printableLines((origin as Error).stack ?? String(origin)))}\n`);
  }
  const { fitted: _, ...plain } = fields; // the model of an interrupted run is no text
  if (asJson) process.stdout.write(`${toJson({ error: { ...plain, code, message } })}\n`);
  return code === "ConfigError" ? 2 : 1;
}

function toJson(value: unknown): string {
  return printableJson(
    JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part), 2) ?? "null",
  );
}
