/** @file Parses pages written by `dmil compare`: data sets, methods, numbers, marks. */

/** A method's row in the first table of a set. */
export interface Row {
  readonly method: string;
  /** The metric that methods are ranked by, as written: `0.881`. */
  readonly figure: string;
  readonly mark?: "best" | "tied";
}

/** A data set of a page: its title up to the colon, and its methods, best first. */
export interface SetTable {
  readonly set: string;
  /** `accuracy`. */
  readonly heading: string;
  /** `5 seeds`. */
  readonly repeats: string;
  readonly rows: readonly Row[];
  /** All numbers of a method in the tables of the data set, as written. */
  readonly numbers: ReadonlyMap<string, readonly string[]>;
}

/** A page of a comparison. */
export interface Page {
  readonly sets: readonly SetTable[];
  /** By method: mean rank and number of data sets; empty if the page has one data set. */
  readonly ranks: ReadonlyMap<string, { readonly rank: string; readonly sets: number }>;
}

const TITLE = /^### (.+): (.+) on (?:test|validation), \d+ methods?, (\d+ (?:seed|split)s?)$/;

/** A parsed page; undefined for other documents. */
export function readPage(text: string): Page | undefined {
  if (!text.startsWith("# Methods compared\n")) return undefined;
  const sections = text.split(/^(?=##? |### )/m);
  const sets = sections.flatMap((section): SetTable[] => {
    const title = TITLE.exec(plain(section.split("\n")[0]!));
    if (title === null) return [];
    const [set, heading, repeats] = title.slice(1) as [string, string, string];
    const [first, ...more] = tablesIn(section);
    const rows = first!.slice(1).flatMap(([method, , figure = ""]): Row[] => {
      const value = NUMBER.exec(plain(figure))?.[0];
      if (value === undefined) return [];
      const mark = figure.startsWith("**") ? "best" : figure.startsWith("_") ? "tied" : undefined;
      return [{ method: plain(method!), figure: value, ...(mark !== undefined && { mark }) }];
    });
    const numbers = new Map<string, string[]>();
    for (const [name, ...cells] of [first!, ...more].flatMap((table) => table.slice(1))) {
      const values = cells.flatMap((cell) => plain(cell).match(new RegExp(NUMBER, "g")) ?? []);
      numbers.set(plain(name!), [...(numbers.get(plain(name!)) ?? []), ...values]);
    }
    return [{ set, heading, repeats, rows, numbers }];
  });
  const glance = sections.find((section) => /^### mean .*, and mean rank$/.test(section.split("\n")[0]!));
  const ranks = (glance === undefined ? [] : tablesIn(glance)[0]!.slice(1)).map(
    ([method, rank, over]) => [plain(method!), { rank: rank!, sets: Number(over) }] as const,
  );
  return { sets, ranks: new Map(ranks) };
}

/** A number with decimals, as in tables and sentences. */
export const NUMBER: RegExp = /(?<![\w.])\d*\.\d+(?![\w.]*\w)/;

/** Tables of a text: rows of cells, header first. */
export function tablesIn(text: string): string[][][] {
  const tables: string[][][] = [];
  let open = false;
  for (const line of text.split("\n")) {
    const isRow = line.startsWith("|");
    if (isRow && !open) tables.push([]);
    open = isRow;
    if (isRow && !/^[|\s:-]+$/.test(line)) {
      const cells = line.replace(/\\\|/g, "\u0000").split("|").slice(1, -1);
      tables.at(-1)!.push(cells.map((cell) => cell.replaceAll("\u0000", "|").trim()));
    }
  }
  return tables;
}

/** A text without Markdown marks and escapes. */
function plain(text: string): string {
  return text.replace(/^(\*\*|_)(.*)\1$/, "$2").replace(/\\([\\`*_{}[\]()#+\-.!|<>~&])/g, "$1");
}
