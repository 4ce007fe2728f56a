/** @file Bicubic resizing of maps of numbers, as PyTorch resizes position embeddings. */

/**
 * Resizes maps [rows, columns, C] to [height, width, C], as `torch.nn.functional.interpolate(mode="bicubic", align_corners=False,
 * antialias=False)`: the cubic convolution of Keys 1981 with a = -0.75, borders repeated.
 */
export function bicubic(
  values: Float32Array,
  from: readonly [number, number],
  to: readonly [number, number],
  channels: number,
): Float32Array {
  const [rows, columns] = [taps(from[0], to[0]), taps(from[1], to[1])];
  const out = new Float32Array(to[0] * to[1] * channels);
  for (const [y, down] of rows.entries()) {
    for (const [x, across] of columns.entries()) {
      const at = (y * to[1] + x) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [row, byRow] of down) {
          for (const [column, byColumn] of across) {
            sum += byRow * byColumn * values[(row * from[1] + column) * channels + c]!;
          }
        }
        out[at + c] = sum;
      }
    }
  }
  return out;
}

/** For each position of an axis, the four positions of the source with their weights. */
function taps(from: number, to: number): (readonly [index: number, weight: number])[][] {
  const a = -0.75;
  const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return Array.from({ length: to }, (_, i) => {
    const place = ((i + 0.5) * from) / to - 0.5;
    const left = Math.floor(place);
    const d = place - left;
    const weights = [far(d + 1), near(d), near(1 - d), far(2 - d)];
    return weights.map((weight, k) => [Math.min(from - 1, Math.max(0, left - 1 + k)), weight] as const);
  });
}
