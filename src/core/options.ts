/** @file Options: zod schemas with our messages. Unknown keys are errors that name the nearest known key. */
import * as z from "zod";
import { configError, hint, listing } from "./errors.ts";
import { shown } from "./keys.ts";

/** Options as a user passes them: all are optional. */
export type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** An error of a zod schema: the value given and what is allowed. */
export const allowing =
  (allowed: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    `${shown(input)} given; allowed is ${allowed}`;

/** One of some words; the error names the nearest. */
export function oneOf<const T extends readonly [string, ...string[]]>(...allowed: T): z.ZodType<T[number], T[number]> {
  return z.enum(allowed, {
    error: ({ input }) =>
      typeof input === "string"
        ? `unknown word "${input}"${hint(input, allowed)}`
        : `${shown(input)} given; allowed: ${listing(allowed, 40)}.`,
  });
}

/** One error in a value: its path and message. */
export interface OptionIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** All errors of `value` under `schema`; empty if it is valid. Messages name the nearest known key. */
export function optionIssues(schema: z.ZodType, value: unknown): OptionIssue[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.flatMap((issue): OptionIssue[] => {
    const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown option "${key}"${hint(key, known)}` }));
  });
}

/** `value` with defaults filled in. @throws ConfigError that lists every issue, each with its path under `where`. */
export function parseOptions<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const issues = optionIssues(schema, value);
  if (issues.length > 0) {
    const lines = issues.map((issue) => `${[where, ...issue.path].join(".")}: ${issue.message}`);
    throw configError(lines.join("\n"), { issues });
  }
  return schema.parse(value) as z.output<S>;
}

/** The keys an object schema knows at a path. */
function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let node: unknown = schema;
  for (const part of path) {
    node = unwrap(node);
    const def = (node as { def?: { type?: string; valueType?: unknown; element?: unknown } }).def;
    if (def?.type === "record") node = def.valueType;
    else if (def?.type === "array") node = def.element;
    else node = shapeOf(node)?.[String(part)];
  }
  return Object.keys(shapeOf(unwrap(node)) ?? {});
}

function shapeOf(node: unknown): Record<string, unknown> | undefined {
  return (node as { shape?: Record<string, unknown> } | undefined)?.shape;
}

/** The schema inside optional, default and the like. */
function unwrap(node: unknown): unknown {
  let inner = node;
  while (true) {
    const def = (inner as { def?: { type?: string; innerType?: unknown } } | undefined)?.def;
    if (def?.innerType === undefined) return inner;
    inner = def.innerType;
  }
}
