/** @file Minimising a function of one number. */

/**
 * The minimum of a unimodal function in [low, high] by golden-section search: the middle of the interval after `rounds` steps, each of
 * which shrinks it to 0.618 of its length. Source: Kiefer 1953.
 */
export function goldenSection(f: (x: number) => number, low: number, high: number, rounds: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [from, to] = [low, high];
  let a = to - ratio * (to - from);
  let b = from + ratio * (to - from);
  let [atA, atB] = [f(a), f(b)];
  for (let i = 0; i < rounds; i++) {
    if (atA < atB) {
      [to, b, atB] = [b, a, atA];
      a = to - ratio * (to - from);
      atA = f(a);
    } else {
      [from, a, atA] = [a, b, atB];
      b = from + ratio * (to - from);
      atB = f(b);
    }
  }
  return (from + to) / 2;
}
