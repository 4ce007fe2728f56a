/** @file Rows: copies to and from batches, and steps on data that are not in memory. */
import { expect, test } from "vitest";
import { modalityLeaf, parametersOf } from "../../src/engine/graph.ts";
import { inMemory, type RowSource, type Rows, type Sources, scatterInto, scatterRows } from "../../src/engine/rows.ts";
import { prepareStage } from "../../src/engine/stage.ts";
import { dmilPublished } from "../../src/methods/dmil-published/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { initialState } from "../../src/nn/module.ts";
import { adam } from "../../src/optim/index.ts";
import { loadBackend } from "../../src/runtime/load.ts";
import { bits, encoders, F, K, widths } from "../methods/support.ts";
import { normals } from "../support/numbers.ts";

// 3 and 40 numbers a row: short rows are copied in a loop, long ones at once.
test.each([3, 40])("reads rows of %i numbers in any order; scattering is the inverse", (width) => {
  const source: RowSource = { data: normals([2, 5, width], 1), lead: 2, rows: 5, width };
  const order = [9, 4, 0, 2, 4];
  const batch = new Float32Array(2 * 3 * width);
  expect(inMemory(source).read(order, 2, 3, batch)).toBeUndefined();
  for (let l = 0; l < 2; l++) {
    for (let i = 0; i < 3; i++) {
      const row = order[2 + i]!;
      const due = source.data.subarray((l * 5 + row) * width, (l * 5 + row + 1) * width);
      expect(batch.subarray((l * 3 + i) * width, (l * 3 + i + 1) * width)).toEqual(due);
    }
  }
  const copy: RowSource = { ...source, data: new Float32Array(source.data.length) };
  const rows = new Float32Array(2 * 5 * width);
  inMemory(source).read([0, 1, 2, 3, 4], 0, 5, rows);
  scatterRows(copy, rows, 0, 5, 5);
  expect(copy.data).toEqual(source.data);
  const flat: RowSource = { data: new Float32Array(5 * width), lead: 1, rows: 5, width };
  scatterInto(flat, batch.subarray(0, 2 * width), [3, 1], 0, 2);
  expect(flat.data.subarray(width, 2 * width)).toEqual(batch.subarray(width, 2 * width));
  expect(flat.data.subarray(3 * width, 4 * width)).toEqual(batch.subarray(0, width));
});

/** The same rows from a reader that has to wait for them. */
function late(rows: Rows): Rows {
  return {
    ...rows,
    async read(order, from, count, into) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      await rows.read(order, from, count, into);
    },
  };
}

test("a stage trains to the same bits from a reader that has to wait, frozen features and statistics too", async () => {
  const samples = 40;
  const method = dmilPublished({ encoders: encoders(), embedding: 4 }) as unknown as Method;
  const sources: Sources = Object.fromEntries(
    method.modalities.map((name, i) => [
      modalityLeaf(name),
      inMemory({ data: normals([samples, F], i), lead: 1, rows: samples, width: F }),
    ]),
  );
  const target = { outputs: K, width: 1, data: Float32Array.from({ length: samples }, (_, i) => i % K) };
  const backend = await loadBackend("native");
  const trained = async (from: Sources): Promise<string> => {
    const prepared = await prepareStage({
      method,
      stage: method.stages[1]! as never, // it reads features of frozen parts
      widths: widths(method),
      state: initialState(parametersOf(method, widths(method)), 0),
      train: { size: samples, target, sources: from },
      batchSize: 16,
      seed: 0,
      optimiser: adam(),
      clipNorm: 1,
      backend,
      threads: 1,
    });
    expect(prepared.keptFeatures).toBeGreaterThan(0);
    prepared.beginEpoch(1, false);
    const order = Uint32Array.from({ length: samples }, (_, i) => i);
    let at = 0;
    for (const [i, size] of prepared.plan.entries()) {
      await prepared.step(order, at, size, i + 1, 0.01);
      at += size;
    }
    await prepared.updateStatistics();
    const predicted = await prepared.predict({ size: samples, target, sources: from });
    const result = `${bits(prepared.state())}\n${predicted.join()}`;
    await prepared.dispose();
    return result;
  };
  const waiting = Object.fromEntries(Object.entries(sources).map(([name, rows]) => [name, late(rows)]));
  expect(await trained(waiting)).toBe(await trained(sources));
});
