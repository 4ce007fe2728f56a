/** @file `dmil methods`: every method and named variant, with a line each. */
import { methods as all } from "../../methods/index.ts";
import type { Answer } from "../answer.ts";
import { table } from "../text.ts";

/** Lists what --method takes. */
export async function methods(): Promise<Answer> {
  const listed = Object.entries(all).map(([name, { summary, variants, targets }]) => ({
    name,
    summary,
    variants,
    targets,
  }));
  const rows = listed.flatMap(({ name, summary, variants }) => [
    [name, summary],
    ...Object.entries(variants).map(([variant, options]) => [`  ${variant}`, settings(options)]),
  ]);
  return { text: `${table(rows)}\n\ntrain one: dmil train DIR --method NAME`, json: { methods: listed } };
}

function settings(options: object): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(", ");
}
