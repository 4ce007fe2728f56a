import { expect, test } from "vitest";
import { predict } from "../../src/evaluation/predict.ts";
import { unimodal } from "../../src/methods/unimodal.ts";
import { fit } from "../../src/train/fit.ts";
import { difference } from "../support/numbers.ts";
import { B, encoders, F, K, outputsOf, smallData, valuesOf } from "./support.ts";

const method = unimodal({ encoders: encoders(3), embedding: 4, modality: "b" });

test("reads its modality alone", () => {
  const { logits } = outputsOf(method, false);
  const [plain] = valuesOf(method, [logits]);
  const zeros = new Float32Array(B * F);
  for (const other of ["a", "c"])
    expect(valuesOf(method, [logits], { [`modality.${other}`]: zeros })[0]).toEqual(plain);
  expect(valuesOf(method, [logits], { "modality.b": zeros })[0]).not.toEqual(plain);
});

test("its own head for its modality, the class prior for the others", async () => {
  const data = smallData(method);
  const fitted = await fit(method, data, { seed: 1, batchSize: 16, epochs: { whole: 2 }, threads: 1 });
  const { logits, unimodal: alone } = await predict(fitted, data.test);
  expect(alone.b).toEqual(logits);
  const prior = fitted.calibration.logPrior;
  for (const other of ["a", "c"]) {
    const expected = Float32Array.from({ length: data.test.size * K }, (_, i) => prior[i % K]!);
    expect(difference(alone[other]!, expected)).toBeLessThan(1e-6);
  }
  expect(Object.keys(fitted.state).filter((name) => name.startsWith("encoders."))).toEqual(
    Object.keys(fitted.state).filter((name) => name.startsWith("encoders.b.")),
  );
});

test("a modality must be named, and be there", () => {
  expect(() => unimodal({ encoders: encoders() } as never)).toThrowError(
    /unimodal\.modality: nothing given; name the modality/,
  );
  expect(() => unimodal({ encoders: { face: encoders().a!, audio: encoders().b! }, modality: "faces" })).toThrowError(
    /unimodal\.modality: there is no modality "faces"; did you mean "face"\? Allowed: face, audio\./,
  );
  expect(unimodal.perModality).toBe(true);
});
