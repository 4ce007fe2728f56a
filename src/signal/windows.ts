/** @file Windows. A periodic window of n samples is the symmetric one of n + 1 without its last sample, as in SciPy. */

/** Hann's window [n]. */
export function hann(n: number, form: "periodic" | "symmetric"): Float64Array {
  return tukey(n, 1, form);
}

/** Tukey's window [n]: a share of `taper` of it is the two halves of a cosine, the middle is 1. */
export function tukey(n: number, taper: number, form: "periodic" | "symmetric"): Float64Array {
  const last = form === "periodic" ? n : n - 1;
  const edge = (taper * last) / 2;
  return Float64Array.from({ length: n }, (_, i) => {
    const distance = Math.min(i, last - i);
    return n === 1 || distance >= edge ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * distance) / edge);
  });
}
