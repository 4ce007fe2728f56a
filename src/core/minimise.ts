/** @file Minimising a function of one number. */

/**
 * Where a function that falls and then rises is least in [low, high]: the middle of what golden-section search leaves after
 * `rounds` cuts, each to 0.618 of the interval before. Source: Kiefer 1953.
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
