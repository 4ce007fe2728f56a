/** @file A tiny set in the form of avdigits: recordings and pictures that say their digit plainly, with a number of their own. */
import { memoryFolder } from "../../../src/core/folder.ts";
import { float32, tensor } from "../../../src/core/tensor.ts";
import { writeNpy } from "../../../src/data/formats/npy.ts";

/** Rows of each digit by split; in test each recording comes twice, with different noise, as in avdigits. */
const COUNTS = { train: 8, valid: 4, test: 4 } as const;

/** `same` puts the first recording of train into test too. */
export async function digitsFixture({ same = false, digits = 10 } = {}) {
  const folder = memoryFolder("AVDIGITS");
  let serial = 0;
  for (const [split, count] of Object.entries(COUNTS)) {
    const rows = Array.from({ length: digits * count }, (_, i) => ({ digit: i % digits, i }));
    const own = rows.map(({ i }) =>
      split === "test" ? serial + Math.floor(i / (2 * digits)) * digits + (i % digits) : serial + i,
    );
    if (same && split === "test") own[0] = 0;
    const make = (width: number, values: (digit: number, row: number) => number[]) =>
      writeNpy(float32([rows.length, width], Float32Array.from(rows.flatMap(({ digit, i }) => values(digit, i)))));
    const hot = (digit: number): number[] => Array.from({ length: 10 }, (_, d) => Number(d === digit));
    await folder.write(
      `${split}/audio.npy`,
      make(11, (digit, i) => [...hot(digit), own[i]! / 1000]),
    );
    await folder.write(
      `${split}/audio_noisy.npy`,
      make(11, (digit, i) => [...hot(digit), (serial + i) / 1000]),
    );
    await folder.write(
      `${split}/image.npy`,
      make(12, (digit, i) => [...hot(digit), i % 3, (serial + i) / 1000]),
    );
    await folder.write(
      `${split}/image_pca.npy`,
      make(2, (digit, i) => [digit, (serial + i) / 1000]),
    );
    serial += rows.length;
    await folder.write(
      `${split}/labels.npy`,
      writeNpy(
        tensor(
          "int32",
          [rows.length],
          Int32Array.from(rows, ({ digit }) => digit),
        ),
      ),
    );
  }
  return folder;
}
