/** @file Mutual information of fair random signs and their noisy observations: the exact values for synthetic data with known truth. */

/** J(sigma): information in bits of a fair sign a about a + sigma e, e standard normal. To about 12 digits. */
export function signInformation(sigma: number): number {
  return 1 - overNormal((e) => log2OnePlusExp((-2 * (1 + sigma * e)) / (sigma * sigma)));
}

/** K(sigma): information in bits of two noisy fair signs about whether they differ. */
export function differenceInformation(sigma: number): number {
  const right = (e: number): number => 1 / (1 + Math.exp((-2 * (1 + sigma * e)) / (sigma * sigma)));
  return (
    1 +
    overNormal((first) => {
      const s = right(first);
      return overNormal((second) => {
        const t = right(second);
        return Math.log2(s * t + (1 - s) * (1 - t));
      });
    })
  );
}

/** log2(1 + e^t), for any t. */
export function log2OnePlusExp(t: number): number {
  return (Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)))) / Math.LN2;
}

/** E f(e) for a standard normal e; equal steps converge faster than any power for smooth f. */
function overNormal(f: (e: number) => number): number {
  const step = 0.04;
  let total = 0;
  for (let i = -250; i <= 250; i++) {
    const e = i * step;
    total += f(e) * Math.exp((-e * e) / 2);
  }
  return (total * step) / Math.sqrt(2 * Math.PI);
}
