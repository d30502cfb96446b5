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

// Two products of bf16; used where they are exact.
CONVOKE_BOTH uint32_t multiplyBf16Pair(uint32_t a, uint32_t b) {
#ifdef __CUDA_ARCH__
    uint32_t product;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(product) : "r"(a), "r"(b), "r"(0x80008000u));
    return product;
#else
    const float low = fromBf16(a & 0xFFFFu) * fromBf16(b & 0xFFFFu);
    const float high = fromBf16(a >> 16) * fromBf16(b >> 16);
    return bitsOf(low) >> 16 | (bitsOf(high) & 0xFFFF0000u);
#endif
}

CONVOKE_BOTH float gatedSilu(float gate, float up) {
#ifdef __CUDA_ARCH__
    return __fdividef(gate, 1.0f + __expf(-gate)) * up;
#else
    return gate / (1.0f + std::exp(-gate)) * up;
#endif
}

// ---- fp8, e4m3 -----------------------------------------------------------------------------------------------------
// The code's exponent and mantissa, moved into an f32's, give the value times 2^-120; subnormals too. The packed scale
// carries the 2^120. NaN codes (0x7F, 0xFF) read as 480.

constexpr float kFp8ScaleFactor = 1329227995784915872903807060280344576.0f;  // 2^120

CONVOKE_BOTH float fp8Scaled(uint32_t word, int byte) {
    const int32_t shifted = static_cast<int32_t>(word << (24 - 8 * byte)) >> 4;
    return floatOf(static_cast<uint32_t>(shifted) & 0x87F00000u);
}

// One step's four registers from a lane's 8 bytes.
CONVOKE_BOTH void fp8Step(uint32_t first, uint32_t second, float scale0, float scale1, uint32_t (&a)[4]) {
    a[0] = awayPair(fp8Scaled(first, 0) * scale0, fp8Scaled(first, 1) * scale0);
    a[1] = awayPair(fp8Scaled(first, 2) * scale1, fp8Scaled(first, 3) * scale1);
    a[2] = awayPair(fp8Scaled(second, 0) * scale0, fp8Scaled(second, 1) * scale0);
    a[3] = awayPair(fp8Scaled(second, 2) * scale1, fp8Scaled(second, 3) * scale1);
}

// ---- int4 ----------------------------------------------------------------------------------------------------------
// A code put into the mantissa of 2^(23 - 4 position) is that power plus the code, so one fma with the scale gives
// (code - 8) * scale exactly: scales have 11 bits, and 2^15 + 8 has 13.

struct Int4Scale {
    float scale;
    float offset2;
    float offset3;
    float offset4;
};

CONVOKE_BOTH Int4Scale int4Scale(uint16_t f16) {
    Int4Scale s;
    s.scale = fromF16(f16);
    s.offset2 = -32776.0f * s.scale;
    s.offset3 = -2056.0f * s.scale;
    s.offset4 = -136.0f * s.scale;
    return s;
}

CONVOKE_BOTH float int4At2(uint32_t word, const Int4Scale& s) {
    return fmaf(floatOf((word & 0x00000F00u) | 0x47000000u), s.scale, s.offset2);
}

CONVOKE_BOTH float int4At3(uint32_t word, const Int4Scale& s) {
    return fmaf(floatOf((word & 0x0000F000u) | 0x45000000u), s.scale, s.offset3);
}

CONVOKE_BOTH float int4At4(uint32_t word, const Int4Scale& s) {
    return fmaf(floatOf((word & 0x000F0000u) | 0x43000000u), s.scale, s.offset4);
}

// Nibble 2 * reg + element of the word.
CONVOKE_BOTH int int4Shift(int reg, int element) {
    return 4 * (2 * reg + element);
}

CONVOKE_BOTH void int4Step(uint32_t word, const Int4Scale& s0, const Int4Scale& s1, uint32_t (&a)[4]) {
    const uint32_t left = word << 8;
    const uint32_t right = word >> 12;
    a[0] = awayPair(int4At2(left, s0), int4At3(left, s0));
    a[1] = awayPair(int4At2(word, s1), int4At3(word, s1));
    a[2] = awayPair(int4At4(word, s0), int4At2(right, s0));
    a[3] = awayPair(int4At3(right, s1), int4At4(right, s1));
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
