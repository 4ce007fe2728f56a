/** @file Settings from a file, flags and --set, where later sources override earlier ones; each setting keeps where it was written. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { configError, DmilError } from "../core/errors.ts";
import { isRecord } from "../core/keys.ts";
import type { OptionIssue } from "../core/options.ts";
import { LARGEST_SEED } from "../core/random.ts";
import { withValue } from "../core/record.ts";
import { systemReason } from "../core/system-errors.ts";
import { MOST_RUNS } from "../experiments/entry.ts";
import { withFilesFrom } from "./encoder-files.ts";
import { readYaml } from "./yaml.ts";

type Path = readonly (string | number)[];

/** Settings before they are checked. */
export interface SettingsInput {
  readonly value: Readonly<Record<string, unknown>>;
  /** Where the setting at a path was written, and its name: `run.yaml:3:5 encoder.dropout: `, `--seed: `. */
  origin(path: Path): string;
}

/** A setting from a flag. */
export interface Flag {
  readonly label: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Collects settings; paths of --set are relative to `under`, files that encoders of a file name to its folder. @throws ConfigError for a file that cannot be read as YAML, and for a malformed --set. */
export async function gatherSettings(
  file: string | undefined,
  flags: readonly Flag[],
  sets: readonly string[],
  under: readonly string[] = [],
): Promise<SettingsInput> {
  const source = file === undefined ? undefined : await readConfig(file);
  const overrides = [...flags.filter(({ value }) => value !== undefined), ...sets.map((set) => parseSet(set, under))];
  let value: Record<string, unknown> = source?.value ?? {};
  for (const { label, path, value: setting } of overrides) value = withValue(value, path, setting, `${label}: `);
  return {
    value,
    origin(path) {
      // The last flag that sets this path, a part of it or a parent of it decides.
      const affects = (flag: Flag): boolean => flag.path.every((part, i) => i >= path.length || part === path[i]);
      const override = path.length === 0 ? undefined : overrides.findLast(affects);
      if (override === undefined) return source?.origin(path) ?? named(path);
      return `${override.label}: ${override.path.length === path.length ? "" : named(path)}`;
    },
  };
}

/** Runs `work`; adds to a ConfigError about settings where they were written. @throws what `work` throws. */
export async function locating<T>(input: Pick<SettingsInput, "origin">, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const issues = error instanceof DmilError ? (error.fields.issues as readonly OptionIssue[] | undefined) : undefined;
    if (issues === undefined) throw error;
    const lines = issues.map(({ path, message }) => `${input.origin(path)}${message}`);
    throw configError(lines.join("\n"), { issues });
  }
}

/** The text as a number if it is one, otherwise the text itself, which the schema then reports. */
export function numberOrText(text: string | undefined): number | string | undefined {
  return text === undefined || text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

/**
 * The settings of a flag that holds for all modalities (`--encoder pool`) or for one (`--encoder audio=pool`); `pathOf` returns where the
 * setting stands. @throws ConfigError for an empty name or value.
 */
export function byModality(
  flag: string,
  example: string,
  values: readonly string[] | undefined,
  pathOf: (modality?: string) => readonly string[],
): Flag[] {
  return (values ?? []).map((text) => {
    const equals = text.lastIndexOf("=");
    const value = text.slice(equals + 1);
    if (equals === 0 || value === "") {
      throw configError(
        `${flag} ${text}: a value, or a modality and a value, is needed, for example ${flag} audio=${example}`,
      );
    }
    return { label: `${flag} ${text}`, path: pathOf(equals < 0 ? undefined : text.slice(0, equals)), value };
  });
}

/** Splits `audio,face` into names. @throws ConfigError for an empty name. */
export function names(text: string | undefined, flag = "--modalities"): string[] | undefined {
  const list = text?.split(",").map((name) => name.trim());
  if (list?.includes("")) {
    const advice = flag === "--modalities" ? "; give names, for example audio,face" : ".";
    throw configError(`${flag} ${text}: a name is empty${advice}`);
  }
  return list;
}

/** Parses seeds such as `0-2` or `0,3,5`. @throws ConfigError for anything else, and for a range of more seeds than one command can run. */
export function seedsOf(text: string, label = "--seeds "): number[] {
  const range = /^(\d+)-(\d+)$/.exec(text.trim());
  const parts = range === null ? text.split(",") : range.slice(1);
  const numbers = parts.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.some((seed) => !Number.isInteger(seed) || seed < 0)) {
    throw configError(`${label}${text}: whole numbers are needed, for example 0-2 or 0,3.`);
  }
  if (numbers.some((seed) => seed > LARGEST_SEED)) {
    throw configError(`${label}${text}: a seed is at most ${LARGEST_SEED}.`);
  }
  if (range === null) return [...new Set(numbers)];
  const [first, last] = numbers as [number, number];
  const size = last - first + 1;
  if (size < 1) throw configError(`${label}${text}: the last seed is smaller than the first; swap them.`);
  if (size > MOST_RUNS) throw configError(`${label}${text}: ${size} seeds; one command runs at most ${MOST_RUNS}.`);
  return Array.from({ length: size }, (_, i) => first + i);
}

/** Parses a number of processes. @throws ConfigError for anything else. */
export function workersOf(text: string): number {
  const workers = Number(text);
  if (Number.isInteger(workers) && workers >= 1) return workers;
  throw configError(`--workers ${text}: a whole number of at least 1 is needed.`);
}

async function readConfig(file: string): Promise<SettingsInput> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "ENOENT" ? "this file does not exist." : systemReason(cause);
    throw configError(`--config ${file}: ${reason}`, { file });
  });
  const { value, placeOf } = readYaml(text, (place) => (place === undefined ? `${file}: ` : `${file}:${place} `));
  if (value !== null && !isRecord(value)) {
    throw configError(
      `${file} contains ${JSON.stringify(value)?.slice(0, 60)}; settings are needed, one per line, for example method: dmil.`,
      { file },
    );
  }
  return {
    value: withFilesFrom(dirname(file), value ?? {}),
    origin: (path) => {
      const place = placeOf(path);
      return `${file}${place === undefined ? "" : `:${place}`} ${named(path)}`;
    },
  };
}

/** Parses `a.b=1`; the value is read as YAML. */
function parseSet(text: string, under: readonly string[]): Flag {
  const equals = text.indexOf("=");
  const path = text.slice(0, equals).split(".");
  if (equals < 0 || path.includes("")) {
    throw configError(`--set ${text}: a setting and a value are needed, for example --set epochs.whole=5`);
  }
  const { value } = readYaml(text.slice(equals + 1), () => `--set ${text}: `);
  return { label: `--set ${text}`, path: [...under, ...path], value };
}

function named(path: Path): string {
  return path.length === 0 ? "" : `${path.join(".")}: `;
}
