/** @file Tables in the room there is: never wider, no number cut, no cell lost, whatever the names. */
import * as fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { reportTable } from "../../src/cli/report-table.ts";
import { columnsOf, share, table, terminalWidth, wrapped } from "../../src/cli/text.ts";

afterEach(() => vi.unstubAllEnvs());

test("the room is the terminal's, else what COLUMNS says, else 80; never less than two columns of names need", () => {
  const terminal = (columns: number): NodeJS.WriteStream => ({ isTTY: true, columns }) as NodeJS.WriteStream;
  const pipe = { isTTY: false } as NodeJS.WriteStream;
  vi.stubEnv("COLUMNS", "132");
  expect([terminalWidth(terminal(100)), terminalWidth(pipe), terminalWidth(terminal(0))]).toEqual([100, 132, 132]);
  for (const odd of ["", "wide", "-3", "1.5", undefined]) {
    vi.stubEnv("COLUMNS", odd);
    expect(terminalWidth(pipe)).toBe(80);
  }
  expect(terminalWidth(terminal(10))).toBe(40);
});

test("numbers stand at the right, also with their deviation; a name with a line break stays one cell", () => {
  expect(
    table([
      ["name", "n", "mean"],
      ["a\nb", "1", "10.0 ± 0.1"],
      ["c", "12", "9.0 ± 0.1"],
    ]),
  ).toBe("name   n        mean\na\\nb   1  10.0 ± 0.1\nc     12   9.0 ± 0.1");
});

test("what is too wide goes on below; each block begins with the first columns", () => {
  const own = {
    title: "t",
    header: ["method", "n", "accuracy of the first", "accuracy of the second"],
    rows: [["joint", "5", "0.1", "0.2"]],
    marks: [[undefined, undefined, "best" as const, undefined]],
  };
  expect(reportTable(own, { width: 80 })).toBe(
    "t\nmethod  n  accuracy of the first  accuracy of the second\njoint   5  0.1 *                                     0.2",
  );
  expect(reportTable(own, { width: 44, fixed: 2 })).toBe(
    "t\nmethod  n  accuracy of the first\njoint   5  0.1 *\n\nmethod  n  accuracy of the second\njoint   5                     0.2",
  );
});

test("a long name keeps both its ends, and has all the room that is left", () => {
  const name = `first ${"x".repeat(90)} last`;
  const rows = [
    ["class", "share"],
    [name, "0.123"],
  ];
  expect(table(rows, { width: 40 })).toBe("class                share\nfirst xxx…xxxx last  0.123");
  expect(
    table(
      [
        ["a", "name"],
        ["1", name],
      ],
      { width: 40 },
    ),
  ).toBe("a  name\n1  first\n     xxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxx\n     last");
});

test("a last column of words is broken into lines, and numbers beside it stay at the right", () => {
  const rows = [
    ["name", "n", "why"],
    ["a", "10", "one two three four five six seven eight nine"],
    ["b", "9", ""],
    ["c", "1", "x".repeat(50)],
  ];
  expect(table(rows, { width: 42 })).toBe(
    `name   n  why\na     10  one two three four five six\n            seven eight nine\nb      9\nc      1  ${"x".repeat(15)}…${"x".repeat(14)}`,
  );
});

test("any table fits, and keeps all its numbers", () => {
  const name = fc.string({ maxLength: 120 });
  const number = fc.double({ noNaN: true, min: -99, max: 99 }).map((v) => v.toFixed(3));
  const shape = fc.integer({ min: 2, max: 12 }).chain((columns) =>
    fc.record({
      header: fc.array(name, { minLength: columns, maxLength: columns }),
      rows: fc.array(fc.tuple(name, fc.array(number, { minLength: columns - 1, maxLength: columns - 1 })), {
        minLength: 1,
        maxLength: 4,
      }),
      width: fc.integer({ min: 40, max: 120 }),
    }),
  );
  fc.assert(
    fc.property(shape, ({ header, rows, width }) => {
      const text = table([header, ...rows.map(([first, values]) => [first, ...values])], { width });
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
      for (const value of rows.flatMap(([, values]) => values)) expect(text).toContain(value);
    }),
    { numRuns: 200, seed: 1 },
  );
});

test("wide letters and emoji take two columns, marks none, and columns stay in line", () => {
  const widths = {
    abc: 3,
    é: 1,
    "e\u0301": 1,
    "±…✓": 3,
    音声: 4,
    ｶﾅ: 2,
    한국: 4,
    "👩‍👩‍👧": 2,
    "🇩🇪": 2,
    "❤️": 2,
    𠀀: 2,
    "": 0,
  };
  for (const [text, columns] of Object.entries(widths)) expect([text, columnsOf(text)]).toEqual([text, columns]);
  const rows = [
    ["data", "n"],
    ["音声データ", "1"],
    ["plain", "12"],
  ];
  expect(table(rows)).toBe("data         n\n音声データ   1\nplain       12");
  const long = table([...rows, ["声".repeat(60), "3"]], { width: 40 });
  for (const line of long.split("\n")) expect(columnsOf(line)).toBeLessThanOrEqual(40);
  expect(long).toMatch(/^声+…声+ +3$/m);
  for (const line of wrapped("音声 ".repeat(30).trim(), 40).split("\n"))
    expect(columnsOf(line)).toBeLessThanOrEqual(40);
});

test("text is broken between words", () => {
  expect(wrapped("one two three", 8)).toBe("one two\n  three");
  expect(wrapped("averyverylongword b", 8)).toBe("averyverylongword\n  b");
});

test("a share has three decimals or as many as asked for, and no minus zero", () => {
  expect([share(0.1235), share(-0.0004), share(-0.004, 2), share(-0.02, 2)]).toEqual([
    "0.123",
    "0.000",
    "0.00",
    "-0.02",
  ]);
  expect([share(undefined), share(Number.NaN)]).toEqual(["-", "-"]);
});
