/** @file Which backend serves, and what is said where the native one cannot be loaded. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { joint } from "../../src/methods/joint.ts";
import { mlp } from "../../src/nn/mlp.ts";

const data = interactionMixture({
  classes: 2,
  noise: 0.1,
  features: 4,
  shares: { redundant: 1, unique: 0, synergistic: 0 },
  samples: { train: 32, validation: 16, test: 16 },
  seed: 0,
});
const method = joint({ encoders: { a: mlp([4, 4]), b: mlp([4, 4]) }, embedding: 4 });
const options = { seed: 0, epochs: { whole: 1 } };

/** The modules anew, where `onnxruntime-node` is as if it was not installed. */
async function withoutNative() {
  vi.doMock("../../src/runtime/ort.node.ts", () => ({
    nativeBackend: () => Promise.reject(new Error("Cannot find module 'onnxruntime-node'\nRequire stack: ...")),
  }));
  const { loadBackend } = await import("../../src/runtime/load.ts");
  const { fit } = await import("../../src/train/fit.ts");
  const { predict } = await import("../../src/evaluation/predict.ts");
  return { loadBackend, fit, predict };
}

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.doUnmock("../../src/runtime/ort.node.ts");
  vi.restoreAllMocks();
});

test("fit that falls back to WebAssembly says so once, however often it and predict are called", async () => {
  const said = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { fit, predict } = await withoutNative();
  const fitted = await fit(method, data, options);
  await fit(method, data, options);
  await predict(fitted, data.test);
  expect(said.mock.calls).toEqual([
    [
      "dmil: the native backend cannot be loaded (Cannot find module 'onnxruntime-node'); work goes on with the slower " +
        "wasm backend; `npx dmil doctor` says how to get it.",
    ],
  ]);
});

test("with onEvent it is a note instead, after the start", async () => {
  const said = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { fit } = await withoutNative();
  const events: string[] = [];
  await fit(method, data, {
    ...options,
    onEvent: (event) => events.push(event.kind === "note" ? event.message : event.kind),
  });
  expect(events.slice(0, 2)).toEqual(["started", expect.stringMatching(/^the native backend cannot be loaded/)]);
  expect(said).not.toHaveBeenCalled();
});

test("asked for by name it is an error; wasm asked for by name says nothing", async () => {
  const said = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { loadBackend } = await withoutNative();
  await expect(loadBackend("native")).rejects.toMatchObject({
    code: "RunError",
    message: expect.stringContaining("`npx dmil doctor` says how to get it"),
  });
  expect((await loadBackend("wasm")).name).toBe("wasm");
  expect(said).not.toHaveBeenCalled();
});
