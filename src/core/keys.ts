/** @file Checks of option names without a schema, which every public function does first. It imports no library, so that all modules can use it. */
import { configError, hint } from "./errors.ts";

/** A value as text for messages. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value); // JSON has no NaN and no infinity
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 60);
  } catch {
    return typeof value === "bigint" ? `${value}n` : "a value that holds itself"; // JSON has neither
  }
}

/** Whether a value is an object, not null and not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All option names of a type; the compiler reports a missing one. */
export type Keys<T> = { readonly [K in keyof T]-?: true };

/** @throws ConfigError if `options` is not an object or has an unknown name; the message has the nearest known one. Values are not checked. */
export function checkOptions<T extends object>(where: string, options: T, known: Keys<T>): void {
  if (!isRecord(options)) {
    throw configError(
      `${where}: ${shown(options)} given in place of options; allowed: ${Object.keys(known).join(", ")}.`,
    );
  }
  checkKeys(where, options, Object.keys(known));
}

/** @throws ConfigError if `options` has a key that is not in `allowed`. */
export function checkKeys(where: string, options: object, allowed: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!allowed.includes(key)) {
      throw configError(`${where}: unknown option "${key}"${hint(key, allowed)}`, { option: key, allowed });
    }
  }
}
