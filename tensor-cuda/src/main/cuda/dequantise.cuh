// From packed blocks of quantised weights in shared memory to the registers of tensor-core instructions.
#pragma once

#include "shared.cuh"

namespace convoke {

__device__ __forceinline__ void copyStep(uint32_t* a, const uint32_t (&m)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        a[i] = m[i];
    }
}

// A lane's weights of one block, still packed, and their scales.
template <int Format>
struct PackedFragment;

template <>
struct PackedFragment<kFp8> {
    uint4 halves[2];
    float2 scale;

    __device__ __forceinline__ void load(const unsigned char* block, const Unit& unit) {
        const int warp = unit.index * 4 + unit.warp;
        const unsigned char* const own = block + warp * 1024 + unit.lane * 16;
        halves[0] = *reinterpret_cast<const uint4*>(own);
        halves[1] = *reinterpret_cast<const uint4*>(own + 512);
        scale = *reinterpret_cast<const float2*>(block + scaleOffset(kFp8) + warp * 8);
    }

    // The four registers of a step of 16 inputs; the step is known when compiling.
    __device__ __forceinline__ void step(int i, uint32_t* a) const {
        const uint4& v = halves[i / 2];
        uint32_t m[4];
        fp8Step(i % 2 == 0 ? v.x : v.z, i % 2 == 0 ? v.y : v.w, scale.x, scale.y, m);
        copyStep(a, m);
    }
};

// Words of the four steps and scales of two rows and two groups, for both 4-bit formats.
struct FourBitWords {
    uint4 words;

    __device__ __forceinline__ uint32_t word(int i) const {
        return i == 0 ? words.x : i == 1 ? words.y : i == 2 ? words.z : words.w;
    }
};

template <>
struct PackedFragment<kMxfp4> : FourBitWords {
    uint32_t scales;

    __device__ __forceinline__ void load(const unsigned char* block, const Unit& unit) {
        const int warp = unit.index * 4 + unit.warp;
        words = *reinterpret_cast<const uint4*>(block + warp * 512 + unit.lane * 16);
        scales = *reinterpret_cast<const uint32_t*>(block + scaleOffset(kMxfp4) + (warp * 8 + unit.lane / 4) * 4);
    }

    __device__ __forceinline__ void step(int i, uint32_t* a) const {
        uint32_t m[4];
        mxfp4Step(word(i), mxfp4Scale(scales >> (i / 2 * 8) & 0xFFu), mxfp4Scale(scales >> (16 + i / 2 * 8) & 0xFFu), m);
        copyStep(a, m);
    }
};

template <>
struct PackedFragment<kInt4> : FourBitWords {
    uint4 scales;

    __device__ __forceinline__ void load(const unsigned char* block, const Unit& unit) {
        const int warp = unit.index * 4 + unit.warp;
        words = *reinterpret_cast<const uint4*>(block + warp * 512 + unit.lane * 16);
        scales = *reinterpret_cast<const uint4*>(block + scaleOffset(kInt4) + (warp * 8 + unit.lane / 4) * 16);
    }

    __device__ __forceinline__ void step(int i, uint32_t* a) const {
        uint32_t m[4];
        int4Step(word(i), i < 2 ? scales.x : scales.y, i < 2 ? scales.z : scales.w, m);
        copyStep(a, m);
    }
};

}  // namespace convoke
