/** @file The contract suite: laws over every method and its variants. */

import { describe, expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { classTarget } from "../../src/data/target.ts";
import { forward, modalityLeaf, parametersOf, stageGraph, type Widths } from "../../src/engine/graph.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import type { Fitted } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { asLeaf, leaf, topological } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { transpose } from "../../src/graph/ops/index.ts";
import { agm } from "../../src/methods/agm.ts";
import { dmil } from "../../src/methods/dmil/index.ts";
import { dmilPublished } from "../../src/methods/dmil-published/index.ts";
import { ensemble } from "../../src/methods/ensemble.ts";
import { fcl } from "../../src/methods/fcl/index.ts";
import { fe } from "../../src/methods/fe.ts";
import { greedy } from "../../src/methods/greedy.ts";
import { i2m2 } from "../../src/methods/i2m2.ts";
import { i2moe } from "../../src/methods/i2moe.ts";
import { methodFrom, methods } from "../../src/methods/index.ts";
import { joint } from "../../src/methods/joint.ts";
import { mcr } from "../../src/methods/mcr/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlb } from "../../src/methods/mlb.ts";
import { mmib } from "../../src/methods/mmib.ts";
import { mmml } from "../../src/methods/mmml.ts";
import { mmpareto } from "../../src/methods/mmpareto.ts";
import { mmtm } from "../../src/methods/mmtm.ts";
import { ogm } from "../../src/methods/ogm.ts";
import { pmr } from "../../src/methods/pmr.ts";
import { qmf } from "../../src/methods/qmf.ts";
import { reconboost } from "../../src/methods/reconboost.ts";
import { unimodal } from "../../src/methods/unimodal.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { initialState } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { UNSCALED } from "../../src/targets/calibrate.ts";
import { PRIOR } from "../../src/targets/task.ts";
import { fit } from "../../src/train/fit.ts";
import { difference, normals, runNative } from "../support/numbers.ts";

const encoders = { a: mlp([5, 6]), b: mlp([4]) };
const three = { ...encoders, c: mlp([3, 4], { dropout: 0.25, norm: true, activation: "tanh" }) };
const purified = { synergy: "purified" } as const;
const variants: Record<string, Method> = {
  "unimodal a": unimodal({ encoders, embedding: 4, modality: "a" }),
  "unimodal c of three": unimodal({ encoders: three, embedding: 4, modality: "c" }),
  joint: joint({ encoders, embedding: 4 }),
  "joint-mlp": joint({ encoders, embedding: 4, head: "mlp" }),
  "joint-sum with three modalities": joint({ encoders: three, embedding: 4, head: "sum" }),
  "joint-gated with three modalities": joint({ encoders: three, embedding: 4, head: "gated" }),
  "joint-film with three modalities": joint({ encoders: three, embedding: 4, head: "film" }),
  "joint-bilinear with three modalities": joint({ encoders: three, embedding: 4, head: "bilinear" }),
  ensemble: ensemble({ encoders, embedding: 4 }),
  "ensemble-logits": ensemble({ encoders, embedding: 4, combine: "logits" }),
  "ensemble-product with three modalities": ensemble({ encoders: three, embedding: 4, combine: "product" }),
  ogm: ogm({ encoders, embedding: 4 }),
  "ogm-ge with three modalities": ogm({ encoders: three, embedding: 4, noise: true }),
  mmtm: mmtm({ encoders, embedding: 4 }),
  "mmtm with three modalities, branch losses": mmtm({ encoders: three, embedding: 4, loss: "branches" }),
  greedy: greedy({ encoders, embedding: 4 }),
  "greedy-random": greedy({ encoders, embedding: 4, guide: "random" }),
  mmib: mmib({ encoders, embedding: 4, hidden: 6 }),
  "mmib with three modalities": mmib({ encoders: three, embedding: 4, hidden: 6 }),
  "mmib-early": mmib({ encoders, embedding: 4, hidden: 6, bottleneck: "early" }),
  "mmib-late": mmib({ encoders: three, embedding: 4, hidden: 6, bottleneck: "late" }),
  qmf: qmf({ encoders, embedding: 4 }),
  "qmf with three modalities and a strict margin": qmf({ encoders: three, embedding: 4, margin: "strict" }),
  fcl: fcl({ encoders, embedding: 4, critic: 6 }),
  "fcl-ce": fcl({ encoders, embedding: 4, critic: 6, supervision: 1 }),
  i2m2: i2m2({ encoders, embedding: 4 }),
  "i2m2 with three modalities": i2m2({ encoders: three, embedding: 4 }),
  reconboost: reconboost({ encoders, embedding: 4, hidden: 6, rounds: 2 }),
  "reconboost with three modalities and consolidation": reconboost({
    encoders: three,
    embedding: 4,
    hidden: 6,
    rounds: 1,
    consolidation: 0.5,
  }),
  pmr: pmr({ encoders, embedding: 4 }),
  "pmr-paper with three modalities and all terms": pmr({
    encoders: three,
    embedding: 4,
    form: "paper",
    momentum: 0.2,
    entropy: 0.1,
  }),
  agm: agm({ encoders, embedding: 4 }),
  "agm with three modalities": agm({ encoders: three, embedding: 4 }),
  mlb: mlb({ encoders, embedding: 4 }),
  "mlb with three modalities": mlb({ encoders: three, embedding: 4 }),
  mmml: mmml({ encoders, embedding: 4 }),
  "mmml with three modalities": mmml({ encoders: three, embedding: 4 }),
  mcr: mcr({ encoders, embedding: 4 }),
  "mcr, greedy, three modalities, all terms": mcr({ encoders: three, embedding: 4, bottleneck: 1 }),
  "mcr, independent": mcr({ encoders, embedding: 4, strategy: "independent" }),
  "mcr, collaborative, not trained before": mcr({ encoders, embedding: 4, strategy: "collaborative", pretrain: false }),
  fe: fe({ encoders, embedding: 4 }),
  "fe, variance, three modalities": fe({ encoders: three, embedding: 4, variance: true }),
  dmil: dmil({ encoders, embedding: 4, members: 1 }),
  "dmil with three modalities": dmil({ encoders: three, embedding: 4, members: 1 }),
  "dmil, two members": dmil({ encoders, embedding: 4, members: 2 }),
  "dmil-purified": dmilPublished({ encoders, embedding: 4, ...purified }),
  "dmil-purified with three modalities": dmilPublished({ encoders: three, embedding: 4, ...purified }),
  "dmil-purified with three modalities, pairs alone": dmilPublished({
    encoders: three,
    embedding: 4,
    ...purified,
    order: 2,
  }),
  "dmil-purified, deterministic": dmilPublished({ encoders, embedding: 4, ...purified, variational: false }),
  "dmil-purified, intra level alone": dmilPublished({ encoders, embedding: 4, ...purified, levels: "id" }),
  "dmil-purified, consistency level alone": dmilPublished({ encoders, embedding: 4, ...purified, levels: "cd" }),
  "dmil-published": dmilPublished({ encoders, embedding: 4 }),
  "dmil-published, three modalities": dmilPublished({ encoders: three, embedding: 4 }),
  "dmil-published, deterministic": dmilPublished({ encoders, embedding: 4, variational: false }),
  "dmil-published, intra level alone": dmilPublished({ encoders, embedding: 4, levels: "id" }),
  "joint, two members": joint({ encoders, embedding: 4, members: 2 }),
  "unimodal c of three, two members": unimodal({ encoders: three, embedding: 4, modality: "c", members: 2 }),
  "mmib with three modalities, two members": mmib({ encoders: three, embedding: 4, hidden: 6, members: 2 }),
  "greedy, two members": greedy({ encoders, embedding: 4, members: 2 }),
  "mmpareto, two members": mmpareto({ encoders, embedding: 4, members: 2 }),
  "ogm-ge, three members": ogm({ encoders, embedding: 4, noise: true, members: 3 }),
  "pmr with three modalities, two members": pmr({ encoders: three, embedding: 4, momentum: 0.2, members: 2 }),
  "qmf, two members": qmf({ encoders, embedding: 4, members: 2 }),
  "i2moe, two members": i2moe({ encoders, embedding: 4, members: 2 }),
  "dmil-published, two members": dmilPublished({ encoders, embedding: 4, members: 2 }),
  "dmil-published, consistency level alone": dmilPublished({ encoders, embedding: 4, levels: "cd" }),
};
const B = 6;
const K = 3;
const widthsOf = (method: Method): Widths => ({
  shapes: Object.fromEntries(method.modalities.map((name, i) => [name, [5 - i]])),
  classes: K,
});

/** The method over encoders that read so many features of every modality. */
function withFeatures(method: Method, features: number): Method {
  return methodFrom(method.name, {
    ...method.description,
    encoders: Object.fromEntries(
      Object.entries(method.description.encoders).map(([name, own]) => [
        name,
        { ...own, sizes: [features, ...(own as unknown as { sizes: number[] }).sizes.slice(1)] },
      ]),
    ),
  });
}

/** The method with its first numbers, nothing scaled. */
function untrained(method: Method): Fitted {
  const { shapes } = widthsOf(method);
  return {
    method,
    target: { kind: "multiclass", names: ["0", "1", "2"] },
    shapes,
    transforms: Object.fromEntries(
      Object.keys(shapes).map((name) => [name, { kind: "vector", normalize: "none", numbers: {} }]),
    ),
    state: initialState(parametersOf(method, widthsOf(method)), 2),
    calibration: {
      logPrior: new Array<number>(K).fill(-Math.log(K)),
      prediction: UNSCALED,
      all: UNSCALED,
      modalities: Object.fromEntries(method.modalities.map((name) => [name, UNSCALED])),
    },
    history: [],
  };
}

/** Random numbers for every leaf of a graph. */
function bindingsFor(method: Method, exprs: Parameters<typeof topological>[0], seed = 1): Record<string, Float32Array> {
  const specs = parametersOf(method, widthsOf(method));
  const state = initialState(specs, seed);
  // Stored numbers start all alike; the prior stays one.
  const stored = new Set(specs.flatMap(({ name, trainable: trained }) => (trained || name === PRIOR ? [] : [name])));
  return Object.fromEntries(
    topological(exprs).flatMap((node, i) => {
      const found = asLeaf(node);
      if (found === undefined) return [];
      if (stored.has(found.name)) return [[found.name, normals(found.shape, 70 * seed + i).map(Math.abs)]];
      if (found.kind === "parameter") {
        // A synergy as faint as at the start knows less than single modalities everywhere, so nothing would rest on it.
        const scale = (1 + seed / 4) * (found.name.startsWith("synergy.") ? 4 : 1);
        const { data } = state[found.name]!;
        // What starts at 0 is given numbers, so that something rests on it.
        return [[found.name, data.every((v) => v === 0) ? normals(found.shape, seed) : data.map((v) => v * scale)]];
      }
      const values = normals(found.shape, 50 * seed + i);
      if (found.name === "target") values.forEach((_, j) => void (values[j] = j % K === Math.floor(j / K) % K ? 1 : 0));
      // What is kept of samples lies between its bounds, and may lie close together.
      if (/^samples\..*\.(least|largest)$/.test(found.name)) values.fill(found.name.endsWith(".least") ? -500 : 500);
      return [[found.name, values]];
    }),
  );
}

/** The list's other methods, as they come. */
const covered = new Set(Object.values(variants).map((method) => method.name));
const others = Object.entries(methods).flatMap(([name, factory]): [string, Method][] => {
  if (covered.has(name)) return [];
  const one = factory.perModality ? { modality: "a" } : {};
  return [[name, factory.configure({ encoders, embedding: 4, ...one })]];
});

describe.each([...Object.entries(variants), ...others])("%s", (_, method) => {
  const widths = widthsOf(method);
  const M = method.modalities.length;

  test("gives its outputs under their names and shapes, each sample apart", async () => {
    const { outputs } = forward(method, widths, B, { training: false });
    expect(outputs.logits.shape).toEqual([B, K]);
    expect(outputs.unimodal.shape).toEqual([M, B, K]);
    const exprs = [outputs.logits, outputs.unimodal];
    if (outputs.components !== undefined) {
      const { names, logits, gate, contributions } = outputs.components;
      expect(logits.shape).toEqual([names.length, B, K]);
      expect(gate.shape).toEqual([B, names.length]);
      expect(contributions.shape).toEqual([names.length, B, K]);
      exprs.push(logits, gate, contributions);
    }
    const given = bindingsFor(method, exprs);
    const values = await runNative(exprs, given);
    for (const value of values) expect(value.every(Number.isFinite)).toBe(true);
    if (outputs.components !== undefined) {
      const C = outputs.components.names.length;
      const [logits, , , gate, contributions] = values as Float32Array[] as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const prior = given[PRIOR]!;
      for (let i = 0; i < B; i++) {
        const shares = [...gate.subarray(i * C, (i + 1) * C)];
        expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        for (let k = 0; k < K; k++) {
          const added = shares.reduce((total, _, c) => total + contributions[(c * B + i) * K + k]!, prior[k]!);
          expect(added).toBeCloseTo(logits[i * K + k]!, 4);
        }
      }
    }
  });

  test("an exported model says what the model says, for any number of samples", async () => {
    const shapes = Object.entries(widths.shapes);
    const fitted = untrained(method);
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(toOnnx(fitted));
    const stored = Object.fromEntries(Object.entries(fitted.state).map(([name, { data }]) => [name, data]));
    for (const count of [1, 5]) {
      const rows = shapes.map(([name, [width = 0]], i) => ({ name, width, data: normals([count, width], 9 + i) }));
      const said = await session.run(
        Object.fromEntries(
          rows.map(({ name, width, data }) => [name, new ort.Tensor("float32", data, [count, width])]),
        ),
      );
      const { outputs } = forward(method, widths, count, { training: false });
      const [logits, unimodal] = interpret([outputs.logits, transpose(outputs.unimodal, [1, 0, 2])], {
        ...stored,
        ...Object.fromEntries(rows.map(({ name, data }) => [modalityLeaf(name), data])),
      });
      expect(difference(logits!.data, said.logits!.data as Float32Array)).toBeLessThan(1e-5);
      expect(difference(unimodal!.data, said.unimodal!.data as Float32Array)).toBeLessThan(1e-5);
    }
  });

  test("predicts in batches of any size, of one too, with modalities missing or not", async () => {
    const rows = 5;
    const whole: Dataset = {
      name: "rows",
      ids: Array.from({ length: rows }, (_, i) => String(i)),
      modalities: Object.fromEntries(
        Object.entries(widths.shapes).map(([name, [width = 0]], i) => [
          name,
          float32([rows, width], normals([rows, width], 9 + i)),
        ]),
      ),
      ...classTarget(["0", "1", "2"], new Int32Array(rows)),
    };
    const fitted = untrained(method);
    for (const data of [whole, hideModalities(whole, ["b"], [0, 3])]) {
      const expected = await predict(fitted, data);
      for (const batchSize of [1, 2]) {
        const said = await predict(fitted, data, { batchSize });
        expect(difference(expected.logits, said.logits)).toBeLessThan(1e-5);
        for (const name of method.modalities)
          expect(difference(expected.unimodal[name]!, said.unimodal[name]!)).toBeLessThan(1e-5);
      }
    }
  });

  test("can be rebuilt from its description", () => {
    const stored = JSON.parse(JSON.stringify(method.description));
    expect(methodFrom(method.name, stored).description).toEqual(method.description);
    expect(parametersOf(methodFrom(method.name, stored), widths)).toEqual(parametersOf(method, widths));
  });

  test.each(method.stages.map((stage) => [stage.name, stage] as const))(
    "stage %s: every loss term moves something",
    (_, stage) => {
      const { terms, gradients } = stageGraph(method, stage as never, widths, B);
      expect(terms.length).toBeGreaterThan(0);
      const parameters = [...gradients.values()].map(({ parameter }) => parameter);
      for (const { names, value, weights } of terms) {
        names.forEach((name, i) => {
          expect(weights[i], name).toBeGreaterThan(0);
          const only = names.map((_, j) => (j === i ? 1 : 0));
          const own = grad([{ value, weights: only }], parameters);
          // A term may rest on a batch that holds none of its samples: what matters is that some batch moves it.
          let size = 0;
          for (let seed = 1; seed <= 12 && size < 1e-12; seed++) {
            const values = interpret(own, bindingsFor(method, own, seed));
            size = values.reduce((total, { data }) => total + data.reduce((sum, g) => sum + g * g, 0), 0);
          }
          expect(size, `gradient of ${name}`).toBeGreaterThan(1e-12);
        });
      }
    },
  );

  test("frozen parameters do not move by a bit, trained ones do", async () => {
    const data = interactionMixture({
      classes: 2,
      noise: 0.3,
      samples: { train: 40, validation: 20, test: 20 },
      features: 5,
      modalities: [...method.modalities],
      shares: { redundant: 0.25, unique: 0.5 / M, synergistic: 0.25 },
      seed: 3,
    });
    const own = withFeatures(method, 5);
    // A stage that may keep the model it began with would not show what it trains.
    const sized = { ...own, stages: own.stages.map((stage) => ({ ...stage, scoreInitial: false })) };
    const names = method.stages.map((stage) => stage.name);
    const wide: Widths = { shapes: Object.fromEntries(method.modalities.map((name) => [name, [5]])), classes: 2 };
    let before = initialState(parametersOf(sized, wide), 0);
    const stored = new Set(parametersOf(sized, wide).flatMap((spec) => (spec.trainable ? [] : [spec.name])));
    for (let i = 0; i < names.length; i++) {
      const epochs = Object.fromEntries(names.map((name, j) => [name, j <= i ? 1 : 0]));
      const { state: after } = await fit(sized, data, { seed: 0, batchSize: 16, epochs, threads: 1 });
      const stage = sized.stages[i]!;
      const moved = Object.keys(after).filter(
        (name) => !stored.has(name) && after[name]!.data.some((v, j) => v !== before[name]!.data[j]),
      );
      const { gradients } = stageGraph(sized, stage as never, wide, B);
      expect(moved.filter((name) => !stage.trains(name))).toEqual([]);
      expect([...gradients.keys()].filter((name) => !moved.includes(name))).toEqual([]);
      before = after;
    }
  });

  test("names the modality that the data lacks", () => {
    const { a, ...rest } = widths.shapes;
    expect(a).toEqual([5]);
    expect(() => forward(method, { shapes: { aa: [5], ...rest }, classes: K }, B, { training: true })).toThrowError(
      /no modality "a"; did you mean "aa"\?/,
    );
  });
});

test("joint: the slices sum to the prediction", async () => {
  const { outputs } = forward(variants.joint!, widthsOf(variants.joint!), B, { training: false });
  const exprs = [outputs.logits, outputs.unimodal];
  const [logits, slices] = await runNative(exprs, bindingsFor(variants.joint!, exprs));
  logits!.forEach((value, i) => {
    expect(slices![i]! + slices![B * K + i]!).toBeCloseTo(value, 5);
  });
});

test("ensemble: with equal members it equals either", async () => {
  const twin = ensemble({ encoders: { a: mlp([4]), b: mlp([4]) }, embedding: 3 });
  const { outputs } = forward(twin, { shapes: { a: [4], b: [4] }, classes: K }, B, { training: false });
  const bindings = bindingsFor(variants.joint!, []);
  for (const node of topological([outputs.logits])) {
    const found = asLeaf(node);
    if (found !== undefined)
      bindings[found.name] = normals(found.shape, found.name.replaceAll(/\.(a|b)\b/g, "").length);
  }
  bindings["modality.b"] = bindings["modality.a"]!;
  const [logits, unimodal] = await runNative([outputs.logits, outputs.unimodal], bindings);
  const soft = await runNative([outputs.logits], bindings);
  expect(soft[0]).toEqual(logits);
  for (let i = 0; i < B; i++) {
    const row = (values: Float32Array, start: number): number[] => [
      ...values.subarray(start + i * K, start + (i + 1) * K),
    ];
    const log = row(unimodal!, 0).map((v, _, all) => v - Math.log(all.reduce((sum, u) => sum + Math.exp(u), 0)));
    row(logits!, 0).forEach((v, k) => {
      expect(v).toBeCloseTo(log[k]!, 5);
    });
  }
});

test("settings that cannot be: fewer than two modalities, unknown options", () => {
  expect(() => joint({ encoders: { a: mlp([4]) } })).toThrowError(/1 modalities \(a\); two or more/);
  expect(() => i2m2({ encoders: { ...encoders, together: mlp([4]) } })).toThrowError(
    /two stages would be called "together"; rename the modality/,
  );
  expect(() => dmil({ encoders, embeding: 3 } as never)).toThrowError(
    /unknown option "embeding"; did you mean "embedding"\?/,
  );
  expect(() => dmilPublished({ encoders, loss: { lamda: 3 } } as never)).toThrowError(
    /dmil-published\.loss\.lamda: unknown option "lamda"; did you mean "lambda"\?/,
  );
  expect(leaf("input", "a", [1]).shape).toEqual([1]);
});
