/** @file Checks all paths of a command line before the command runs: none is empty, and outputs can be written. */
import { accessSync, constants, realpathSync, type Stats, statSync } from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { configError, runError } from "../core/errors.ts";
import { isSystemError, systemReason } from "../core/system-errors.ts";

/** The kind of a path, by the word in brackets of its usage text, for example `--out <file>`. */
const KINDS: Readonly<Record<string, "folder" | "file">> = {
  dir: "folder",
  run: "folder",
  data: "folder",
  recordings: "folder",
  source: "folder",
  file: "file",
  files: "file",
};

/** Flags whose paths are read; paths of all other flags are written. */
const INPUT_FLAGS: readonly string[] = ["--data", "--config", "--digits", "--teacher", "--onnx"];

/** The path for output that is not wanted. Standard output cannot be used for files, because the answer is printed there. */
const NULL_DEVICE = "/dev/null";

/** System folders without user files; /dev/shm is allowed, because it is memory for user files. */
const SYSTEM = /^\/(proc|sys|dev)(\/|$)(?!shm(\/|$))/;

/** Checks all paths of a command. @throws ConfigError for an empty path, and for an output path that cannot be used. */
export function checkPaths(command: Command): void {
  command.registeredArguments.forEach((argument, i) => {
    if (KINDS[argument.name()] === undefined) return;
    for (const text of textsOf(command.processedArgs[i])) requirePath(`<${argument.name()}>`, text);
  });
  for (const option of command.options) {
    const kind = KINDS[/[<[]([a-z]+)/.exec(option.flags)?.[1] ?? ""];
    const flag = option.long ?? "";
    if (kind === undefined || flag === "") continue;
    const texts = textsOf(command.getOptionValue(option.attributeName()));
    const several = option.flags.includes("<files>");
    for (const file of several ? texts.flatMap((text) => text.split(",")) : texts) {
      requirePath(flag, file);
      if (!INPUT_FLAGS.includes(flag)) requireWritable(flag, kind, file);
    }
  }
}

/** Whether a path is /dev/null, a device that must not be replaced by a file. */
export function goesNowhere(file: string): boolean {
  return path.resolve(file) === NULL_DEVICE;
}

function textsOf(value: unknown): string[] {
  return [value].flat().filter((text) => typeof text === "string");
}

function requirePath(label: string, text: string): void {
  if (text.trim() !== "") return;
  throw configError(`${label} is empty; a path is needed. If you used a shell variable, it may be unset.`);
}

function requireWritable(flag: string, kind: "folder" | "file", output: string): void {
  const where = `${flag} ${output}`;
  const full = path.resolve(output);
  if (kind === "file" && goesNowhere(output)) return;
  const stats = statsOf(full);
  if (kind === "file" && (stats?.isDirectory() || /[/\\]$/.test(output))) {
    throw configError(`${where}: this is a folder; give the name of a file, for example ${path.join(output, "NAME")}.`);
  }
  if (kind === "folder" && stats !== undefined && !stats.isDirectory()) {
    throw configError(`${where}: this is a file; give the name of a folder.`);
  }
  let folder = stats?.isDirectory() ? full : path.dirname(full);
  while (statsOf(folder) === undefined) folder = path.dirname(folder);
  const real = realpathSync(folder);
  if (SYSTEM.test(full) || SYSTEM.test(real)) {
    throw configError(`${where}: ${real} is a system folder and stores no files; choose another folder.`);
  }
  if (!statSync(real).isDirectory()) {
    throw configError(`${where}: ${folder} is a file, so there is no folder to write to; choose another path.`);
  }
  try {
    accessSync(real, constants.W_OK);
  } catch (cause) {
    throw runError(`${where}: ${folder} cannot be written to: ${systemReason(cause as NodeJS.ErrnoException)}`);
  }
}

/** The stats of a path; undefined if it does not exist. @throws RunError if the system denies access. */
function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw runError(`${file}: this path cannot be read: ${systemReason(cause)}`);
  }
}
