/** @file Where DMIL stands on a page of a comparison, in sentences whose every figure is in its tables. */
import type { Page, Row, SetTable } from "./pages.ts";

/** Mean rank beside the others', and set by set: first, not shown to differ from the first, or behind it by more than noise. */
export function standing({ sets, ranks }: Page, method = "dmil"): string[] {
  const most = Math.max(...[...ranks.values()].map((own) => own.sets));
  const ranked = [...ranks].filter(([, own]) => own.sets === most);
  const own = ranked.findIndex(([name]) => name === method);
  const told = ([name, { rank }]: (typeof ranked)[number]): string => `${name} ${rank}`;
  const others = ranked.filter((_, i) => i !== own);
  const lines =
    own < 0
      ? []
      : [
          `Mean rank over ${most} sets, of ${ranked.length} methods that ran on all: ${told(ranked[own]!)}, place ${own + 1}; ${own === 0 ? "next" : "first"} ${others.slice(0, 3).map(told).join(", ")}.`,
        ];
  const placed = sets.flatMap((table) => {
    const row = table.rows.find((one) => one.method === method);
    return row === undefined ? [] : [{ table, row }];
  });
  const parts: readonly (readonly [string, Row["mark"]])[] = [
    ["First", "best"],
    ["Not shown to differ from the first", "tied"],
    ["Behind the first by more than noise", undefined],
  ];
  for (const [title, mark] of parts) {
    const found = placed.filter(({ row }) => row.mark === mark);
    const listed = found.map(({ table, row }) => `${table.set} (${row.figure}; ${rivals(table, method)})`);
    lines.push(
      `${title} on ${found.length} of ${placed.length}${listed.length === 0 ? "." : `: ${listed.join(", ")}.`}`,
    );
  }
  return lines;
}

/** The best that is not of the method's own family. */
function rivals({ rows }: SetTable, method: string): string {
  const best = rows.find((row) => !row.method.startsWith(method));
  return best === undefined ? "no rival" : `${best.method} ${best.figure}`;
}
