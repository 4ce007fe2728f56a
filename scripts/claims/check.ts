/**
 * @file Checks the claims of a document against the pages it links to. A claim is a paragraph or list item with a link to docs/results* or
 * docs/truth.md and a number with decimals. Each such number must be in a table row of a method and data set that the claim names
 * (the data set may be omitted if the page has only one). A number of DMIL must come with that of its strongest baseline.
 */
import { NUMBER, type Page, readPage, type SetTable, tablesIn } from "./pages.ts";

/** Reads the documents at a link's target; for a folder, all its documents. */
export type Read = (target: string) => readonly string[];

/** Link targets that support claims. */
const SOURCES = /^(?:\.\/)?docs\/(?:results|truth)/;

/** Errors in the claims of a document, one line each; empty if all numbers are in the tables. */
export function wrongClaims(document: string, read: Read): string[] {
  return blocksOf(document).flatMap((block) => {
    const targets = [...block.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target!);
    const sources = targets.filter((target) => SOURCES.test(target));
    const text = block.replace(/\]\([^)]*\)/g, "]").replace(/\s+/g, " ");
    const numbers = [...new Set(text.match(new RegExp(NUMBER, "g")) ?? [])];
    if (sources.length === 0 || numbers.length === 0) return [];
    const texts = sources.flatMap(read);
    const pages = texts.flatMap((text) => readPage(text) ?? []);
    const others = texts.filter((text) => readPage(text) === undefined).flatMap((text) => tablesIn(text).flat(2));
    const named = pages.flatMap(({ sets }) => (sets.length === 1 ? sets : sets.filter(({ set }) => names(text, set))));
    return [
      ...numbers.flatMap((number) => unfound(number, text, { pages, named, others }) ?? []),
      ...named.flatMap((table) => rivalOf(table, text, numbers) ?? []),
    ];
  });
}

interface Sources {
  readonly pages: readonly Page[];
  readonly named: readonly SetTable[];
  /** Cells of tables of other documents. */
  readonly others: readonly string[];
}

/** Why a number is not supported; undefined if it is. */
function unfound(number: string, text: string, { pages, named, others }: Sources): string | undefined {
  const inCells = (cells: readonly string[]): boolean => cells.some((cell) => same(number, cell));
  const methods = (table: SetTable): string[] =>
    [...table.numbers].flatMap(([method, cells]) => (inCells(cells) ? [method] : []));
  const holders = named.flatMap((table) => methods(table).map((method) => ({ method, set: table.set })));
  if (holders.some(({ method }) => names(text, method))) return undefined;
  const ranked = pages.flatMap(({ ranks }) => [...ranks].filter(([, { rank }]) => rank === number));
  if (ranked.some(([method]) => names(text, method))) return undefined;
  if (others.some((cell) => (cell.match(new RegExp(NUMBER, "g")) ?? []).some((value) => same(number, value)))) {
    return undefined;
  }
  if (holders.length > 0) {
    const { method, set } = holders[0]!;
    return `${number} is of ${method} on ${set}: name the method`;
  }
  const elsewhere = pages.flatMap(({ sets }) => sets).find((table) => methods(table).some((name) => names(text, name)));
  return elsewhere === undefined
    ? `${number} stands in no table that is linked beside it, in no row of a method that is named`
    : `${number} stands in the table of ${elsewhere.set}: name the set`;
}

/** What a claim about DMIL omits about its strongest baseline. */
function rivalOf({ set, rows }: SetTable, text: string, numbers: readonly string[]): string | undefined {
  const own = rows.find(({ method }) => method === "dmil");
  const rivals = rows.filter(({ method }) => !method.startsWith("dmil"));
  const claimed = (figure: string): boolean => numbers.some((number) => same(number, figure));
  if (own === undefined || rivals.length === 0 || !claimed(own.figure)) return undefined;
  const strongest = rivals.filter(({ figure }) => figure === rivals[0]!.figure);
  if (strongest.some(({ method, figure }) => names(text, method) && claimed(figure))) return undefined;
  const [{ method, figure }] = strongest as [(typeof strongest)[number]];
  return `dmil's ${own.figure} on ${set} stands without its strongest rival: ${method}, ${figure}`;
}

/** Whether a number of a sentence is one of a table: `.88` is 0.881 rounded. */
function same(number: string, cell: string): boolean {
  const digits = number.length - number.indexOf(".") - 1;
  const inTable = cell.length - cell.indexOf(".") - 1;
  return inTable >= digits && Number(cell).toFixed(digits) === Number(number).toFixed(digits);
}

/** Whether a text contains a name as a whole word: `joint` is not in `joint-mlp`. */
function names(text: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-]|\\+\\w)`, "i").test(text);
}

/** Paragraphs and list items. */
function blocksOf(document: string): string[] {
  const outside = document.replace(/^```[\s\S]*?^```/gm, "");
  return outside.split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )/);
}
