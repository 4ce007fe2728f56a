/** @file The maximum entropy law with the pair margins of a table, and the information of a table beyond its pairs. */
import { nats } from "./entropy.ts";
import { domainCells } from "./linear/cells.ts";
import { fillable } from "./maxent/face.ts";
import { fitMargins } from "./maxent/fit.ts";
import { checkKeys, checkPositive, checkWhole, NATS_PER_BIT } from "./options.ts";
import { type Sources, sources } from "./sources.ts";
import { Sum } from "./sum.ts";
import type { Table, TableInput } from "./table.ts";

/** Options of maxent; all may be left out. */
export interface MaxentOptions {
  /** Widest gap of the entropy, in bits, that counts as converged; 1e-9. */
  readonly tol?: number;
  /** Maximal rounds of fitting and Newton steps together; 10 000. */
  readonly maxIter?: number;
}

/** The distribution and its certificate; entropies in bits. */
export interface MaxentResult {
  /** q*, a table [x1, x2, y] of the same shape. */
  readonly law: Table;
  /** H(q*), inside its bracket. */
  readonly entropy: number;
  readonly lower: number;
  readonly upper: number;
  readonly gap: number;
  /**
   * D3 = H(q*) - H(p), 0 or more: the information beyond the table's three pair margins. Also the excess cross-entropy of the
   * best model whose logits are f1(x1, y) + f2(x2, y).
   */
  readonly connectedInformation: number;
  /** Summed absolute error of the three pair margins of `law`. */
  readonly marginError: number;
  /** Whether the gap is at most `tol`; never true without a bracket that proves it. */
  readonly converged: boolean;
  readonly iterations: number;
}

/**
 * The law of largest entropy (bits) with p's margins (x1, x2), (x1, y) and (x2, y), for a table [x1, x2, y]: proportional
 * fitting on the exact face, finished and certified by Newton steps. Source: Csiszár 1975; the certificate is ours.
 *
 * @throws ShapeError, DataError for a table that jointTable refuses; ConfigError for unknown options.
 * @example maxent(xor).connectedInformation  // 1: xor has no pairwise information
 */
export function maxent(input: TableInput, options: MaxentOptions = {}): MaxentResult {
  return maxentOf(sources(input, "maxent"), options);
}

/** maxent of checked sources. */
export function maxentOf(marginals: Sources, options: MaxentOptions): MaxentResult {
  checkKeys("maxent", options, ["tol", "maxIter"]);
  const tol = checkPositive("maxent", "tol", options.tol ?? 1e-9);
  const maxIter = checkWhole("maxent", "maxIter", options.maxIter ?? 10_000, 1);
  const { table, p12, ny } = marginals;
  const swap = marginals.n1 < marginals.n2;
  const pairFilled = (index: number): boolean => p12[Math.floor(index / ny)]! > 0;
  let cells = domainCells(marginals, swap, pairFilled);
  const support = Uint8Array.from(cells.index, (index) => (table.p[index]! > 0 ? 1 : 0));
  if (support.includes(0)) {
    const mask = fillable(cells, support);
    if (mask?.includes(0)) {
      const open = new Uint8Array(table.p.length);
      for (let c = 0; c < cells.size; c++) open[cells.index[c]!] = mask[c]!;
      cells = domainCells(marginals, swap, (index) => open[index] === 1);
    }
  }
  const p = Float64Array.from(cells.index, (index) => table.p[index]!);
  const fit = fitMargins(cells, p, (tol / 10) * NATS_PER_BIT, maxIter);

  const entropyP = nats(table.p);
  const beyond = new Sum(); // KL(p, q*): keeps its digits when D3 is small
  for (let c = 0; c < cells.size; c++) if (p[c]! > 0) beyond.add(p[c]! * Math.log(p[c]! / fit.q[c]!));
  const lower = Math.max(fit.lower, entropyP);
  const upper = Math.max(lower, fit.upper);
  const q = new Float64Array(table.p.length);
  for (let c = 0; c < cells.size; c++) q[cells.index[c]!] = fit.q[c]!;
  const gap = (upper - lower) / NATS_PER_BIT;
  const entropy = Math.min(upper, Math.max(lower, entropyP + beyond.value));
  return {
    law: { shape: table.shape, p: q, total: table.total },
    entropy: entropy / NATS_PER_BIT,
    lower: lower / NATS_PER_BIT,
    upper: upper / NATS_PER_BIT,
    gap,
    connectedInformation: Math.min(upper - entropyP, Math.max(lower - entropyP, beyond.value)) / NATS_PER_BIT,
    marginError: fit.error,
    converged: gap <= tol,
    iterations: fit.iterations,
  };
}
