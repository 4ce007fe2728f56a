/** @file Tables: what is written can be read back by the formats' own readers, types and odd texts included. */
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { encodeTable, type Row } from "../../src/runs/tables.ts";

const rows: Row[] = [
  { id: "plain", label: undefined, p_yes: 0.1, "a,b": "x" },
  { id: 'quote " and, comma', label: "two\nlines", p_yes: 1e-300, "a,b": " spaces " },
  { id: "ünï¢ødé 🎵", label: "", p_yes: 1, "a,b": "\r" },
];
const read = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test("CSV quotes what needs it and leaves the rest alone", () => {
  expect(read(encodeTable(rows, "x.csv"))).toBe(
    'id,label,p_yes,"a,b"\nplain,,0.1,x\n"quote "" and, comma","two\nlines",1e-300," spaces "\nünï¢ødé 🎵,,1,"\'\r"\n',
  );
});

test("CSV holds no text that a spreadsheet runs; numbers, and texts that are numbers, stay as they are", () => {
  const texts = ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "\nx", "-", "=", "'=1", "a=1"];
  const numbers = ["-1", "+1.5e-3", "-.5", "12"];
  const table = [...texts, ...numbers].map((id): Row => ({ id, "=p": -0.5, q: Number.NEGATIVE_INFINITY }));
  const [header, ...records] = parse(read(encodeTable(table, "x.csv")), { record_delimiter: "\n" }) as string[][];
  expect(header).toEqual(["id", "'=p", "q"]);
  expect(records.map(([id]) => id)).toEqual([
    ...texts.map((text) => (text === "'=1" || text === "a=1" ? text : `'${text}`)),
    ...numbers,
  ]);
  for (const [, p, q] of records) expect([p, q]).toEqual(["-0.5", "-Infinity"]);
});

test("any texts and numbers survive CSV", () => {
  const text = fc.string({ unit: "grapheme" });
  const row = fc.record({ a: text, "b,": fc.double({ noNaN: true }), c: text });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (table) => {
      const records = parse(read(encodeTable(table, "x.csv")), { columns: true, record_delimiter: "\n" }) as Record<
        string,
        string
      >[];
      // The apostrophe before what would be a formula is all that may be added.
      const plain = (text: string): string => (/^'[=+\-@\t\r\n]/.test(text) ? text.slice(1) : text);
      const back = records.map((own) => ({ a: plain(own.a!), "b,": Number(own["b,"]), c: plain(own.c!) }));
      expect(back).toEqual(table.map((given) => ({ ...given, "b,": given["b,"] + 0 })));
    }),
    { numRuns: 60, seed: 1 },
  );
});

test("JSON lines hold every column in every row; no value is null", () => {
  const lines = read(encodeTable(rows, "dir.v1/x.jsonl"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toEqual(rows.map((row) => ({ ...row, label: row.label ?? null })));
  expect(Object.keys(lines[0])).toEqual(["id", "label", "p_yes", "a,b"]);
});

test("Parquet has typed columns, and reads back equal", async () => {
  const many = Array.from(
    { length: 2500 },
    (_, i): Row => ({ id: `s${i}`, label: i % 3 === 0 ? undefined : "x", p: i / 7, none: undefined }),
  );
  const bytes = encodeTable(many, "x.parquet");
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const types = parquetMetadata(file)
    .schema.slice(1)
    .map(({ name, type, converted_type }) => [name, type, converted_type]);
  expect(types).toEqual([
    ["id", "BYTE_ARRAY", "UTF8"],
    ["label", "BYTE_ARRAY", "UTF8"],
    ["p", "DOUBLE", undefined],
    ["none", "BYTE_ARRAY", "UTF8"],
  ]);
  expect(await parquetReadObjects({ file })).toEqual(
    many.map((row) => ({ ...row, label: row.label ?? null, none: null })),
  );
});

test("an ending that is no table format, and rows that do not agree", () => {
  expect(() => encodeTable(rows, "x.cvs")).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: x.cvs: the name of a table ends in .csv, .jsonl or .parquet; did you mean "csv"? Allowed: csv, jsonl, parquet.]`,
  );
  expect(() => encodeTable(rows, "samples")).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: samples: the name of a table ends in .csv, .jsonl or .parquet. Allowed: csv, jsonl, parquet.]`,
  );
  expect(() => encodeTable([{ a: 1 }, { b: 1 }], "x.csv")).toThrow(/internal: row 1 of a table has other columns/);
});
