/** @file One step of gradient descent, with and without momentum, in one pass. */

/** p -= rate (scale gradient + decay p). */
export function plainSgd(param: usize, grad: usize, count: i32, scale: f32, decay: f32, rate: f32): void {
  const scales = f32x4.splat(scale), decays = f32x4.splat(decay), rates = f32x4.splat(rate);
  let left = count;
  for (; left >= 4; left -= 4) {
    const p = v128.load(param);
    const g = f32x4.add(f32x4.mul(v128.load(grad), scales), f32x4.mul(p, decays));
    v128.store(param, f32x4.sub(p, f32x4.mul(g, rates)));
    param += 16;
    grad += 16;
  }
  for (; left > 0; left--) {
    const p = load<f32>(param);
    const g = load<f32>(grad) * scale + p * decay;
    store<f32>(param, p - g * rate);
    param += 4;
    grad += 4;
  }
}

/** b = keep b + g;  p -= rate (useGradient g + useBuffer b), with g = scale gradient + decay p. */
export function momentumSgd(
  param: usize, grad: usize, buffer: usize, count: i32,
  scale: f32, decay: f32, rate: f32, keep: f32, useGradient: f32, useBuffer: f32,
): void {
  const scales = f32x4.splat(scale), decays = f32x4.splat(decay), rates = f32x4.splat(rate);
  const keeps = f32x4.splat(keep), gradients = f32x4.splat(useGradient), buffers = f32x4.splat(useBuffer);
  let left = count;
  for (; left >= 4; left -= 4) {
    const p = v128.load(param);
    const g = f32x4.add(f32x4.mul(v128.load(grad), scales), f32x4.mul(p, decays));
    const b = f32x4.add(f32x4.mul(v128.load(buffer), keeps), g);
    v128.store(buffer, b);
    const direction = f32x4.add(f32x4.mul(g, gradients), f32x4.mul(b, buffers));
    v128.store(param, f32x4.sub(p, f32x4.mul(direction, rates)));
    param += 16;
    grad += 16;
    buffer += 16;
  }
  for (; left > 0; left--) {
    const p = load<f32>(param);
    const g = load<f32>(grad) * scale + p * decay;
    const b = load<f32>(buffer) * keep + g;
    store<f32>(buffer, b);
    store<f32>(param, p - (g * useGradient + b * useBuffer) * rate);
    param += 4;
    grad += 4;
    buffer += 4;
  }
}
