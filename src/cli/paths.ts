/** @file Every path of a command line passes here before the command begins: none is empty, and outputs can be written. */
import { accessSync, constants, realpathSync, type Stats, statSync } from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { configError, runError } from "../core/errors.ts";
import { isSystemError, systemReason } from "../core/system-errors.ts";

/** What a path in a usage line stands for, by the word in its brackets, as in `--out <file>`. */
const KINDS: Readonly<Record<string, "folder" | "file">> = {
  dir: "folder",
  run: "folder",
  data: "folder",
  recordings: "folder",
  file: "file",
  files: "file",
};

/** Flags that name what is read; what another flag names is written. */
const READ: readonly string[] = ["--data", "--config", "--digits", "--teacher", "--onnx"];

/** Whoever does not want a file writes it here. Standard output is no place for one: the answer goes there. */
const NOWHERE = "/dev/null";

/** Places of the system below which nothing of a user lies; /dev/shm is memory that may be used. */
const SYSTEM = /^\/(proc|sys|dev)(\/|$)(?!shm(\/|$))/;

/** Looks at all paths that a command was given. @throws ConfigError for an empty one, and for an output that is no place to write to. */
export function checkPaths(command: Command): void {
  command.registeredArguments.forEach((argument, i) => {
    if (KINDS[argument.name()] === undefined) return;
    for (const given of textsOf(command.processedArgs[i])) requireGiven(`<${argument.name()}>`, given);
  });
  for (const option of command.options) {
    const kind = KINDS[/[<[]([a-z]+)/.exec(option.flags)?.[1] ?? ""];
    const flag = option.long ?? "";
    if (kind === undefined || flag === "") continue;
    const texts = textsOf(command.getOptionValue(option.attributeName()));
    const several = option.flags.includes("<files>");
    for (const given of several ? texts.flatMap((text) => text.split(",")) : texts) {
      requireGiven(flag, given);
      if (!READ.includes(flag)) requireWritable(flag, kind, given);
    }
  }
}

/** Is a file not to be kept? It is a device then, which must not be replaced. */
export function goesNowhere(file: string): boolean {
  return path.resolve(file) === NOWHERE;
}

function textsOf(value: unknown): string[] {
  return [value].flat().filter((text) => typeof text === "string");
}

function requireGiven(label: string, given: string): void {
  if (given.trim() !== "") return;
  throw configError(
    `${label} is empty; a path is needed. If it is written as a shell variable, that variable may be unset.`,
  );
}

function requireWritable(flag: string, kind: "folder" | "file", given: string): void {
  const where = `${flag} ${given}`;
  const full = path.resolve(given);
  if (kind === "file" && goesNowhere(given)) return;
  const own = statsOf(full);
  if (kind === "file" && (own?.isDirectory() || /[/\\]$/.test(given))) {
    throw configError(`${where}: this is a folder; give the name of a file, as in ${path.join(given, "NAME")}.`);
  }
  if (kind === "folder" && own !== undefined && !own.isDirectory()) {
    throw configError(`${where}: this is a file; give the name of a folder, or one that is free.`);
  }
  let above = own?.isDirectory() ? full : path.dirname(full);
  while (statsOf(above) === undefined) above = path.dirname(above);
  const real = realpathSync(above);
  if (SYSTEM.test(full) || SYSTEM.test(real)) {
    throw configError(`${where}: ${real} belongs to the system and keeps no files; choose another place.`);
  }
  if (!statSync(real).isDirectory()) {
    throw configError(`${where}: ${above} is a file, so there is no folder to write to; choose another place.`);
  }
  try {
    accessSync(real, constants.W_OK);
  } catch (cause) {
    throw runError(`${where}: ${above} cannot be written to: ${systemReason(cause as NodeJS.ErrnoException)}`);
  }
}

/** @throws RunError where the system does not let us look. */
function statsOf(place: string): Stats | undefined {
  try {
    return statSync(place);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw runError(`${place}: cannot look at this place: ${systemReason(cause)}`);
  }
}
