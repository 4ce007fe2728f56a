/** @file Sealed JSON: whatever is written comes back; any change of its content is refused by name. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { runError } from "../../src/core/errors.ts";
import { verifyChecksum, withChecksum } from "../../src/runs/checksum.ts";

const about = { where: "runs/a/run.json", advice: "Start the run again." };

test("a value comes back without its checksum, whatever its keys are called", async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (value) => {
      const { checksum: _, ...rest } = value;
      const plain = JSON.parse(JSON.stringify(rest));
      expect(await verifyChecksum(await withChecksum(rest), about)).toEqual(plain);
      expect(await verifyChecksum(await withChecksum(rest, 2), about)).toEqual(plain);
    }),
    { numRuns: 200 },
  );
});

test("a flipped bit is refused, unless only space between the parts changed", async () => {
  const value = { status: "finished", seed: 3, figures: { accuracy: 0.75, classes: ["a", "b"] }, none: null };
  const bytes = new TextEncoder().encode(await withChecksum(value, 2));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    const text = new TextDecoder().decode(damaged);
    const read = await verifyChecksum(text, about).catch((error) => error);
    if (read instanceof Error) expect(read).toMatchObject({ code: "DataError" });
    else expect(read).toEqual(value);
  }
});

test("the error names the file and the way on, and is of the kind the caller asks for", async () => {
  await expect(verifyChecksum("{}", about)).rejects.toThrow(
    /runs\/a\/run.json: the checksum is missing.*Start the run again\./,
  );
  await expect(verifyChecksum('{"a":', { ...about, error: runError })).rejects.toMatchObject({ code: "RunError" });
  const sealed = await withChecksum({ seed: 1 });
  await expect(verifyChecksum(sealed.replace(":1", ":2"), about)).rejects.toThrow(/the checksum does not match/);
});
