import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32 } from "../../../src/core/tensor.ts";
import {
  type CsvTable,
  csvFeatures,
  csvForm,
  csvRows,
  csvTargets,
  csvTexts,
  isMissing,
  parseNumber,
  readCsv,
} from "../../../src/data/formats/csv.ts";
import { caught } from "../fixtures/reference.ts";

const csv = (text: string) => readCsv(new TextEncoder().encode(text), "t.csv");

const rowsOf = (table: CsvTable): string[][] =>
  Array.from({ length: table.count }, (_, row) => table.columns.map((_, column) => table.cell(row, column)));

describe("tables", () => {
  it("gives the features of columns in the order asked for, and texts", () => {
    const table = csv("id,audio.1,audio.0,label,humidity\nx,2,1,up,7.5\ny,4,3,down,-1e-3\n");
    expect(csvFeatures(table, [2, 1])).toEqual(float32([2, 2], [1, 2, 3, 4]));
    expect(csvFeatures(table, [4])).toEqual(float32([2, 1], [7.5, -1e-3]));
    expect(csvTexts(table, "label")).toEqual(["up", "down"]);
  });

  it("takes a byte order mark, quotes, line ends of Windows, empty lines, and knows on which line a row begins", () => {
    const table = csv('\ufeffa,"label"\r\n\r\n1,"x, ""y""\nz"\r\n2,w\r\n');
    expect(table.columns).toEqual(["a", "label"]);
    expect(rowsOf(table)).toEqual([
      ["1", 'x, "y"\nz'],
      ["2", "w"],
    ]);
    expect([...(table.lines as Uint32Array)]).toEqual([3, 5]);
  });

  it.each([
    ["uneven lines", "a,b\n1,2\n3\n", /line 3: 1 cell, where the header line has 2/],
    ["decimal commas between commas", "a,b\n1,5,2,5\n", /line 2: 4 cells.*decimals have a comma.*semicolons/],
    ["unclosed quotes", 'a,b\n1,"2\n3,4\n', /line 2: a quotation mark opens a cell and none closes it/],
    ["text after a quoted cell", 'a,b\n1,2\n"3"4,5\n', /line 3: text follows a closing quotation mark/],
    ["a quotation mark inside of a cell", 'a,b\n5" disk,2\n', /line 2: a quotation mark inside of a cell/],
    ["a line without end", `a,b\n1,${"x".repeat(2 ** 24)}\n`, /line 2: more than 16777216 characters/],
    ["more columns than can be meant", `${",".repeat(2 ** 20)}\n`, /line 1: more than 1048576 cells/],
    ["no rows", "a,b\n", /no rows/],
    ["nothing", "", /no rows/],
    ["a repeated column", "a,a\n1,2\n", /"a" occurs twice/],
    ["a column without a name", "a,\n1,2\n", /column 2 has no name/],
  ])("refuses %s", (_, text, message) => {
    expect(caught(() => csv(text)).message).toMatch(message);
  });

  it("names line and column of a cell that is no number", () => {
    const table = csv("a.0,a.1\n1,2\n3,4x\n");
    expect(caught(() => csvFeatures(table, [0, 1])).message).toMatch(/line 3, column a\.1 is "4x"/);
    const empty = csv("a.0,a.1\n1,\n");
    expect(caught(() => csvFeatures(empty, [0, 1])).message).toMatch(/line 2, column a\.1 is empty/);
    expect(caught(() => csvTexts(table, "label")).message).toMatch(/no column "label"/);
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(caught(() => readCsv(Uint8Array.of(0x61, 0xff, 0xfe))).message).toMatch(/UTF-8/);
  });
});

describe("separators and decimals", () => {
  it.each([
    [",", "a,b,label\n1.5,2,x\n"],
    [";", "a;b;label\n1.5;2;x\n"],
    ["\t", "a\tb\tlabel\n1.5\t2\tx\n"],
    [";", '"a";b;"label"\r\n"1.5" ; 2 ;x\r\n'],
    [";", "a;b;label\n1,5;2,0;x\n"],
    ["\t", "\ufeffa\tb\tlabel\r\n1,5\t2\tx\r\n"],
    [";", "sep=;\na;b;label\n1,5;2;x\n"],
    [",", "a,b,label\r1.5,2,x\r"],
  ])("%j is found in %j", (separator, text) => {
    const table = csv(text);
    expect([table.separator, table.columns]).toEqual([separator, ["a", "b", "label"]]);
    expect(csvFeatures(table, [0, 1])).toEqual(float32([1, 2], [1.5, 2]));
    expect(csvTexts(table, "label")).toEqual(["x"]);
  });

  it("separators inside of quoted names are letters", () => {
    expect(csv('"x; y; z",b\n1,2\n').columns).toEqual(["x; y; z", "b"]);
  });

  it("keeps empty cells, also those between tabs", () => {
    expect(rowsOf(csv("a\tb\tc\n\t\t\n1\t\t3\n"))).toEqual([
      ["", "", ""],
      ["1", "", "3"],
    ]);
    expect(rowsOf(csv(",b\n0,\n,\n\n \n"))).toEqual([
      ["0", ""],
      ["", ""],
    ]);
  });

  it("says how a table is written where it is not with commas", () => {
    expect(csvForm(csv("a,b\n1,2\n"))).toBeUndefined();
    expect(csvForm(csv("a;b\n1.5;2\n"))).toBe("separated by semicolons");
    expect(csvForm(csv("a\tb\n1,5\tx\n"))).toBe("separated by tabs, with decimal commas");
    expect(csvForm(csv("id;b\n1,5;x\n"))).toBe("separated by semicolons");
  });

  it.each([
    ["in one column", "a;b\n1,5;2\n1.5;3\n", /line 3, column a is "1\.5", with a decimal point.*decimal comma/],
    ["in two columns", "b;a\n1.5;0,25\n", /column b is "1\.5", with a decimal point/],
    ["thousands", "a;b\n1,5;2\n1.234,5;3\n", /"1\.234,5", not a number/],
    ["between commas", 'a,b\n"1,5",2\n', /"1,5", not a number. Decimal commas are read from tables that separate/],
  ])("refuses points and commas %s", (_, text, message) => {
    expect(caught(() => csvFeatures(csv(text), [0, 1])).message).toMatch(message);
  });

  it("a text in a column of decimal commas is what the message shows", () => {
    expect(caught(() => csvFeatures(csv("a;b\n1,5;2\nx;3\n"), [0])).message).toMatch(/line 3, column a is "x"/);
  });

  it("decimal commas in values, with unknown ones", () => {
    expect(csvTargets(csv("value;b\n1,5;2\nNA;3\n;4\n"), ["value"])).toEqual(
      float32([3, 1], [1.5, Number.NaN, Number.NaN]),
    );
  });
});

describe("what pandas, R and Excel add", () => {
  it.each(["", "NA", "N/A", "<NA>", "#N/A", "null", "NULL", "None", "NaN"])("%j is a missing cell", (text) => {
    expect(isMissing(text)).toBe(true);
    const table = csv(`a,b\n${text},2\n`);
    expect(csvFeatures(table, [0, 1], true)).toEqual(float32([1, 2], [Number.NaN, 2]));
  });
  it("without leave, a missing cell is refused with its place", () => {
    expect(caught(() => csvFeatures(csv("a,b\nNA,2\n"), [0])).message).toMatch(
      /line 2, column a is "NA", not a number/,
    );
  });
  it("some rows of a table keep their lines", () => {
    const table = csvRows(csv("a,b\n1,2\n3,4\n5,6\n"), [2, 0]);
    expect([rowsOf(table), table.lines]).toEqual([
      [
        ["5", "6"],
        ["1", "2"],
      ],
      [4, 2],
    ]);
  });
});

describe("what a table of any texts holds comes back", () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", "1", ".", ",", ";", "\t", '"', "\n", "\r", " ", "é", "🐌"),
    maxLength: 6,
  });
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  it.each([",", ";", "\t"])("separated by %j", (separator) => {
    const width = fc.integer({ min: 2, max: 5 });
    fc.assert(
      fc.property(
        width.chain((n) => fc.array(fc.array(cell, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 6 })),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.func(fc.boolean()),
        (rows, end, bare) => {
          const write = (text: string): string =>
            /^[^,;\t"\n\r]*$/.test(text) && text.trim() === text && bare(text) ? text : quote(text);
          const header = rows[0]!.map((_, i) => `c${i}`).join(separator);
          const text = [header, ...rows.map((row) => row.map(write).join(separator))].join(end) + end;
          const table = csv(text);
          expect(rowsOf(table)).toEqual(rows);
          // Each row begins on the line that the line ends before it say.
          rows.forEach((_, row) => {
            const before =
              [header, ...rows.slice(0, row).map((cells) => cells.map(write).join(separator))].join(end) + end;
            expect(table.lines[row]).toBe(before.replaceAll("\r\n", "\n").split(/[\r\n]/).length);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("beside csv-parse", () => {
  const options = { skip_empty_lines: true, trim: true };
  it("a text of any letters has the same cells, or both refuse it", () => {
    const letters = fc.constantFrom("a", "b", "1", ",", ",", '"', '""', '","', "\n", "\n", " ", "é");
    let same = 0;
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 24 }), (rest) => {
        const text = `x,y\n${rest}`;
        let expected: string[][] | undefined;
        try {
          expected = parse(text, options);
        } catch {}
        if (expected === undefined || expected.length < 2) expect(() => csv(text)).toThrow();
        else {
          expect(rowsOf(csv(text))).toEqual(expected.slice(1));
          same++;
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(same).toBeGreaterThan(100);
  });
});

describe("numbers", () => {
  it.each(["", " ", "0x10", "1_000", "1,5", "one", "1e", ".", "+-1", "NaNs", "infinite"])("%j is none", (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });
  it("reads what programs write", () => {
    const texts = ["1", "-1.", ".5", "+2.5e-3", "1E5", "nan", "NaN", "inf", "-Infinity"];
    const values = [
      1,
      -1,
      0.5,
      0.0025,
      1e5,
      Number.NaN,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    expect(texts.map(parseNumber)).toEqual(values);
  });
  it("round trip of float32 through text", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
        const table = csv(
          `${values.map((_, i) => `m.${i}`).join(",")}\n${values.map((v) => (Object.is(v, -0) ? "-0" : v)).join(",")}\n`,
        );
        expect(csvFeatures(table, [...values.keys()])).toEqual(float32([1, values.length], values));
      }),
    );
  });
});
