import { expect, test } from "vitest";
import { forward, stageGraph } from "../../../src/engine/graph.ts";
import { grad } from "../../../src/graph/grad.ts";
import { type FclOptions, fcl } from "../../../src/methods/fcl/index.ts";
import { mlp } from "../../../src/nn/mlp.ts";
import { interpret } from "../../../src/runtime/reference.ts";
import { normals } from "../../support/numbers.ts";
import { B, bindings, encoders, F, gradientsOf, K, trainedBits, widths } from "../support.ts";

const build = (options: Partial<FclOptions> = {}) =>
  fcl({ encoders: { a: mlp([F, 6]), b: mlp([F, 6]) }, embedding: 8, critic: 16, ...options });

/** Which parameters a loss term of the first stage moves. */
function moved(term: string, options: Partial<FclOptions> = {}): string[] {
  const method = build(options);
  const { terms, gradients } = stageGraph(method, method.stages[0]!, widths(method), B);
  const own = terms.find(({ names }) => names.includes(term))!;
  const names = [...gradients.keys()];
  const exprs = grad(
    [{ value: own.value, weights: own.names.map((name) => (name === term ? 1 : 0)) }],
    [...gradients.values()].map(({ parameter }) => parameter),
  );
  const values = interpret(exprs, bindings(method, exprs));
  return names.filter((_, i) => values[i]!.data.some((g) => Math.abs(g) > 1e-12));
}
const group = (names: readonly string[]): string[] =>
  [
    ...new Set(
      names.map((name) =>
        name
          .split(".")
          .slice(0, 2)
          .join(".")
          .replace(/^projections.*/, "projections"),
      ),
    ),
  ].sort();

test("a bound moves encoders and projections; a lower bound its critic too, an upper bound not", () => {
  const features = ["encoders.a", "encoders.b", "projections"];
  expect(group(moved("nce.shared"))).toEqual(["critics.nce", ...features]);
  expect(group(moved("nce.given"))).toEqual(["critics.nceGiven", ...features]);
  expect(group(moved("club.shared"))).toEqual(features);
  expect(group(moved("club.given"))).toEqual(features);
  expect(group(moved("nce.label.a"))).toEqual(["critics.label", "encoders.a", "projections"]);
  expect(moved("nce.label.a").some((name) => name.startsWith("critics.label.b"))).toBe(false);
});

test("the critics of upper bounds learn by lower bounds, which leave features alone", () => {
  expect(group(moved("critic.shared"))).toEqual(["critics.club"]);
  expect(group(moved("critic.given"))).toEqual(["critics.clubGiven"]);
});

test("signs: lower bounds are raised, upper bounds lowered, all alike", () => {
  const method = build();
  const { terms } = stageGraph(method, method.stages[0]!, widths(method), B);
  expect(terms).toHaveLength(1);
  const [{ names, value, weights }] = terms as [(typeof terms)[0]];
  expect(names).toEqual([
    "nce.shared",
    "club.shared",
    "nce.label.a",
    "nce.label.b",
    "nce.given",
    "club.given",
    "critic.shared",
    "critic.given",
  ]);
  expect(new Set(weights)).toEqual(new Set([1]));
  const [values] = interpret([value], bindings(method, [value]));
  for (const [i, name] of names.entries()) {
    if (!name.startsWith("club")) expect(values!.data[i]).toBeGreaterThanOrEqual(-Math.log(B));
  }
});

test("the label tells its part: given another label, the conditional bounds and those of the label change, the others not", () => {
  const method = build();
  const { terms } = stageGraph(method, method.stages[0]!, widths(method), B);
  const [{ names, value }] = terms as [(typeof terms)[0]];
  const target = Float32Array.from({ length: B * K }, (_, j) => (j % K === (2 * Math.floor(j / K) + 1) % K ? 1 : 0));
  const [before] = interpret([value], bindings(method, [value]));
  const [after] = interpret([value], bindings(method, [value], { target }));
  const changed = names.filter((_, i) => before!.data[i] !== after!.data[i]);
  expect(changed).toEqual(["nce.label.a", "nce.label.b", "nce.given", "club.given", "critic.given"]);
});

test("a probe reads the projections of one modality, or of both", () => {
  const method = build();
  const { outputs } = forward(method, widths(method), B, { training: false });
  const exprs = [outputs.unimodal, outputs.logits];
  const read = (name?: string): Float64Array[] =>
    interpret(
      exprs,
      bindings(method, exprs, name === undefined ? {} : { [`modality.${name}`]: normals([B, F], 9) }),
    ).map(({ data }) => data);
  const [plain, b] = [read(), read("b")];
  expect(b[0]!.slice(0, B * K)).toEqual(plain[0]!.slice(0, B * K));
  expect(b[0]!.slice(B * K)).not.toEqual(plain[0]!.slice(B * K));
  expect(b[1]).not.toEqual(plain[1]);
  expect(outputs.representations!.projections_a!.shape).toEqual([B, 40]);
});

test("the second stage trains probes alone; with supervision the first trains the probe on all too", () => {
  const second = (options: Partial<FclOptions>) => Object.keys(gradientsOf(build(options), 1));
  for (const options of [{}, { supervision: 1 }]) {
    expect(second(options).every((name) => /^probes?\./.test(name))).toBe(true);
    expect(second(options)).toHaveLength(6);
  }
  expect(Object.keys(gradientsOf(build())).some((name) => name.startsWith("probe"))).toBe(false);
  const first = Object.keys(gradientsOf(build({ supervision: 1 })));
  expect(first.filter((name) => name.startsWith("probe"))).toEqual(["probe.weight", "probe.bias"]);
  expect(group(moved("ce.prediction", { supervision: 1 }))).toEqual(
    expect.arrayContaining(["encoders.a", "encoders.b", "projections"]),
  );
});

test("supervision weighs the cross-entropy alone", () => {
  const [none, one, two] = [0, 1, 2].map((supervision) => gradientsOf(build({ supervision })));
  for (const [name, base] of Object.entries(none!)) {
    base.forEach((g, i) => void expect(two![name]![i]! - g).toBeCloseTo(2 * (one![name]![i]! - g), 9));
  }
});

test("projections do not depend on probes: the same bits with the probe's stage as without", async () => {
  const features = (parameter: string): boolean => !/^probes?\./.test(parameter);
  const method = build();
  const alone = { ...method, stages: method.stages.slice(0, 1) };
  expect(await trainedBits(method, features)).toBe(await trainedBits(alone, features));
});

test("is defined for two modalities", () => {
  expect(() => fcl({ encoders: encoders(3) })).toThrow(/fcl is defined for 2 modalities; 3 were given/);
});
