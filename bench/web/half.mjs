//! f16 as 16-bit integers: not every runtime has Float16Array.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/// The nearest f16 of floats, ties to even.
export const toHalves = (floats) => Uint16Array.from(floats, toHalf);

/// The values of f16.
export const fromHalves = (halves) => Float32Array.from(halves, fromHalf);

function toHalf(value) {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and more
  if (magnitude < 0x38800000) {
    // Subnormal: multiples of 2⁻²⁴, to which adding 1/2 rounds as f32 does.
    float[0] = Math.abs(value) + 0.5;
    return sign | (bits[0] - 0x3f000000);
  }
  // 13 bits are dropped; the carry of rounding may reach the exponent, and infinity.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

function fromHalf(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const rest = half & 0x3ff;
  if (exponent === 31) return rest ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + rest / 1024) * 2 ** (exponent - 15) : rest * 2 ** -24);
}
