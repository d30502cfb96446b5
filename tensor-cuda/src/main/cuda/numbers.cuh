// Conversions and activations: scalar logic, the same on host and device.
#pragma once

#include "layout.cuh"

#include <cmath>
#include <cstring>

namespace convoke {

CONVOKE_BOTH uint32_t bitsOf(float value) {
#ifdef __CUDA_ARCH__
    return __float_as_uint(value);
#else
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
#endif
}

CONVOKE_BOTH float floatOf(uint32_t bits) {
#ifdef __CUDA_ARCH__
    return __uint_as_float(bits);
#else
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
#endif
}

CONVOKE_BOTH float fromBf16(uint32_t bits) {
    return floatOf(bits << 16);
}

// Exponents are moved and then corrected by a product, which also makes subnormals exact.
CONVOKE_BOTH float fromF16(uint16_t bits) {
    const uint32_t magnitude = bits & 0x7FFFu;
    const uint32_t sign = (bits & 0x8000u) << 16;
    if (magnitude >= 0x7C00u) {
        return floatOf(sign | 0x7F800000u | (magnitude & 0x3FFu) << 13);
    }
    return floatOf(sign | bitsOf(floatOf(magnitude << 13) * 5192296858534827628530496329220096.0f));  // 2^112
}

// Nearest even; subnormal results become zero of the same sign, as everywhere in Convoke.
CONVOKE_BOTH uint16_t toBf16(float value) {
    const uint32_t bits = bitsOf(value);
    const uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) {
        return static_cast<uint16_t>(bits >> 16 | 0x40u);
    }
    const uint32_t rounded = (magnitude + 0x7FFFu + (magnitude >> 16 & 1u)) >> 16;
    return static_cast<uint16_t>((bits >> 16 & 0x8000u) | (rounded < 0x80u ? 0u : rounded));
}

// Two values to nearest even, the first in the lower half; for results, where subnormals do not matter.
CONVOKE_BOTH uint32_t toBf16Pair(float low, float high) {
#ifdef __CUDA_ARCH__
    uint32_t pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
#else
    return toBf16(low) | static_cast<uint32_t>(toBf16(high)) << 16;
#endif
}

// Two values with ties away from zero: the definition of dequantised weights.
CONVOKE_BOTH uint32_t awayPair(float low, float high) {
    const uint32_t a = bitsOf(low) + 0x8000u;
    const uint32_t b = bitsOf(high) + 0x8000u;
#ifdef __CUDA_ARCH__
    return __byte_perm(a, b, 0x7632);
#else
    return a >> 16 | (b & 0xFFFF0000u);
#endif
}

// Two fused multiply-adds of bf16, to nearest even.
CONVOKE_BOTH uint32_t fmaBf16Pair(uint32_t a, uint32_t b, uint32_t c) {
#ifdef __CUDA_ARCH__
    uint32_t result;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(c));
    return result;
#else
    const float low = static_cast<float>(static_cast<double>(fromBf16(a & 0xFFFFu)) * fromBf16(b & 0xFFFFu) + fromBf16(c & 0xFFFFu));
    const float high = static_cast<float>(static_cast<double>(fromBf16(a >> 16)) * fromBf16(b >> 16) + fromBf16(c >> 16));
    return ((bitsOf(low) + 0x7FFFu + (bitsOf(low) >> 16 & 1u)) >> 16) | ((bitsOf(high) + 0x7FFFu + (bitsOf(high) >> 16 & 1u)) & 0xFFFF0000u);
#endif
}

CONVOKE_BOTH uint32_t multiplyBf16Pair(uint32_t a, uint32_t b) {
    return fmaBf16Pair(a, b, 0x80008000u);
}

CONVOKE_BOTH float gatedSilu(float gate, float up) {
#ifdef __CUDA_ARCH__
    float power;
    float sigmoid;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(gate * -1.4426950408889634f));
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(sigmoid) : "f"(1.0f + power));
    return gate * sigmoid * up;
#else
    return gate / (1.0f + std::exp(-gate)) * up;
#endif
}

// ---- fp8, e4m3 -----------------------------------------------------------------------------------------------------
// The code's exponent and mantissa, moved into an f32's, give the value times 2^-120; subnormals too. The packed scale
// carries the 2^120. NaN codes (0x7F, 0xFF) read as 480.

constexpr float kFp8ScaleFactor = 1329227995784915872903807060280344576.0f;  // 2^120

// Two codes in the upper bytes of the halves of a word.
CONVOKE_BOTH uint32_t fp8Pair(uint32_t word, float scale) {
    const uint32_t pair = (word & 0x7F007F00u) >> 4 | (word & 0x80008000u);
    return awayPair(floatOf(pair << 16) * scale, floatOf(pair & 0xFFFF0000u) * scale);
}

// One step's four registers from a lane's 8 bytes.
CONVOKE_BOTH void fp8Step(uint32_t first, uint32_t second, float scale0, float scale1, uint32_t (&a)[4]) {
    a[0] = fp8Pair(first, scale0);
    a[1] = fp8Pair(first << 8, scale1);
    a[2] = fp8Pair(second, scale0);
    a[3] = fp8Pair(second << 8, scale1);
}

// ---- int4 ----------------------------------------------------------------------------------------------------------
// A code in the mantissa of 128 gives 128 + code, so code - 8 is exact. The scale (11 bits) is split into an upper part of 8 bits and
// a lower one; (code - 8) * lower rounds a little, then one fma rounds the sum. Lower parts are packed with an extra 2^-15 of the
// scale's power of two: less than what lies between a tie and its neighbours, more than the rounding error, so that ties go away
// from zero although the fma's go to even.

// The two parts of a scale, upper part in the lower half.
CONVOKE_BOTH uint32_t int4Scale(uint16_t f16) {
    const float scale = fromF16(f16);
    const float upper = floatOf(bitsOf(scale) & 0xFFFF0000u);
    const float power = floatOf(bitsOf(scale) & 0xFF800000u);
    const float lower = scale - upper + power / 32768.0f;
    return bitsOf(upper) >> 16 | (bitsOf(lower) & 0xFFFF0000u);
}

// Where a register's element lies in a step's word.
CONVOKE_BOTH int int4Shift(int reg, int element) {
    return 4 * reg + 16 * element;
}

CONVOKE_BOTH uint32_t int4Pair(uint32_t word, uint32_t upper, uint32_t lower) {
    const uint32_t code = fmaBf16Pair((word & 0x000F000Fu) | 0x43004300u, 0x3F803F80u, 0xC308C308u);
    return fmaBf16Pair(code, upper, multiplyBf16Pair(code, lower));
}

CONVOKE_BOTH uint32_t lowerTwice(uint32_t word) {
#ifdef __CUDA_ARCH__
    return __byte_perm(word, word, 0x1010);
#else
    return (word & 0xFFFFu) | word << 16;
#endif
}

CONVOKE_BOTH uint32_t upperTwice(uint32_t word) {
#ifdef __CUDA_ARCH__
    return __byte_perm(word, word, 0x3232);
#else
    return (word & 0xFFFF0000u) | word >> 16;
#endif
}

CONVOKE_BOTH void int4Step(uint32_t word, uint32_t scale0, uint32_t scale1, uint32_t (&a)[4]) {
    a[0] = int4Pair(word, lowerTwice(scale0), upperTwice(scale0));
    a[1] = int4Pair(word >> 4, lowerTwice(scale1), upperTwice(scale1));
    a[2] = int4Pair(word >> 8, lowerTwice(scale0), upperTwice(scale0));
    a[3] = int4Pair(word >> 12, lowerTwice(scale1), upperTwice(scale1));
}

// ---- mxfp4 ---------------------------------------------------------------------------------------------------------
// The code's three bits in a bf16's exponent and mantissa give the value times 2^-126. Each half of a word holds one
// element of the four registers; bits lie so that few shifts bring sign and magnitude into place.

CONVOKE_BOTH uint32_t mxfp4Bits(int reg, uint32_t code) {
    const uint32_t sign = code >> 3 & 1u;
    const uint32_t magnitude = code & 7u;
    const int signBit = reg == 0 ? 15 : reg == 1 ? 12 : reg == 2 ? 14 : 13;
    const int magnitudeBit = reg == 0 ? 6 : reg == 1 ? 3 : reg == 2 ? 0 : 9;
    return sign << signBit | magnitude << magnitudeBit;
}

// The scale 2^(e8m0 - 127) twice.
CONVOKE_BOTH uint32_t mxfp4Scale(uint32_t e8m0) {
    const uint32_t bits = e8m0 == 0 ? 0x40u : e8m0 << 7;
    return bits | bits << 16;
}

CONVOKE_BOTH void mxfp4Step(uint32_t word, uint32_t scale0, uint32_t scale1, uint32_t (&a)[4]) {
    constexpr uint32_t kSign = 0x80008000u;
    constexpr uint32_t kMagnitude = 0x01C001C0u;
    constexpr uint32_t kPower = 0x7E807E80u;  // 2^126
    a[0] = multiplyBf16Pair(multiplyBf16Pair(word & (kSign | kMagnitude), kPower), scale0);
    a[1] = multiplyBf16Pair(multiplyBf16Pair(word << 3 & (kSign | kMagnitude), kPower), scale1);
    a[2] = multiplyBf16Pair(multiplyBf16Pair((word << 6 & kMagnitude) | (word << 1 & kSign), kPower), scale0);
    a[3] = multiplyBf16Pair(multiplyBf16Pair((word >> 3 & kMagnitude) | (word << 2 & kSign), kPower), scale1);
}

}  // namespace convoke
