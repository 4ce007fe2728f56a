/** @file Laws of learning from a teacher, over every method and every kind of target. */
import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import type { DataSplits } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { parametersOf } from "../../src/engine/graph.ts";
import type { Fitted } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { methodNames } from "../../src/methods/index.ts";
import { type FitOptions, fit } from "../../src/train/index.ts";
import { type DistillationTargets, isAuxiliary, TAUGHT, withTeacher } from "../../src/train/teacher.ts";
import { bits, gradientsOf, smallData, widths } from "../methods/support.ts";
import { epochsOf, methodOf } from "../support/models.ts";

const base = { seed: 1, batchSize: 16, threads: 1 } as const;
const data = smallData(methodOf("joint"));
const trained = (name: string, on: DataSplits, more: Partial<FitOptions> = {}): Promise<Fitted> => {
  const method = methodOf(name);
  return fit(method, on, { ...base, epochs: epochsOf(method), ...more });
};
type G = Record<string, Float64Array>;
const model = await trained("dmil", data, { epochs: 2 });

const lesson = (weight: number): DistillationTargets => ({
  sources: {},
  weight,
  prediction: true,
  components: ["redundant", "unique_a", "other"],
  representations: { inner: 3 },
});

describe.each(methodNames)("%s", (name) => {
  test("in every stage the teacher's gradients are added to the method's own, as often as its weight says", () => {
    const method = methodOf(name);
    method.stages.forEach((stage, s) => {
      const plain = gradientsOf(method, s);
      const [none, once, twice] = [0, 1, 2].map((weight) => gradientsOf(withTeacher(method, lesson(weight)), s)) as [
        G,
        G,
        G,
      ];
      let heard = false;
      for (const [parameter, values] of Object.entries(once)) {
        const own = plain[parameter] ?? new Float64Array(values.length);
        const scale = Math.max(1, ...values.map(Math.abs));
        values.forEach((value, i) => {
          const at = `${stage.name}, ${parameter}, ${i}`;
          expect(Math.abs(none[parameter]![i]! - own[i]!), at).toBeLessThan(1e-9 * scale);
          expect(Math.abs(twice[parameter]![i]! - own[i]! - 2 * (value - own[i]!)), at).toBeLessThan(1e-9 * scale);
          heard ||= !isAuxiliary(parameter) && Math.abs(value - own[i]!) > 1e-6;
        });
      }
      expect(heard, stage.name).toBe(true);
    });
  });

  test("trains on what a teacher says, and keeps no head of the teacher's", async () => {
    const told = await trained(name, data, { teacher: { model, of: TAUGHT } });
    const method = methodOf(name);
    expect(Object.keys(told.state)).toEqual(parametersOf(method, widths(method)).map((own) => own.name));
    const { logits } = await predict(told, data.test);
    expect(logits.every(Number.isFinite)).toBe(true);
  });
});

const sizes = { train: 60, validation: 40, test: 30 };
describe.each(["multiclass", "multilabel", "regression"] as const)("%s", (kind) => {
  const splits = kind === "multiclass" ? data : sums({ seed: 3, features: 5, target: kind, samples: sizes }).splits;

  test.each(TAUGHT)("%s of a teacher are learnt the better the more they weigh", async (what) => {
    const teacher = kind === "multiclass" ? model : await trained("dmil", splits, { epochs: 2 });
    const reached = async (weight: number): Promise<number> => {
      const { history } = await trained("joint", splits, {
        epochs: 15,
        teacher: { model: teacher, weight, of: [what] },
      });
      const [, value] = Object.entries(history.at(-1)!.train.terms).find(([term]) => term.includes("teacher"))!;
      return value;
    };
    expect(await reached(10)).toBeLessThan(await reached(0));
  });
});

test("a teacher that has all modalities teaches a model that loses some, and one that lacks some is asked about what is there", async () => {
  const hidden = { ...data, train: hideModalities(data.train, ["b"], [0, 3, 7]) };
  for (const splits of [data, hidden]) {
    const fitted = await trained("joint", splits, { modalityDropout: 0.3, teacher: { model, of: TAUGHT } });
    expect(fitted.history.at(-1)!.train.terms["ce.teacher"]).toBeGreaterThan(0);
  }
});

test("a run that learns from a teacher, stopped in the middle of an epoch, goes on to the same bits", async () => {
  const method = methodOf("joint");
  const teacher = { model, of: TAUGHT };
  const options = { ...base, batchSize: 8, epochs: 3, teacher } as const;
  const whole = await fit(method, data, options);
  const folder = memoryFolder();
  const controller = new AbortController();
  let steps = 0;
  const stopped = fit(method, data, {
    ...options,
    folder,
    checkpointSeconds: 0,
    signal: controller.signal,
    onEvent: (event) => void (event.kind === "step" && ++steps === 7 && controller.abort()),
  });
  await expect(stopped).rejects.toMatchObject({ fields: { interrupted: true } });
  const resumed = await fit(method, data, { ...options, folder, resume: true });
  expect(bits(resumed.state)).toBe(bits(whole.state));
});

describe("what cannot be learnt is said", () => {
  const refused = (name: string, teacher: object, on: DataSplits = data): Promise<unknown> =>
    trained(name, on, { teacher: { model, ...teacher } as never });

  test.each([
    [{ weight: -1 }, "teacher.weight is -1; a number from 0 is needed."],
    [{ of: [] }, "teacher.of is []; a list of prediction, components, representations is needed."],
    [{ of: ["gate"] }, 'teacher.of is ["gate"]; a list of prediction, components, representations is needed.'],
    [{ wieght: 1 }, 'fit, teacher: unknown option "wieght"; did you mean "weight"?'],
  ])("%j", async (teacher, message) => {
    await expect(refused("joint", teacher)).rejects.toThrow(message);
  });

  test("a teacher without components, of another shape, or of another target", async () => {
    const plain = await trained("joint", data);
    await expect(refused("joint", { model: plain, of: ["components"] })).rejects.toThrow(
      "teacher.of: the teacher (joint) has no components; leave them out, or take another teacher.",
    );
    const wide = { ...model, shapes: { a: [5], b: [6] } };
    await expect(refused("joint", { model: wide })).rejects.toThrow(
      "the teacher does not fit the data: samples of b are [5], the teacher was trained on [6].",
    );
    const more = { ...model, shapes: { ...model.shapes, c: [5] } };
    await expect(refused("joint", { model: more })).rejects.toThrow(
      'it was trained on the modality "c", and the modalities read here are a, b. Read that one too',
    );
    await expect(refused("joint", {}, sums({ seed: 3, features: 5, samples: sizes }).splits)).rejects.toThrow(
      "the teacher does not fit the data: the train data has",
    );
  });
});
