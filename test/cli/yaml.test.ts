/** @file YAML that no setting can be written in is refused with its place; what is left is plain values that know their places. */
import { afterEach, expect, test, vi } from "vitest";
import { gatherSettings } from "../../src/cli/config.ts";
import { readYaml } from "../../src/cli/yaml.ts";

const read = (text: string) => readYaml(text, (place) => `x.yaml${place === undefined ? "" : `:${place}`}: `);
afterEach(() => vi.restoreAllMocks());

const bomb = `a: &a [1,1,1,1,1,1,1,1,1,1]\n${"bcdefgh".replace(/./g, (c, i) => `${c}: &${c} [${Array(10).fill(`*${"abcdefgh"[i]}`).join(",")}]\n`)}`;

test.each([
  ["data: &d [*d]\n", "x.yaml:1:11: *d refers to a value that contains it; write the value out."],
  ["data: x\nset: &s {encoder: *s}\n", "x.yaml:2:19: *s refers to a value that contains it"],
  ["a: &a [&b [1, *a], *b]\n", "x.yaml:1:15: *a refers to a value that contains it"],
  ["? [a, b]\n: 1\n", "x.yaml:1:3: a list or a map cannot be the name of a setting."],
  ["? {a: 1}\n: 1\n", "x.yaml:1:3: a list or a map cannot be the name of a setting."],
  ["a: &k [1]\n? *k\n: 1\n", "x.yaml:2:3: a list or a map cannot be the name of a setting."],
  ["seed: *other\n", "x.yaml:1:7: *other: there is no anchor &other before it."],
  [bomb, "x.yaml: its aliases (*name) expand to too many values; write the values out."],
  ["a: 1\na: 2\n", "x.yaml:2:1: not valid YAML: Map keys must be unique."],
])("%j", (text, message) => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: "ConfigError", message: expect.stringContaining(message) }),
  );
  expect(warned).not.toHaveBeenCalled();
});

test("anchors that end are values; a place is found through them", () => {
  const { value, placeOf } = read("base: &b\n  hidden: [1]\nencoder: *b\n");
  expect(value).toEqual({ base: { hidden: [1] }, encoder: { hidden: [1] } });
  expect([placeOf(["encoder"]), placeOf(["encoder", "hidden"]), placeOf(["none"])]).toEqual(["3:1", "2:3", undefined]);
});

test("--set is read alike", async () => {
  for (const set of ["encoder=&s {a: *s}", "encoder={? [a] : 1}", "seed=*x", "seed={"]) {
    await expect(gatherSettings(undefined, [], [set])).rejects.toMatchObject({
      code: "ConfigError",
      message: expect.stringContaining(`--set ${set}: `),
    });
  }
});
