/** @file `dmil pid` as a function: a covariance in, atoms with their bracket out. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pid } from "../../src/cli/commands/pid.ts";

const folder = mkdtempSync(path.join(tmpdir(), "dmil-pid-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, lines: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const flags = { first: "a", second: "b", target: "y" };

describe("pid of a covariance", () => {
  it("tells the closed form, certified", async () => {
    const file = write("triple.csv", ["a,b,y", "1,0,0.5", "0,1,0.5", "0.5,0.5,1"]);
    const { text, json } = await pid(file, flags);
    const result = json as Record<string, number>;
    expect(result.S).toBeCloseTo(0.5 - 0.5 * Math.log2(4 / 3), 12);
    expect(result.R).toBeCloseTo(0.5 * Math.log2(4 / 3), 12);
    expect(json).toMatchObject({ unit: "bits", first: ["a"], target: ["y"], dropped: [], converged: true });
    expect(text).toMatch(/S {2}synergistic +0\.2924812504/);
    expect(text).toMatch(/certified: R \+ U1 \+ U2 lies between 0\.2075187496 and 0\.2075187496/);
  });

  it("reads names of rows in any order, and columns that are parts of a source", async () => {
    const plain = write("plain.csv", ["a_1,a_2,b,y", "1,0.5,0,0.5", "0.5,1,0,0.1", "0,0,1,0.5", "0.5,0.1,0.5,1"]);
    const named = write("named.csv", [
      ";a_1;a_2;b;y",
      "y;0,5;0,1;0,5;1",
      "b;0;0;1;0,5",
      "a_2;0,5;1;0;0,1",
      "a_1;1;0,5;0;0,5",
    ]);
    const [one, other] = [await pid(plain, flags), await pid(named, flags)];
    expect(one.json).toMatchObject({ first: ["a_1", "a_2"] });
    expect({ ...(one.json as object), file: "" }).toEqual({ ...(other.json as object), file: "" });
  });

  it("refuses a matrix whose rows are called otherwise than its columns", async () => {
    const file = write("other.csv", [",a,b,y", "a,1,0,0.5", "c,0,1,0.5", "y,0.5,0.5,1"]);
    await expect(pid(file, flags)).rejects.toThrow(/no row is called "b"/);
  });
});
