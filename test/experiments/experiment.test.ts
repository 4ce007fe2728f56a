import { expect, test } from "vitest";
import type { DmilError } from "../../src/core/errors.ts";
import { methodCalled, methodsFor, parseExperiment } from "../../src/experiments/experiment.ts";
import { methodNames } from "../../src/methods/index.ts";

/** The issues of a wrong experiment, as `path: message`. */
function issuesOf(value: unknown): string[] {
  try {
    parseExperiment(value);
  } catch (error) {
    const issues = (error as DmilError).fields.issues as { path: unknown[]; message: string }[];
    return issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }
  throw new Error("this experiment was taken");
}
const data = [{ path: "clips" }];

test("defaults: every method and variant, five seeds, the data's own split, no tuning", () => {
  expect(parseExperiment({ data })).toEqual({
    data: [{ path: "clips", settings: {} }],
    methods: methodNames,
    seeds: [0, 1, 2, 3, 4],
    tune: 0,
    set: {},
    splitBy: "own",
    trainShares: [1],
  });
});

test("what is said twice counts once, and shares grow", () => {
  const { methods, seeds, trainShares } = parseExperiment({
    data,
    methods: ["joint", "dmil", "joint"],
    seeds: [1, 0, 1],
    trainShares: [1, 0.1, 1],
  });
  expect([methods, seeds, trainShares]).toEqual([
    ["joint", "dmil"],
    [1, 0],
    [0.1, 1],
  ]);
});

test("a pool is listed beside its method, under a name of its own", () => {
  const { methods } = parseExperiment({
    data,
    methods: ["mmib", { method: "mmib", members: 4 }, "mmib x4", "ogm-ge x2", "unimodal x3", "unimodal-audio x2"],
  });
  expect(methods).toEqual(["mmib", "mmib x4", "ogm-ge x2", "unimodal x3", "unimodal-audio x2"]);
  expect(methods.map(methodCalled)).toEqual([
    { method: "mmib" },
    { method: "mmib", members: 4 },
    { method: "ogm-ge", members: 2 },
    { method: "unimodal", members: 3 },
    { method: "unimodal", modality: "audio", members: 2 },
  ]);
  expect(methodsFor(["unimodal x3"], ["audio", "face"])).toEqual(["unimodal-audio x3", "unimodal-face x3"]);
  expect(issuesOf({ data, methods: ["mmibb x4", "mmib x0", "mmib x4000"] })).toEqual([
    expect.stringMatching(/^methods\.0: unknown method "mmibb x4"; did you mean "mmib"\?/),
    "methods.1: mmib x0: of members 0 given; allowed is a whole number, 1 or more, for example 4",
    "methods.2: mmib x4000: of members 4000 given; allowed is a whole number from 1 to 64, for example 4",
  ]);
});

test("methods listed by modality are expanded; one of them may be named", () => {
  expect(methodsFor(["unimodal", "joint"], ["audio", "face"])).toEqual(["unimodal-audio", "unimodal-face", "joint"]);
  expect(methodsFor(parseExperiment({ data, methods: ["unimodal-audio"] }).methods, ["audio", "face"])).toEqual([
    "unimodal-audio",
  ]);
});

test("everything wrong is told with its place", () => {
  expect(
    issuesOf({ data, methods: ["dmill", "joint"], set: { seed: 3, encoder: {} }, splitBy: "share", folds: 3 }),
  ).toEqual([
    expect.stringMatching(/^methods\.0: unknown method "dmill"; did you mean "dmil"\?/),
    "folds: cannot be combined with splitBy; choose one of the two ways to split",
    "set.seed: cannot be set here; it is set by seeds",
  ]);
  expect(issuesOf({ data, fold: 3 })).toEqual([
    expect.stringMatching(/^fold: unknown option "fold"; did you mean "folds"/),
  ]);
  expect(issuesOf({ data: [{ name: "x" }] })).toEqual([expect.stringMatching(/^data\.0: give either path/)]);
  expect(issuesOf({ data: [{ generate: {} }] })).toEqual(["data.0: generated data needs a name"]);
  expect(issuesOf({ data: [{ path: "a", modalities: ["x"] }] })).toEqual([expect.stringMatching(/fewer than two/)]);
  expect(issuesOf({ data, folds: 1 })).toEqual([
    expect.stringMatching(/^folds: 1 given; allowed is a whole number, 2/),
  ]);
  expect(issuesOf({ data, trainShares: [0] })).toEqual([
    expect.stringMatching(/^trainShares\.0: 0 given; allowed is a share above 0/),
  ]);
  expect(issuesOf({ data, seeds: [-1], tune: -2, classesOut: 1 })).toHaveLength(3);
});
