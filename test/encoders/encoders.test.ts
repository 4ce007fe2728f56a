/** @file Encoders by kind: from settings, from descriptions, and what each computes. */
import { describe, expect, test } from "vitest";
import {
  encoderFrom,
  encoderIssues,
  encoderKinds,
  encoderOf,
  encoderTypes,
  settingsOf,
  withDefaults,
} from "../../src/encoders/index.ts";
import { pool } from "../../src/encoders/pool.ts";
import { asLeaf, leaf } from "../../src/graph/expr.ts";
import { rowAxes } from "../../src/graph/rows.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { initialState, type Module, rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, normals } from "../support/numbers.ts";

const B = 3;
const built = (encoder: Module, sample: readonly number[], training = false) => {
  const { scope, requests } = rootScope({ training });
  const output = encoder.build(scope, leaf("input", "x", [B, ...sample]));
  return { output, parameters: [...requests.parameters.values()] };
};

/** Settings of each kind whose output has 6 numbers, what its description must have, and a sample where it is not [4, 5]. */
const examples: Readonly<Record<string, readonly [settings: object, needed: string, sample?: readonly number[]]>> = {
  mlp: [{ hidden: [7, 6] }, "sizes"],
  pool: [{ hidden: [7, 6] }, "sizes"],
  conv1d: [{ width: 3 }, "features"],
  lenet: [{ width: 3 }, "sample"],
  resnet18: [{ width: 3, blocks: [1, 1] }, "sample"],
  gru: [{ width: 6 }, "features"],
  transformer: [{ width: 6, heads: 2 }, "features"],
  text: [{ width: 6, heads: 2, vocabulary: 9 }, "vocabulary", [4]],
  vit: [{ width: 6, heads: 2, layers: 2, patch: [2, 5] }, "sample"],
  onnx: [
    {
      hidden: [7, 6],
      file: "net.onnx",
      model: {
        sha256: "0".repeat(64),
        output: "y",
        pool: "none",
        layout: "as-is",
        sample: [4, 5],
        axes: [4, 5],
        features: [4, 5],
        batch: 0,
      },
    },
    "sizes",
  ],
};

test("every kind has an example", () => expect(Object.keys(examples)).toEqual(encoderKinds));

describe.each(encoderKinds)("%s", (kind) => {
  const [settings, needed, sample = [4, 5]] = examples[kind]!;
  const encoder = encoderOf({ kind, ...settings }, sample, "audio");

  test("has one row a sample, of the width that the settings say", () => {
    const { output } = built(encoder, sample);
    expect(output.shape).toEqual([B, 6]);
    expect(rowAxes([output], (node) => (asLeaf(node)?.kind === "input" ? 0 : undefined)).get(output)).toBe(0);
  });
  test("is rebuilt from its description, with the same parameters and numbers", () => {
    const again = encoderFrom(JSON.parse(JSON.stringify(encoder.description)) as Module["description"], "audio");
    expect(again.description).toEqual(encoder.description);
    const [one, two] = [built(encoder, sample), built(again, sample)];
    expect(two.parameters).toEqual(one.parameters);
    const state = Object.entries(initialState(one.parameters, 1)).map(([name, { data }]) => [name, data] as const);
    const bindings = {
      ...Object.fromEntries(state),
      x: normals([B, ...sample], 2).map((v) => (kind === "text" ? Math.floor(Math.abs(v)) : v)),
    };
    expect(interpret([two.output], bindings)[0]!.data).toEqual(interpret([one.output], bindings)[0]!.data);
  });
  test("says what a description lacks", () => {
    const { [needed]: _, ...rest } = encoder.description;
    expect(() => encoderFrom(rest as Module["description"], "audio")).toThrowError(`the encoder of audio.${needed}`);
    expect(() => encoderFrom({ ...encoder.description, depth: 3 }, "audio")).toThrowError(/unknown option "depth"/);
  });
  test("has settings with defaults that are settings again", () => {
    const checked = withDefaults({ kind, ...settings });
    expect(withDefaults(checked)).toEqual(checked);
    expect(encoderIssues(checked)).toEqual([]);
    expect(encoderTypes[kind]!.kind).toBe(kind);
  });
});

test("an mlp flattens arrays of any rank, and [B] too", () => {
  const { output } = built(mlp([12]), [2, 3, 2]);
  expect(output.shape).toEqual([B, 12]);
  expect(built(mlp([1, 2]), []).output.shape).toEqual([B, 2]);
  expect(() => built(mlp([12, 2]), [5])).toThrowError(/declared mlp\(\[12, 2\]\) but the data has 5 features/);
});

test("pool takes the mean and the maximum of each step's layer", () => {
  const { output, parameters } = built(pool([4, 5]), [6, 4]);
  const state = Object.fromEntries(Object.entries(initialState(parameters, 3)).map(([name, { data }]) => [name, data]));
  const x = normals([B, 6, 4], 4);
  const [result] = interpret([output], { ...state, x });
  const [weight, bias] = [state["steps.weight"]!, state["steps.bias"]!];
  const expected = Array.from({ length: B }, (_, i) => {
    const units = Array.from({ length: 5 }, (_, u) =>
      Array.from({ length: 6 }, (_, t) => {
        let total = bias[u]!;
        for (let f = 0; f < 4; f++) total += x[(6 * i + t) * 4 + f]! * weight[5 * f + u]!;
        return Math.max(total, 0);
      }),
    );
    return [...units.map((steps) => steps.reduce((a, b) => a + b, 0) / 6), ...units.map((steps) => Math.max(...steps))];
  });
  expect(difference(expected.flat(), result!.data)).toBeLessThan(1e-6);
});

test("pool says which samples it reads, and that two sizes are needed", () => {
  expect(() => pool([4])).toThrowError(/pool: sizes \[4\]; the features of a step and the width/);
  expect(() => built(pool([4, 5]), [4])).toThrowError(/reads samples of \[steps, 4\]; the data has samples of \[4\]/);
  expect(() => pool([4, 5], { norm: true } as never)).toThrowError(/unknown option "norm"/);
});

test("mlp: a normalisation that does not exist is refused", () => {
  expect(() => mlp([4, 5], { norm: "bach" as never })).toThrowError(
    /norm is "bach"; allowed are layer \(or true\), batch and false/,
  );
});

describe("settings of modalities", () => {
  test("take from the shared ones what their kind has", () => {
    const shared = { hidden: [8], norm: true, dropout: 0.1 };
    expect(settingsOf(shared, { dropout: 0 })).toEqual({ kind: "mlp", hidden: [8], norm: true, dropout: 0 });
    expect(settingsOf(shared, { kind: "pool" })).toEqual({ kind: "pool", hidden: [8], dropout: 0.1 });
    expect(settingsOf({ kind: "pool", width: 3 }, {})).toEqual({ kind: "pool", width: 3 });
  });
  test("problems name the nearest kind or setting", () => {
    expect(encoderIssues({ kind: "pol" })).toEqual([
      {
        path: ["kind"],
        message: `there is no encoder "pol"; did you mean "pool"? Allowed: ${encoderKinds.join(", ")}.`,
      },
    ]);
    expect(encoderIssues({ kind: "pool", widht: 3 })[0]).toMatchObject({
      path: ["widht"],
      message: expect.stringContaining('did you mean "width"?'),
    });
    expect(encoderIssues({ kind: "toString" })).toHaveLength(1);
  });
  test("samples that a kind does not read name the modality, the kind and what is allowed", () => {
    expect(() => encoderOf({ kind: "pool" }, [8], "audio")).toThrowError(
      "samples of audio are [8]; the encoder pool reads samples of [steps, features]. Encoders for [8]: mlp, text.",
    );
  });
  test("a description of an unknown kind names those that exist", () => {
    const listed = new RegExp(`encoder of audio is of kind "cnn".*kinds that can: ${encoderKinds.join(", ")}`);
    expect(() => encoderFrom({ kind: "cnn" }, "audio")).toThrowError(listed);
  });
});
