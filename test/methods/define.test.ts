/** @file How methods are called and defined: types, refused options, and what an author of a method got wrong. */
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { stageGraph } from "../../src/engine/graph.ts";
import { add, constant, mean, transpose } from "../../src/graph/ops/index.ts";
import { agm, dmil, dmilPublished, joint, mlp, ogm, pmr } from "../../src/index.ts";
import {
  defineMethod,
  embeddingOption,
  type LateFusion,
  lateFusion,
  type Method,
  type Stage,
  wholeStage,
} from "../../src/methods/kit.ts";
import { linear } from "../../src/nn/linear.ts";
import { fit } from "../../src/train/fit.ts";
import { B, encoders, smallData, widths } from "./support.ts";

const pair = { a: mlp([5, 6]), b: mlp([5, 6]) };

test("options are typed: a wrong name or type is an error of the compiler, and of the call", () => {
  const typed: Method<LateFusion> = ogm({ encoders: pair, embedding: 4, alpha: 0.5, to: 3 });
  expect(typed.description.options).toMatchObject({ alpha: 0.5, to: 3 });
  expect(pmr({ encoders: pair, form: "paper", members: 2 }).description.members).toBe(2);
  expect(dmilPublished({ encoders: pair, loss: { lambda: 0.3 } }).name).toBe("dmil-published");
  // @ts-expect-error no such option
  expect(() => ogm({ encoders: pair, alfa: 1 })).toThrowError('ogm.alfa: unknown option "alfa"; did you mean "alpha"?');
  // @ts-expect-error a number
  expect(() => agm({ encoders: pair, alpha: "1" })).toThrowError(/^agm\.alpha: /);
  // @ts-expect-error one of some words
  expect(() => joint({ encoders: pair, head: "gate" })).toThrowError(
    /joint\.head: unknown word "gate"; did you mean "gated"/,
  );
  // @ts-expect-error encoders are needed
  expect(() => dmil({ embedding: 4 })).toThrowError(
    /^dmil: encoders is nothing; an encoder for each modality is needed: dmil\(\{/,
  );
});

test("what plain JavaScript lets slip is a ConfigError that shows a correct call", () => {
  const loose = ogm as unknown as (...args: unknown[]) => unknown;
  for (const [args, message] of [
    [[], /^ogm: encoders is nothing; /],
    [[{ encoders: [mlp([5, 6])] }], /^ogm: encoders is \[/],
    [[{ encoders: { a: 5, b: 6 } }], /^ogm: encoders\.a is 5; an encoder is needed, for example mlp/],
    [[{ encoders: pair, members: 0 }], /^ogm: members is 0; a whole number from 1 to 64/],
  ] as const) {
    let thrown: unknown;
    try {
      loose(...args);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "ConfigError", message: expect.stringMatching(message) });
  }
});

describe("what breaks the contract is a MethodError that says where, what was given and what is needed", () => {
  const schema = z.strictObject({ embedding: embeddingOption });
  const made = (changes: { stage?: Partial<Stage<LateFusion>>; outputs?: (out: LateFusion) => object } = {}) =>
    defineMethod({
      name: "mine",
      summary: "a method with a mistake",
      schema,
      build: (input, given, { embedding }): LateFusion => {
        const out = lateFusion(input, given, embedding);
        return { ...out, ...changes.outputs?.(out) };
      },
      stages: (): readonly Stage<LateFusion>[] => [{ ...wholeStage, ...changes.stage }],
    })({ encoders: encoders(), embedding: 4 });
  const graph = (method: Method) => stageGraph(method, method.stages[0]!, widths(method), B);

  test.each([
    [
      "logits",
      made({ outputs: ({ unimodal }) => ({ logits: unimodal }) }),
      "mine, build: logits has the shape [2, 6, 3]; [6, 3] is needed.",
    ],
    [
      "unimodal",
      made({ outputs: ({ logits }) => ({ unimodal: logits }) }),
      "mine, build: unimodal has the shape [6, 3]; [2, 6, 3] is needed.",
    ],
    [
      "terms",
      made({ stage: { terms: (out) => [{ names: ["x", "y"], value: mean(out.logits), weights: [1] }] } }),
      "mine, stage whole: the terms x, y have 1 values and 1 weights; each of the 2 names needs one value and one weight.",
    ],
    [
      "gradients",
      made({ stage: { modulate: () => ({ "head.wait": constant(0, []) }) } }),
      /^mine, stage whole, modulate: unknown name "head\.wait"; did you mean "head\.weight"\?/,
    ],
    [
      "memory",
      made({ stage: { memory: { seen: { shape: [2], value: 0 } }, updateMemory: () => ({ seen: constant(0, []) }) } }),
      "mine, stage whole, updateMemory: seen has the shape []; [2] is needed.",
    ],
    [
      "encoders",
      joint({
        encoders: { ...encoders(), b: { description: { kind: "odd" }, build: (_, x) => transpose(x, [1, 0]) } },
      }),
      "encoders.b: build returned the shape [5, 6]; [6, H] is needed: a row for each sample.",
    ],
    [
      "parameters",
      defineMethod({
        name: "mine",
        summary: "two layers of one name",
        schema,
        build(input, given, { embedding }) {
          const out = lateFusion(input, given, embedding);
          linear(input.scope.child("layer"), out.logits, 2);
          linear(input.scope.child("layer"), out.logits, 4);
          return out;
        },
        stages: () => [wholeStage as Stage<LateFusion>],
      })({ encoders: encoders(), embedding: 4 }),
      "parameter layer.weight is requested as [3, 2] and as [3, 4]; one name is one array. Use scope.child(name) for parameters of separate layers.",
    ],
  ])("%s", (_, method, message) => {
    let thrown: unknown;
    try {
      graph(method);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "MethodError" });
    expect((thrown as Error).message).toMatch(message);
  });

  test("samples that are mixed in evaluation", async () => {
    const mixed = made({ outputs: ({ logits }) => ({ logits: add(logits, mean(logits, 0, true)) }) });
    await expect(fit(mixed, smallData(mixed), { seed: 0, epochs: 1, threads: 1 })).rejects.toMatchObject({
      code: "MethodError",
      message: expect.stringMatching(
        /^an output \(add of shape \[\d+, 3\]\) mixes the samples of a batch\. .*scope\.statistic/,
      ),
    });
  });
});
