/** @file Roles of arrays and columns: which one is the target, and which are not features. */
import { type DmilError, dataError, hint, nearest } from "../../core/errors.ts";

/** A part of the data that is not used, and the reason. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** Common names of the target column. */
const USUAL = ["class", "target", "y", "outcome", "diagnosis", "category", "species", "response", "output", "result"];

/** The place where a name is searched, for messages. */
interface Among {
  /** Of the file or folder. */
  readonly where: string;
  readonly noun: "column" | "array";
  readonly names: readonly string[];
}

/** The default names of the labels: `label` and `labels` in any letter case. */
export function labelAlias(names: readonly string[], usual: string): string | undefined {
  if (names.includes(usual)) return usual;
  const others = names.filter((name) => /^labels?$/i.test(name));
  return others.length === 1 ? others[0] : undefined;
}

/** @throws DataError when the array or column to predict does not exist; the message lists similar names. */
export function requireNamed(name: string, { where, noun, names }: Among): void {
  if (names.includes(name)) return;
  throw dataError(`${where}: there is no ${noun} "${name}" to predict${hint(name, names.slice(0, 40))}`, {
    where,
    [noun]: name,
  });
}

/** The error for data without a default label name. */
export function noLabel(usual: string, { where, noun, names }: Among): DmilError {
  const same = (a: string, b: string): boolean => [b, `${b}s`, `${b}es`].includes(a.toLowerCase());
  const found = names.filter((name) => USUAL.some((word) => same(name, word)) || /^labels?$/i.test(name));
  const near = found.length > 0 ? found : [nearest(usual, names)].filter((name) => name !== undefined);
  const like = near[0] ?? "NAME";
  const advice =
    near.length === 0
      ? `Say which ${noun} is to be predicted`
      : `Is ${near.slice(0, 3).join(" or ")} to be predicted? Then say so`;
  return dataError(
    `${where}: there is no ${noun} "${usual}". ${advice}: --label ${quoted(like)}, or "label": ${JSON.stringify(like)} in dataset.json. ${noun === "column" ? "Columns" : "Arrays"}: ${names.join(", ").slice(0, 400) || "none"}.`,
    { where, [noun]: usual },
  );
}

/** Checks the names to leave out. @throws DataError for a name that does not exist. */
export function requireLeavable(leaveOut: readonly string[], known: readonly string[], where: string): void {
  for (const name of leaveOut) {
    if (known.includes(name)) continue;
    const named = [...new Set(known)].filter((own) => own !== "");
    throw dataError(`${where}: there is no "${name}" to leave out${hint(name, named.slice(0, 40))}`, { where, name });
  }
}

export const ASKED = "as asked";

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `"${name}"`;
}
