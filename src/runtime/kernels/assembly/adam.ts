/**
 * @file One step of Adam or AdamW, in one pass: reads the gradient, updates parameter and moments in place.
 *
 * g = scale gradient + decayGradient p;  m += rate1 (g - m);  v = beta2 v + rate2 g g;
 * p = keep p - size m / (sqrt(v) + epsilon).
 * The caller folds learning rate and bias corrections into `size` and `epsilon`.
 */

@inline
function gradient(g: v128, p: v128, scale: v128, decayGradient: v128): v128 {
  return f32x4.add(f32x4.mul(g, scale), f32x4.mul(p, decayGradient));
}

@inline
function first(m: v128, g: v128, rate1: v128): v128 {
  return f32x4.add(m, f32x4.mul(f32x4.sub(g, m), rate1));
}

@inline
function second(v: v128, g: v128, beta2: v128, rate2: v128): v128 {
  return f32x4.add(f32x4.mul(v, beta2), f32x4.mul(f32x4.mul(g, g), rate2));
}

@inline
function moved(p: v128, m: v128, v: v128, keep: v128, size: v128, epsilon: v128): v128 {
  return f32x4.sub(f32x4.mul(p, keep), f32x4.div(f32x4.mul(m, size), f32x4.add(f32x4.sqrt(v), epsilon)));
}

/** Works through a cache line (16 floats) a turn, all loads first: about a tenth faster than four floats a turn. */
export function adam(
  param: usize, grad: usize, m: usize, v: usize, count: i32,
  scale: f32, decayGradient: f32, keep: f32, rate1: f32, beta2: f32, rate2: f32, size: f32, epsilon: f32,
): void {
  const scales = f32x4.splat(scale), decays = f32x4.splat(decayGradient), keeps = f32x4.splat(keep);
  const rates1 = f32x4.splat(rate1), betas2 = f32x4.splat(beta2), rates2 = f32x4.splat(rate2);
  const sizes = f32x4.splat(size), epsilons = f32x4.splat(epsilon);
  let left = count;
  for (; left >= 16; left -= 16) {
    const p0 = v128.load(param), p1 = v128.load(param, 16), p2 = v128.load(param, 32), p3 = v128.load(param, 48);
    const g0 = gradient(v128.load(grad), p0, scales, decays);
    const g1 = gradient(v128.load(grad, 16), p1, scales, decays);
    const g2 = gradient(v128.load(grad, 32), p2, scales, decays);
    const g3 = gradient(v128.load(grad, 48), p3, scales, decays);
    const m0 = first(v128.load(m), g0, rates1);
    const m1 = first(v128.load(m, 16), g1, rates1);
    const m2 = first(v128.load(m, 32), g2, rates1);
    const m3 = first(v128.load(m, 48), g3, rates1);
    const v0 = second(v128.load(v), g0, betas2, rates2);
    const v1 = second(v128.load(v, 16), g1, betas2, rates2);
    const v2 = second(v128.load(v, 32), g2, betas2, rates2);
    const v3 = second(v128.load(v, 48), g3, betas2, rates2);
    v128.store(m, m0);
    v128.store(m, m1, 16);
    v128.store(m, m2, 32);
    v128.store(m, m3, 48);
    v128.store(v, v0);
    v128.store(v, v1, 16);
    v128.store(v, v2, 32);
    v128.store(v, v3, 48);
    v128.store(param, moved(p0, m0, v0, keeps, sizes, epsilons));
    v128.store(param, moved(p1, m1, v1, keeps, sizes, epsilons), 16);
    v128.store(param, moved(p2, m2, v2, keeps, sizes, epsilons), 32);
    v128.store(param, moved(p3, m3, v3, keeps, sizes, epsilons), 48);
    param += 64;
    grad += 64;
    m += 64;
    v += 64;
  }
  for (; left > 0; left--) {
    const p = load<f32>(param);
    const g = load<f32>(grad) * scale + p * decayGradient;
    const oldM = load<f32>(m);
    const newM = oldM + (g - oldM) * rate1;
    const newV = load<f32>(v) * beta2 + g * g * rate2;
    store<f32>(m, newM);
    store<f32>(v, newV);
    store<f32>(param, p * keep - (newM * size) / (sqrt<f32>(newV) + epsilon));
    param += 4;
    grad += 4;
    m += 4;
    v += 4;
  }
}
