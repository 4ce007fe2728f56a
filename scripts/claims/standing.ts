/** @file DMIL's rank on a comparison page, in sentences whose numbers are all in its tables. */
import type { Page, Row, SetTable } from "./pages.ts";

/** Mean ranks, and by data set: first, not significantly different from the first, or significantly worse. */
export function standing({ sets, ranks }: Page, method = "dmil"): string[] {
  const maxSets = Math.max(...[...ranks.values()].map((rank) => rank.sets));
  const ranked = [...ranks].filter(([, rank]) => rank.sets === maxSets);
  const index = ranked.findIndex(([name]) => name === method);
  const text = ([name, { rank }]: (typeof ranked)[number]): string => `${name} ${rank}`;
  const others = ranked.filter((_, i) => i !== index);
  const lines =
    index < 0
      ? []
      : [
          `Mean rank over ${maxSets} sets, of ${ranked.length} methods that ran on all: ${text(ranked[index]!)}, place ${index + 1}; ${index === 0 ? "next" : "first"} ${others.slice(0, 3).map(text).join(", ")}.`,
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
    const matching = placed.filter(({ row }) => row.mark === mark);
    const listed = matching.map(({ table, row }) => `${table.set} (${row.figure}; ${rivals(table, method)})`);
    lines.push(
      `${title} on ${matching.length} of ${placed.length}${listed.length === 0 ? "." : `: ${listed.join(", ")}.`}`,
    );
  }
  return lines;
}

/** The best method outside the given method's family. */
function rivals({ rows }: SetTable, method: string): string {
  const best = rows.find((row) => !row.method.startsWith(method));
  return best === undefined ? "no rival" : `${best.method} ${best.figure}`;
}
