/** @file The table of README.md: DMIL beside joint learning, the ensemble and its strongest rivals, from the generated results. */
import { markdownTable } from "../region.ts";
import type { Page } from "./pages.ts";

/** So many of the strongest methods by mean rank that are no form of DMIL; with them the strongest on each set of the other page. */
const RIVALS = 3;

/** A row a method: mean rank over the sets of `main`, how often it is first or not shown to differ, and accuracy on each set of `synergy`. */
export function overview(main: Page, synergy: Page): string {
  const most = Math.max(...[...main.ranks.values()].map(({ sets }) => sets));
  const ranked = [...main.ranks].filter(([, { sets }]) => sets === most).map(([method]) => method);
  const isRival = (method: string): boolean => !method.startsWith("dmil");
  const strongest = synergy.sets.flatMap(({ rows }) => rows.find(({ method }) => isRival(method))?.method ?? []);
  const rivals = new Set([...ranked.filter(isRival).slice(0, RIVALS), ...strongest]);
  const rows = ["dmil", "dmil-published", ...rivals, "joint", "ensemble"];
  const marked = (method: string): string => {
    const own = main.sets.map(({ rows }) => rows.find((row) => row.method === method)?.mark);
    const first = own.filter((mark) => mark === "best").length;
    return `${first} first, ${own.filter((mark) => mark === "tied").length} tied`;
  };
  const figure = (page: Page, set: string, method: string): string =>
    page.sets.find((table) => table.set === set)?.rows.find((row) => row.method === method)?.figure ?? "-";
  const scenes = synergy.sets.map(({ set }) => set);
  return markdownTable([
    ["method", `mean rank of ${ranked.length}`, `of ${main.sets.length} sets`, ...scenes],
    ...rows.map((method) => [
      method,
      main.ranks.get(method)!.rank,
      marked(method),
      ...scenes.map((set) => figure(synergy, set, method)),
    ]),
  ]);
}
