/** @file `dmil methods`: lists every method and named variant, one per line. */
import { methods as all } from "../../methods/index.ts";
import type { Answer } from "../answer.ts";
import { table } from "../text.ts";

/** Lists the names that --method accepts. */
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
  return { text: `${table(rows)}\n\ntrain one of them: dmil train DIR --method NAME`, json: { methods: listed } };
}

function settings(options: object): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(", ");
}
