/** @file Compensated sums (Neumaier): tables have up to millions of cells and information can be tiny. */

/** A running sum whose error does not grow with the number of terms. */
export class Sum {
  private sum = 0;
  private lost = 0;

  add(x: number): void {
    const next = this.sum + x;
    this.lost += Math.abs(this.sum) >= Math.abs(x) ? this.sum - next + x : x - next + this.sum;
    this.sum = next;
  }

  get value(): number {
    return this.sum + this.lost;
  }
}

/** The sum of an array. */
export function sumOf(values: ArrayLike<number>): number {
  const sum = new Sum();
  for (let i = 0; i < values.length; i++) sum.add(values[i]!);
  return sum.value;
}
