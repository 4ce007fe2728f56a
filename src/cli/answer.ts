/** @file What a command gives back, and how it reaches the terminal: one answer on stdout, everything else on stderr. */
import pc from "picocolors";
import { DmilError } from "../core/errors.ts";
import { printableJson, printableLines } from "../core/printable.ts";
import { isSystemError, systemReason } from "../node/system-errors.ts";

/** A command's result, for people and for programs. */
export interface Answer {
  readonly text: string;
  readonly json: unknown;
  /** The command ran, and its answer is bad news: exit code 1. */
  readonly failed?: boolean;
}

/** Colours for a stream: on a terminal, unless NO_COLOR is set. */
export function colorsFor(stream: NodeJS.WriteStream): ReturnType<typeof pc.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const wanted = (stream.isTTY && TERM !== "dumb") || (FORCE_COLOR !== undefined && FORCE_COLOR !== "0");
  return pc.createColors(wanted === true && (NO_COLOR === undefined || NO_COLOR === ""));
}

/** A line for people, while a command works. */
export function note(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/** Prints an answer. */
export function printAnswer({ text, json }: Answer, asJson: boolean): void {
  process.stdout.write(`${asJson ? toJson(json) : printableLines(text).trimEnd()}\n`);
}

/** Prints an error and gives the exit code: 2 for wrong use, 1 for everything else. No stack trace unless DMIL_DEBUG=1. */
export function printError(thrown: unknown, asJson: boolean): number {
  const error = expected(thrown);
  const { code, message, fields } = error;
  const shown = printableLines(message);
  const color = colorsFor(process.stderr);
  const name = color.red(color.bold(code));
  const several = shown.includes("\n") ? `\n  ${shown.replaceAll("\n", "\n  ")}` : ` ${shown}`;
  process.stderr.write(fields.interrupted === true ? `${shown}\n` : `${name}:${several}\n`);
  if (process.env.DMIL_DEBUG === "1") {
    const origin = error.cause instanceof Error ? error.cause : thrown;
    process.stderr.write(`${color.dim(printableLines((origin as Error).stack ?? String(origin)))}\n`);
  }
  if (asJson) process.stdout.write(`${toJson({ error: { ...fields, code, message } })}\n`);
  return code === "ConfigError" ? 2 : 1;
}

/** Errors we did not expect are ours to mend, and say so. */
function expected(thrown: unknown): DmilError {
  if (thrown instanceof DmilError) return thrown;
  if (isSystemError(thrown)) {
    const where = thrown.path === undefined ? thrown.syscall : `${thrown.syscall} ${thrown.path}`;
    return new DmilError("RunError", `${where}: ${systemReason(thrown)}`, { system: thrown.code }, thrown);
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/allocation failed|invalid (typed )?array length/i.test(message)) {
    const advice = "Use a smaller model or batch, fewer samples, or a machine with more memory.";
    return new DmilError("RunError", `there is not enough memory (${message}). ${advice}`, {}, thrown);
  }
  const debug = process.env.DMIL_DEBUG === "1" ? "" : " Run it again with DMIL_DEBUG=1 to see where.";
  return new DmilError(
    "InternalError",
    `internal: ${message}. This is a bug in dmil, not in what you typed; please report it with the command.${debug}`,
    {},
    thrown,
  );
}

function toJson(value: unknown): string {
  return printableJson(
    JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part), 2) ?? "null",
  );
}
