import { expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { readDigits } from "../../src/data/synthetic/digits-source.ts";
import { readerEvidence, withEvidence } from "../../src/interactions/recogniser.ts";
import { digitsFixture } from "../data/synthetic/digits-fixture.ts";

/** Pairs of rows of one origin whose class is drawn: nothing but having seen the origin tells it. */
function secrets(origins: number, width: number) {
  const draw = stream(1, "secrets");
  const values = float32([2 * origins, width]);
  const labels = new Int32Array(2 * origins);
  for (let origin = 0; origin < origins; origin++) {
    const label = draw.below(2);
    const own = Array.from({ length: width }, () => draw.normal());
    for (const row of [2 * origin, 2 * origin + 1]) {
      labels[row] = label;
      values.data.set(
        own.map((v) => v + 0.01 * draw.normal()),
        row * width,
      );
    }
  }
  return { values, labels, classes: 2, groups: Array.from({ length: 2 * origins }, (_, row) => String(row >> 1)) };
}

const rightly = (evidence: Float32Array, labels: Int32Array): number =>
  labels.reduce((n, label, i) => n + Number(evidence[2 * i + label]! > evidence[2 * i + 1 - label]!), 0) /
  labels.length;

test("nothing is read that was seen: samples of one origin are held out together", async () => {
  const input = secrets(150, 100);
  const honest = await readerEvidence(input, { seed: 0 });
  expect(rightly(honest, input.labels)).toBeLessThan(0.65);
  // The same without origins: each row's twin is in the training, and the reader knows the secret.
  const alone = input.groups.map((_, row) => String(row));
  const leaked = await readerEvidence({ ...input, groups: alone }, { seed: 0 });
  expect(rightly(leaked, input.labels)).toBeGreaterThan(0.7);
});

test("every recording of every split gets evidence, and plain ones are read", async () => {
  const source = await readDigits(await digitsFixture());
  const read = await withEvidence(source, { seed: 0 });
  for (const [name, pools] of Object.entries(read)) {
    for (const [split, { evidence, digits, values }] of Object.entries(pools)) {
      expect(values).toBe(source[name]![split as "train"].values);
      const best = Array.from(digits, (_, i) => {
        const own = evidence!.subarray(10 * i, 10 * i + 10);
        expect(own.every(Number.isFinite)).toBe(true);
        return own.indexOf(Math.max(...own));
      });
      expect(best.filter((digit, i) => digit === digits[i]).length / digits.length).toBeGreaterThan(0.95);
    }
  }
});
