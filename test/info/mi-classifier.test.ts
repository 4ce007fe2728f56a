import { expect, it } from "vitest";
import { block, blockRows, miClassifier } from "../../src/info/index.ts";

const sigma = 0.75;
const rows = 4000;
const { x1, labels } = blockRows("U1", { rows, sigma, seed: 2 });
const prior = [Math.log(0.5), Math.log(0.5)];
/** Posteriors whose log-odds are `factor` times the right ones. */
function logs(factor: number): Float64Array {
  const out = new Float64Array(2 * rows);
  for (let i = 0; i < rows; i++) {
    const t = (factor * 2 * x1[i]!) / (sigma * sigma);
    out[2 * i] = -Math.log1p(Math.exp(t));
    out[2 * i + 1] = -Math.log1p(Math.exp(-t));
  }
  return out;
}

it("the right posterior gives the information, any other less", () => {
  const found = miClassifier(logs(1), labels, prior, { seed: 0 });
  const truth = block("U1", { sigma }).U1;
  expect(Math.abs(found.value - truth)).toBeLessThan(4 * found.se);
  expect(found.lower).toBeLessThan(truth);
  expect(found.upper).toBeGreaterThan(truth);
  expect(found.local).toHaveLength(rows);
  for (const factor of [0, 0.5, 2]) {
    expect(miClassifier(logs(factor), labels, prior, { seed: 0 }).value).toBeLessThan(found.value);
  }
  expect(miClassifier(logs(0), labels, prior, { seed: 0 }).value).toBe(0);
});

it("refuses what does not fit", () => {
  expect(() => miClassifier(logs(1), labels, [0], { seed: 0 })).toThrow(/\[N, K\]/);
  expect(() => miClassifier([Number.NaN, 0], [0], prior, { seed: 0 })).toThrow(/log-probability NaN/);
  expect(() => miClassifier(logs(1), labels, prior, { sead: 0 } as never)).toThrow('did you mean "seed"?');
});
