/** @file Sealed tensors: what was written comes back; one flipped bit anywhere, and any cut, is refused by name. */
import { expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { writeSafetensors } from "../../src/data/formats/safetensors.ts";
import { decodeWithChecksum, encodeWithChecksum } from "../../src/evaluation/checksum.ts";

const about = { where: "runs/a/model.safetensors", advice: "Train it again." };
const state = { "b.0": float32([2, 3], [1, -2, 3, 4.5, 0, 6]), a: float32([1], [0.1]), none: float32([0], []) };
const metadata = { dmil: JSON.stringify({ format: "x", names: ["ä", '"'] }), position: "{}" };

test("tensors and texts come back as they were, and the same state gives the same bytes", async () => {
  const bytes = await encodeWithChecksum(state, metadata);
  expect(await encodeWithChecksum(state, metadata)).toEqual(bytes);
  expect(await decodeWithChecksum(bytes, about)).toEqual({ state, metadata });
});

test("every flipped bit is refused", async () => {
  const bytes = await encodeWithChecksum(state, metadata);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    await expect(decodeWithChecksum(damaged, about), `bit ${bit}`).rejects.toMatchObject({
      code: "DataError",
      message: expect.stringMatching(/^runs\/a\/model\.safetensors: the checksum .* Train it again\.$/),
    });
  }
});

test("a file that was cut, grew or is empty is refused", async () => {
  const bytes = await encodeWithChecksum(state, metadata);
  const lengths = Array.from({ length: 50 }, (_, i) => stream(1, "cut", i).below(bytes.length));
  for (const length of [0, 7, 8, 40, ...lengths, bytes.length - 1]) {
    await expect(decodeWithChecksum(bytes.slice(0, length), about)).rejects.toMatchObject({ code: "DataError" });
  }
  await expect(decodeWithChecksum(Uint8Array.of(...bytes, 0), about)).rejects.toThrow(/the checksum does not match/);
});

test("a file of an earlier version is told from a damaged one", async () => {
  const older = writeSafetensors(state, { dmil: "1" });
  const said = (own: Readonly<Record<string, string>>) => (own.dmil === undefined ? undefined : `version ${own.dmil}.`);
  await expect(decodeWithChecksum(older, { ...about, older: said })).rejects.toThrow(
    /^runs\/a\/model\.safetensors: version 1\.$/,
  );
  await expect(decodeWithChecksum(older, about)).rejects.toThrow(/the checksum is missing.* Train it again\.$/);
});
