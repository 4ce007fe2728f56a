/** @file Modalities and classes called what every object of JavaScript has of itself, through every command. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dmil, workplace } from "./support.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await workplace();
  const classes = ["__proto__", "constructor", "prototype"];
  const rows = Array.from({ length: 120 }, (_, i) => {
    const split = ["train", "train", "valid", "test"][i % 4];
    return [i % 5, i % 7, i % 6 === 0 ? 0 : 1, i % 3, classes[i % 3], split].join(",");
  });
  await fs.mkdir(path.join(cwd, "d"));
  const header = "constructor,toString,toString_present,valueOf,label,split";
  await fs.writeFile(path.join(cwd, "d/data.csv"), `${header}\n${rows.join("\n")}\n`);
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

test("check, train, ask, export, sweep and compare", async () => {
  const epochs = "--set epochs=1";
  for (const line of [
    "data check d",
    `train d --method dmil ${epochs} --out r --quiet`,
    "evaluate r --missing",
    "explain r --out e.csv",
    "export r --out m.onnx",
    "sweep d --out s --methods joint,ensemble,unimodal --seeds 0,1 --set batchSize=32 --quiet",
    "compare s --out c.html",
  ]) {
    const { code, stderr } = await dmil(line.split(" "), { cwd });
    expect([line, code, code === 0 ? "" : stderr]).toEqual([line, 0, ""]);
  }
  const [header] = (await fs.readFile(path.join(cwd, "e.csv"), "utf8")).split("\n");
  expect(header).toContain("p___proto__,p_constructor,p_prototype");
});
