/** @file Ince's common change in surprisal, on the maximum entropy distribution with the table's pair margins. */
import type { MaxentResult } from "../maxent.ts";
import { Sum } from "../sum.ts";
import { marginal } from "../table.ts";

/** Changes in surprisal below this, in nats, have no sign. */
const NO_SIGN = 1e-8;

/**
 * I_ccs in nats: the mean over q* of c = i1 + i2 - i12 where c, i1, i2 and i12 have one sign.
 * Source: Ince 2017.
 */
export function ccsRedundancy({ law }: MaxentResult): number {
  const [n1, n2, ny] = law.shape as [number, number, number];
  const p12 = marginal(law, [0, 1]).p;
  const p1y = marginal(law, [0, 2]);
  const p2y = marginal(law, [1, 2]).p;
  const p1 = marginal(p1y, [0]).p;
  const py = marginal(p1y, [1]).p;
  const p2 = marginal(law, [1]).p;
  const sum = new Sum();
  for (let x1 = 0, cell = 0; x1 < n1; x1++) {
    for (let x2 = 0; x2 < n2; x2++) {
      for (let y = 0; y < ny; y++, cell++) {
        const q = law.p[cell]!;
        if (q === 0) continue;
        const i1 = Math.log(p1y.p[x1 * ny + y]! / p1[x1]! / py[y]!);
        const i2 = Math.log(p2y[x2 * ny + y]! / p2[x2]! / py[y]!);
        const i12 = Math.log(q / p12[x1 * n2 + x2]! / py[y]!);
        const c = i1 + i2 - i12;
        const sign = signOf(c);
        if (sign !== 0 && signOf(i1) === sign && signOf(i2) === sign && signOf(i12) === sign) sum.add(q * c);
      }
    }
  }
  return sum.value;
}

function signOf(x: number): number {
  return Math.abs(x) < NO_SIGN ? 0 : Math.sign(x);
}
