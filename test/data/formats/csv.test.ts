import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32 } from "../../../src/core/tensor.ts";
import { csvFeatures, csvModalities, csvTexts, parseNumber, readCsv } from "../../../src/data/formats/csv.ts";
import { caught } from "../fixtures/reference.ts";

const csv = (text: string) => readCsv(new TextEncoder().encode(text), "t.csv");

describe("tables", () => {
  it("groups numbered columns, in the order of their numbers, and keeps single ones", () => {
    const table = csv(
      "id,audio.1,face_emb_2,audio.0,label,face_emb_1,humidity\nx,2,20,1,up,10,7.5\ny,4,40,3,down,30,-1e-3\n",
    );
    const modalities = csvModalities(table);
    expect([...modalities.keys()]).toEqual(["audio", "face_emb", "humidity"]);
    expect(csvFeatures(table, modalities.get("audio")!)).toEqual(float32([2, 2], [1, 2, 3, 4]));
    expect(csvFeatures(table, modalities.get("face_emb")!)).toEqual(float32([2, 2], [10, 20, 30, 40]));
    expect(csvFeatures(table, modalities.get("humidity")!)).toEqual(float32([2, 1], [7.5, -1e-3]));
    expect(csvTexts(table, "label")).toEqual(["up", "down"]);
  });

  it("takes a byte order mark, quotes, line ends of Windows, empty lines, and knows on which line a row begins", () => {
    const table = csv('\ufeffa,"label"\r\n\r\n1,"x, ""y""\nz"\r\n2,w\r\n');
    expect(table.columns).toEqual(["a", "label"]);
    expect(table.rows).toEqual([
      ["1", 'x, "y"\nz'],
      ["2", "w"],
    ]);
    expect(table.lines).toEqual([3, 5]);
  });

  it("leaves out columns the caller takes as texts", () => {
    expect([...csvModalities(csv("speaker,a\n1,2\n"), ["speaker"]).keys()]).toEqual(["a"]);
  });

  it.each([
    ["uneven lines", "a,b\n1,2\n3\n", /not a comma separated table.*line 3/],
    ["unclosed quotes", 'a,b\n1,"2\n', /not a comma separated table/],
    ["no rows", "a,b\n", /no rows/],
    ["nothing", "", /no rows/],
    ["a repeated column", "a,a\n1,2\n", /"a" occurs twice/],
    ["a column without a name", "a,\n1,2\n", /column 2 has no name/],
  ])("refuses %s", (_, text, message) => {
    expect(caught(() => csv(text)).message).toMatch(message);
  });

  it.each([
    ["a gap", "a.0,a.2\n1,2\n"],
    ["a start at 2", "a.2,a.3\n1,2\n"],
    ["a number twice", "a.0,a_0\n1,2\n"],
    ["a column with and without number", "a,a.0\n1,2\n"],
  ])("refuses %s in the numbering", (_, text) => {
    expect(caught(() => csvModalities(csv(text))).message).toMatch(/modality "a".*without a gap/);
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
        expect(csvFeatures(table, csvModalities(table).get("m")!)).toEqual(float32([1, values.length], values));
      }),
    );
  });
});
