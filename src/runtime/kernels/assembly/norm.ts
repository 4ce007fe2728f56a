/** @file The sum of squares, in double precision. */

/** Lane l of eight adds the squares of elements l, l + 8, ...; a float's square is exact in a double. */
export function sumSquares(at: usize, count: i32): f64 {
  let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0);
  let left = count;
  for (; left >= 8; left -= 8) {
    const x = v128.load(at), y = v128.load(at, 16);
    const x0 = f64x2.promote_low_f32x4(x);
    const x1 = f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
    const y0 = f64x2.promote_low_f32x4(y);
    const y1 = f64x2.promote_low_f32x4(v128.shuffle<i64>(y, y, 1, 1));
    a = f64x2.add(a, f64x2.mul(x0, x0));
    b = f64x2.add(b, f64x2.mul(x1, x1));
    c = f64x2.add(c, f64x2.mul(y0, y0));
    d = f64x2.add(d, f64x2.mul(y1, y1));
    at += 32;
  }
  let rest: f64 = 0;
  for (; left > 0; left--) {
    const x = <f64>load<f32>(at);
    rest += x * x;
    at += 4;
  }
  const sum = f64x2.add(f64x2.add(a, c), f64x2.add(b, d));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1) + rest;
}
