/** @file The sizes of the house: no function over 80 lines, no file over 350. */
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const MAX_FUNCTION = 80;
const MAX_FILE = 350;

const root = path.resolve(import.meta.dirname, "../src");
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.includes("kernels/generated") && !file.includes("onnx/schema"))
  .map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));

/** Functions of a source with a body of more than `max` lines, signature and comments inside it included. */
function functionsOver(max: number, file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const line = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const long: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && line(node.end) - line(node.getStart(source)) + 1 > max) {
      long.push(`${file} ${node.name?.getText(source) ?? `at line ${line(node.getStart(source)) + 1}`}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return long;
}

test("there are sources to look at, and a long function is found", () => {
  expect(sources.length).toBeGreaterThan(200);
  const text = `const f = () => {\n${"  g();\n".repeat(3)}};\nfunction g() {\n  return 1;\n}`;
  expect(functionsOver(4, "x.ts", text)).toEqual(["x.ts at line 1"]);
  expect(functionsOver(5, "x.ts", text)).toEqual([]);
});

test(`no function has more than ${MAX_FUNCTION} lines`, () => {
  const long = sources.flatMap(({ file, text }) => functionsOver(MAX_FUNCTION, file, text));
  expect(long).toEqual([]);
});

test(`no file has more than ${MAX_FILE} lines`, () => {
  const long = sources.flatMap(({ file, text }) => (text.split("\n").length - 1 > MAX_FILE ? [file] : []));
  expect(long).toEqual([]);
});
