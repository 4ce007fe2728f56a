/**
 * @file Chance by counter: Threefry-2x32-20 on four counters at a time, turned into normals or dropout masks.
 *
 * Block b fills elements 8b..8b+7 from counters (4b + lane, step): the first words make elements 8b..8b+3, the second words
 * 8b+4..8b+7. A longer draw therefore starts with the shorter one. Only + - * sqrt and bit moves are used, each rounded the
 * same everywhere, so plain loops give the same bits.
 */

/** Room for one turn, in the bytes below 1024 that an arena leaves free: the last, broken turn is drawn there. */
const SCRATCH: usize = 64;

/** One round's second half: x1 rotated left, then mixed with x0. */
@inline
function mix(x0: v128, x1: v128, left: i32): v128 {
  return v128.xor(v128.or(i32x4.shl(x1, left), i32x4.shr_u(x1, 32 - left)), x0);
}

/** sqrt(-ln u) of u = (2k + 1) / 2^31, with k the top 30 bits of each word. */
@inline
function radius(word: v128): v128 {
  const odd = v128.or(i32x4.shr_u(word, 1), i32x4.splat(1));
  const bits = f32x4.convert_i32x4_s(odd); // 2^31 u, in [1, 2^31]
  // u = 2^(exponent - 31) (1 + t) with 1 + t in [sqrt(1/2), sqrt(2)): the exponent of bits / sqrt(1/2), the rest stays
  const exponent = i32x4.shr_s(i32x4.sub(bits, i32x4.splat(0x3f3504f3)), 23);
  const t = f32x4.sub(i32x4.sub(bits, i32x4.shl(exponent, 23)), f32x4.splat(1));
  // ln(1 + t) = t + t^2 q(t), minimax to 3e-8 relative
  let q = f32x4.add(f32x4.mul(f32x4.splat(0.08734845), t), f32x4.splat(-0.14307523));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(0.14917973));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(-0.16570508));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(0.19962072));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(-0.25001755));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(0.3333395));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(-0.49999992));
  const ln = f32x4.add(t, f32x4.mul(f32x4.mul(t, t), q));
  const whole = f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.splat(31), exponent)), f32x4.splat(0.6931472));
  return f32x4.sqrt(f32x4.sub(whole, ln));
}

/** The point's angle is pi/4 (1 + t) in the quadrant that the word's top two bits choose by signs; t in [-1, 1]. */
@inline
function angle(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(word, 2)), f32x4.splat(4.656612873077393e-10));
}

/** sin(pi/4 t), minimax to 1.2e-9, from t and its square. */
@inline
function sine(t: v128, square: v128): v128 {
  let s = f32x4.add(f32x4.mul(f32x4.splat(-0.000035877257), square), f32x4.splat(0.002489872));
  s = f32x4.add(f32x4.mul(s, square), f32x4.splat(-0.08074537));
  s = f32x4.add(f32x4.mul(s, square), f32x4.splat(0.78539815));
  return f32x4.mul(s, t);
}

/** cos(pi/4 t), minimax to 2.8e-8, from the square of t. */
@inline
function cosine(square: v128): v128 {
  let c = f32x4.add(f32x4.mul(f32x4.splat(-0.00031888053), square), f32x4.splat(0.015849915));
  c = f32x4.add(f32x4.mul(c, square), f32x4.splat(-0.30842425));
  return f32x4.add(f32x4.mul(c, square), f32x4.splat(1));
}

/** `x` with its sign flipped where the top bit of `word` is set. */
@inline
function flip(x: v128, word: v128): v128 {
  return v128.xor(x, v128.and(word, i32x4.splat(i32.MIN_VALUE)));
}

/**
 * Fills `count` floats, a multiple of 16, from `at`; the first counter is `first`. Two blocks a turn hide each other's
 * latency, and the loop has no branch, since compilers sink work into branches. `mask` is a constant of the caller.
 */
@inline
function fill(
  at: usize, count: i32, key0: i32, key1: i32, step: i32, first: i32, mask: bool, threshold: i32, keep: f32,
): void {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  const a0 = i32x4.splat(key0), a1 = i32x4.splat(key1), a2 = i32x4.splat(key2);
  const b1 = i32x4.splat(key2 + 1), b2 = i32x4.splat(key0 + 2), b3 = i32x4.splat(key1 + 3);
  const b4 = i32x4.splat(key2 + 4), b5 = i32x4.splat(key0 + 5);
  const stepKey = i32x4.splat(step + key1);
  const four = i32x4.splat(4);
  let counter = i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(first + key0));
  for (let left = count; left > 0; left -= 16) {
    let x0 = counter, x1 = stepKey;
    counter = i32x4.add(counter, four);
    let y0 = counter, y1 = stepKey;
    counter = i32x4.add(counter, four);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 13); y1 = mix(y0, y1, 13);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 15); y1 = mix(y0, y1, 15);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 26); y1 = mix(y0, y1, 26);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 6); y1 = mix(y0, y1, 6);
    x0 = i32x4.add(x0, a1); y0 = i32x4.add(y0, a1); x1 = i32x4.add(x1, b1); y1 = i32x4.add(y1, b1);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 17); y1 = mix(y0, y1, 17);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 29); y1 = mix(y0, y1, 29);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 16); y1 = mix(y0, y1, 16);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 24); y1 = mix(y0, y1, 24);
    x0 = i32x4.add(x0, a2); y0 = i32x4.add(y0, a2); x1 = i32x4.add(x1, b2); y1 = i32x4.add(y1, b2);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 13); y1 = mix(y0, y1, 13);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 15); y1 = mix(y0, y1, 15);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 26); y1 = mix(y0, y1, 26);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 6); y1 = mix(y0, y1, 6);
    x0 = i32x4.add(x0, a0); y0 = i32x4.add(y0, a0); x1 = i32x4.add(x1, b3); y1 = i32x4.add(y1, b3);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 17); y1 = mix(y0, y1, 17);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 29); y1 = mix(y0, y1, 29);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 16); y1 = mix(y0, y1, 16);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 24); y1 = mix(y0, y1, 24);
    x0 = i32x4.add(x0, a1); y0 = i32x4.add(y0, a1); x1 = i32x4.add(x1, b4); y1 = i32x4.add(y1, b4);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 13); y1 = mix(y0, y1, 13);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 15); y1 = mix(y0, y1, 15);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 26); y1 = mix(y0, y1, 26);
    x0 = i32x4.add(x0, x1); y0 = i32x4.add(y0, y1); x1 = mix(x0, x1, 6); y1 = mix(y0, y1, 6);
    x0 = i32x4.add(x0, a2); y0 = i32x4.add(y0, a2); x1 = i32x4.add(x1, b5); y1 = i32x4.add(y1, b5);

    if (mask) {
      x0 = v128.and(i32x4.ge_u(x0, i32x4.splat(threshold)), f32x4.splat(keep));
      x1 = v128.and(i32x4.ge_u(x1, i32x4.splat(threshold)), f32x4.splat(keep));
      y0 = v128.and(i32x4.ge_u(y0, i32x4.splat(threshold)), f32x4.splat(keep));
      y1 = v128.and(i32x4.ge_u(y1, i32x4.splat(threshold)), f32x4.splat(keep));
    } else {
      // Box-Muller. cos and sin of pi/4 (1 + t) are (c - s) / sqrt(2) and (c + s) / sqrt(2), with c and s those of pi/4 t:
      // the root cancels the 2 of sqrt(-2 ln u).
      const xt = angle(x1), yt = angle(y1);
      const xSquare = f32x4.mul(xt, xt), ySquare = f32x4.mul(yt, yt);
      const xSine = sine(xt, xSquare), ySine = sine(yt, ySquare);
      const xCosine = cosine(xSquare), yCosine = cosine(ySquare);
      const xRadius = radius(x0), yRadius = radius(y0);
      x0 = flip(f32x4.mul(xRadius, f32x4.sub(xCosine, xSine)), x1);
      y0 = flip(f32x4.mul(yRadius, f32x4.sub(yCosine, ySine)), y1);
      x1 = flip(f32x4.mul(xRadius, f32x4.add(xCosine, xSine)), i32x4.shl(x1, 1));
      y1 = flip(f32x4.mul(yRadius, f32x4.add(yCosine, ySine)), i32x4.shl(y1, 1));
    }
    v128.store(at, x0);
    v128.store(at, x1, 16);
    v128.store(at, y0, 32);
    v128.store(at, y1, 48);
    at += 64;
  }
}

function fillNormals(at: usize, count: i32, key0: i32, key1: i32, step: i32, first: i32): void {
  fill(at, count, key0, key1, step, first, false, 0, 0);
}

function fillMask(
  at: usize, count: i32, key0: i32, key1: i32, step: i32, first: i32, threshold: i32, keep: f32,
): void {
  fill(at, count, key0, key1, step, first, true, threshold, keep);
}

/** Standard normals. */
export function normals(at: usize, count: i32, key0: i32, key1: i32, step: i32): void {
  const whole = count & ~15;
  fillNormals(at, whole, key0, key1, step, 0);
  if (whole < count) {
    fillNormals(SCRATCH, 16, key0, key1, step, whole >> 1);
    memory.copy(at + (<usize>whole << 2), SCRATCH, <usize>(count - whole) << 2);
  }
}

/** `keep` where the word, unsigned, reaches the threshold, else 0. */
export function dropoutMask(
  at: usize, count: i32, key0: i32, key1: i32, step: i32, threshold: i32, keep: f32,
): void {
  const whole = count & ~15;
  fillMask(at, whole, key0, key1, step, 0, threshold, keep);
  if (whole < count) {
    fillMask(SCRATCH, 16, key0, key1, step, whole >> 1, threshold, keep);
    memory.copy(at + (<usize>whole << 2), SCRATCH, <usize>(count - whole) << 2);
  }
}
