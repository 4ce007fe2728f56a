/** @file bits.safetensors: what was written is read back, and what is no such file is refused. */
import { expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32 } from "../../src/core/tensor.ts";
import { encodeWithChecksum } from "../../src/evaluation/checksum.ts";
import type { SampleReport } from "../../src/interactions/report.ts";
import { runFiles } from "../../src/runs/record.ts";
import { readSampleBits, sampleBits, writeSampleBits } from "../../src/runs/sample-bits.ts";

const report = [0, 1, 2].map((i) => ({
  id: `s${i}`,
  label: i === 2 ? undefined : "yes",
  bits: { redundant: i, unique_constructor: 0.5, synergistic: -i / 4, total: 9 },
})) as unknown as SampleReport[];

test("what was written is read back: components without the total, samples by their ids and labels", async () => {
  const folder = memoryFolder("run");
  const bits = await sampleBits(report);
  expect(bits.components).toEqual(["redundant", "unique_constructor", "synergistic"]);
  expect(bits.atoms.map((own) => [...own])).toEqual([
    [0, 1, 2],
    [0.5, 0.5, 0.5],
    [-0, -0.25, -0.5],
  ]);
  await writeSampleBits(folder, bits);
  expect(await readSampleBits(folder)).toEqual(bits);
  const other = await sampleBits([...report].reverse());
  expect(other.samples).not.toBe(bits.samples);
});

test("a damaged file, and one of something else, are refused with what to do", async () => {
  const folder = memoryFolder("run");
  await writeSampleBits(folder, await sampleBits(report));
  const bytes = await folder.read(runFiles.bits);
  bytes[bytes.length - 1]! ^= 1;
  await folder.write(runFiles.bits, bytes);
  await expect(readSampleBits(folder)).rejects.toThrow(
    /run\/bits.safetensors: the checksum does not match.*sweep again/,
  );
  const two = { "bits.0": float32([2]), "bits.1": float32([3]) };
  for (const [state, metadata] of [
    [two, { components: '["redundant","synergistic"]', samples: "x" }],
    [two, { components: '["redundant","unique_a","synergistic"]', samples: "x" }],
    [two, { components: '["redundant"]' }],
    [two, { components: "[]", samples: "x" }],
    [two, {}],
  ] as const) {
    await folder.write(runFiles.bits, await encodeWithChecksum(state, metadata));
    await expect(readSampleBits(folder)).rejects.toThrow(/run\/bits.safetensors: /);
  }
});
