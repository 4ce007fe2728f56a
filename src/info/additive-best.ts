/** @file The best accuracy of any sum of unimodal logits: branch and bound over labellings, with infeasibility proofs. */
import { dataError, internalError } from "../core/errors.ts";
import { additiveOptimum } from "./accuracy.ts";
import { nonnegativeSolution } from "./linear/simplex.ts";
import { checkKeys, checkWhole } from "./options.ts";
import { sources } from "./sources.ts";
import { sumOf } from "./sum.ts";
import type { TableInput } from "./table.ts";

/** The best accuracy of a model with logits f1(x1, y) + f2(x2, y); a share of 1. */
export interface BestAdditive {
  /** A labelling with this accuracy is additive. */
  readonly accuracy: number;
  /** No additive labelling is above this. */
  readonly upper: number;
  /** Whether lower and upper bound agree, so that the accuracy is proven optimal. */
  readonly proven: boolean;
  /** Labellings examined. */
  readonly nodes: number;
}

/** Maximal number of classes: a label set is a bit mask. */
const MAX_CLASSES = 30;

/** A set of labellings: the labels still allowed for each pair, and the loss of the best labelling relative to Bayes. */
interface Branch {
  readonly allowed: Uint32Array;
  readonly loss: number;
}

/** Labels that no additive model can assign to these pairs together. */
type Conflict = readonly { readonly pair: number; readonly label: number }[];

/**
 * Best additive accuracy of a table [x1, x2, y]. Exponential in the worst case: meant for tables of up to a few hundred cells;
 * after `maxNodes` (2 000) labellings it returns the bounds proven so far. Accuracy above the ensembles' can be by chance of the
 * decision boundary: compare log-losses by additiveOptimum first. Source: ours.
 *
 * A labelling is additive unless nonnegative weights on its inequalities f(x, label) > f(x, other) cancel; those weights
 * define a conflict, and with best-first branching on conflicts the first additive labelling found is optimal.
 *
 * @throws ShapeError, DataError for a table that jointTable refuses or with more than 30 classes.
 * @example bestAdditiveAccuracy(xor).accuracy  // 0.75
 */
export function bestAdditiveAccuracy(input: TableInput, options: { readonly maxNodes?: number } = {}): BestAdditive {
  checkKeys("bestAdditiveAccuracy", options, ["maxNodes"]);
  const maxNodes = checkWhole("bestAdditiveAccuracy", "maxNodes", options.maxNodes ?? 2_000, 1);
  const { table, n1, n2, ny, p12, py } = sources(input, "bestAdditiveAccuracy");
  if (ny > MAX_CLASSES) {
    throw dataError(`bestAdditiveAccuracy: ${ny} classes; at most ${MAX_CLASSES} are searched.`, { classes: ny });
  }
  const pairs = [...p12.keys()].filter((pair) => p12[pair]! > 0);
  const weight = pairs.map((pair) => table.p.subarray(pair * ny, (pair + 1) * ny));
  const joint = sumOf(weight.map((row) => Math.max(...row)));
  const conflicts: Conflict[] = [];
  const queue: Branch[] = [{ allowed: new Uint32Array(pairs.length).fill(2 ** ny - 1), loss: 0 }];
  let nodes = 0;
  while (queue.length > 0) {
    const branch = takeLeast(queue);
    const labels = pairs.map((_, i) => bestLabel(weight[i]!, branch.allowed[i]!));
    nodes++;
    let conflict = conflicts.find((known) => known.every(({ pair, label }) => labels[pair] === label));
    if (conflict === undefined) {
      conflict = conflictOf(labels);
      if (conflict !== undefined) conflicts.push(conflict);
    }
    const accuracy = joint - branch.loss;
    if (conflict === undefined) return { accuracy, upper: accuracy, proven: true, nodes };
    if (nodes >= maxNodes) return { accuracy: reached(), upper: accuracy, proven: false, nodes };
    // One child per label of the conflict: that label forbidden, the labels before it kept, so that no labelling is visited twice.
    const allowed = branch.allowed.slice();
    for (const { pair, label } of conflict) {
      const without = allowed[pair]! & ~(1 << label);
      if (without !== 0) {
        const child = allowed.slice();
        child[pair] = without;
        push(queue, { allowed: child, loss: lossOf(child) });
      }
      allowed[pair] = 1 << label;
    }
  }
  throw internalError(
    "bestAdditiveAccuracy ran out of labellings, though one class for every pair is always additive.",
  );

  /** Lower bound: the accuracy of known additive models. */
  function reached(): number {
    return Math.max(...py, additiveOptimum(table).accuracy);
  }

  function lossOf(allowed: Uint32Array): number {
    return joint - sumOf(weight.map((row, i) => row[bestLabel(row, allowed[i]!)]!));
  }

  /** Weights on inequalities that cancel, as the labels they belong to; undefined when the labelling is additive. */
  function conflictOf(labels: readonly number[]): Conflict | undefined {
    const columns: Float64Array[] = [];
    const owner: number[] = [];
    const rows = (n1 + n2) * ny + 1;
    pairs.forEach((pair, i) => {
      const x1 = Math.floor(pair / n2);
      const x2 = n1 + (pair % n2);
      for (let y = 0; y < ny; y++) {
        if (y === labels[i]) continue;
        const column = new Float64Array(rows);
        column[x1 * ny + labels[i]!] = 1;
        column[x1 * ny + y] = -1;
        column[x2 * ny + labels[i]!] = 1;
        column[x2 * ny + y] = -1;
        column[rows - 1] = 1;
        columns.push(column);
        owner.push(i);
      }
    });
    const b = new Float64Array(rows);
    b[rows - 1] = 1;
    const solution = nonnegativeSolution(columns, b);
    if (solution === undefined) return undefined;
    const involved = new Set(owner.filter((_, j) => solution[j]! > 1e-9));
    return [...involved].map((pair) => ({ pair, label: labels[pair]! }));
  }
}

/** The allowed label with the largest weight. */
function bestLabel(weight: Float64Array, allowed: number): number {
  let best = -1;
  for (let y = 0; y < weight.length; y++) {
    if ((allowed >> y) & 1 && (best < 0 || weight[y]! > weight[best]!)) best = y;
  }
  return best;
}

/** Adds to a binary heap ordered by loss. */
function push(heap: Branch[], branch: Branch): void {
  let at = heap.push(branch) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]!.loss <= branch.loss) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = branch;
}

/** Takes the branch of least loss from a heap that is not empty. */
function takeLeast(heap: Branch[]): Branch {
  const least = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return least;
  let at = 0;
  while (2 * at + 1 < heap.length) {
    let child = 2 * at + 1;
    if (child + 1 < heap.length && heap[child + 1]!.loss < heap[child]!.loss) child++;
    if (heap[child]!.loss >= last.loss) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return least;
}
