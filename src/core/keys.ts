/** @file The names of options, checked without a schema: what every public function does first. Loads nothing, so that all may use it. */
import { configError, hint } from "./errors.ts";

/** A value as messages show it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 60);
  } catch {
    return typeof value === "bigint" ? `${value}n` : "a value that holds itself"; // JSON has neither
  }
}

/** A value with named parts: neither null nor a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The options of a type, each once: the compiler asks for one that is left out. */
export type Keys<T> = { readonly [K in keyof T]-?: true };

/** @throws ConfigError when `options` is no object, or has one that is not in `known`: it names the nearest. Values are not looked at. */
export function checkOptions<T extends object>(where: string, options: T, known: Keys<T>): void {
  if (!isRecord(options)) {
    throw configError(
      `${where}: ${shown(options)} given in place of options; allowed: ${Object.keys(known).join(", ")}.`,
    );
  }
  checkKeys(where, options, Object.keys(known));
}

/** @throws ConfigError when `options` has a key outside `allowed`. */
export function checkKeys(where: string, options: object, allowed: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!allowed.includes(key)) {
      throw configError(`${where}: unknown option "${key}"${hint(key, allowed)}`, { option: key, allowed });
    }
  }
}
