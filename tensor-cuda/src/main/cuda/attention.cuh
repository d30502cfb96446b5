// Causal attention over pages with online softmax. One block for a row and query head; warp w takes the pages whose number in the
// sequence is w modulo 8 and the eight results are merged in order, so the order of summation depends on positions only.
#pragma once

#include "primitives.cuh"

namespace convoke {

constexpr int kAttentionWarps = 8;
constexpr int kMaxHeadDim = 256;
constexpr int kPairsPerLane = kMaxHeadDim / 64;

struct AttentionArguments {
    const uint16_t* query;
    uint16_t* output;
    const uint16_t* pages;
    const int* pageTable;
    int firstVisible;
    int position;
    float scale;
    int layer;
    int layers;
    int kvHead;
    int kvHeads;
    int headDim;
};

struct AttentionShared {
    float query[kMaxHeadDim];
    float maximum[kAttentionWarps];
    float sum[kAttentionWarps];
    float values[kAttentionWarps][kMaxHeadDim];
};

// Scores of a page: lanes t and t + 16 share token t, each taking every other pair of dimensions.
__device__ __forceinline__ float pageScore(const AttentionArguments& a, const float* query, int64_t keys, int lane) {
    const uint32_t* const pairs = reinterpret_cast<const uint32_t*>(a.pages + keys);
    float score = 0.0f;
    for (int pair = lane / kPageTokens; pair < a.headDim / 2; pair += 2) {
        const uint32_t key = pairs[pair * kPageTokens + lane % kPageTokens];
        score = fmaf(query[2 * pair], fromBf16(key & 0xFFFFu), score);
        score = fmaf(query[2 * pair + 1], fromBf16(key >> 16), score);
    }
    return (score + __shfl_xor_sync(0xFFFFFFFFu, score, kPageTokens)) * a.scale;
}

// One warp's pages; lane l holds dimensions 2 l + 64 i and the next one.
__device__ __forceinline__ void attendPages(const AttentionArguments& a, AttentionShared& shared, int warp, int lane) {
    float maximum = -INFINITY;
    float sum = 0.0f;
    float values[2 * kPairsPerLane] = {};
    const int token = lane % kPageTokens;
    const int firstPage = a.firstVisible / kPageTokens;
    for (int page = firstPage + (warp - firstPage % kAttentionWarps + kAttentionWarps) % kAttentionWarps;
         page <= a.position / kPageTokens; page += kAttentionWarps) {
        const int physical = a.pageTable[page];
        const int position = page * kPageTokens + token;
        const bool visible = position >= a.firstVisible && position <= a.position;
        float score = pageScore(a, shared.query, keyIndex(physical, a.layer, a.kvHead, a.layers, a.kvHeads, a.headDim), lane);
        score = visible ? score : -INFINITY;
        float newMaximum = score;
#pragma unroll
        for (int step = 8; step > 0; step /= 2) {
            newMaximum = fmaxf(newMaximum, __shfl_xor_sync(0xFFFFFFFFu, newMaximum, step));
        }
        newMaximum = fmaxf(newMaximum, maximum);
        // A page of nothing but -inf weighs nothing, except as the first one, where the softmax is NaN as on the CPU.
        const float from = newMaximum == -INFINITY && page > firstPage ? 0.0f : newMaximum;
        const float correction = expf(maximum - from);
        const float weight = visible ? expf(score - from) : 0.0f;
        maximum = newMaximum;
        sum = sum * correction + weight;
        const int64_t rows = valueIndex(physical, a.layer, a.kvHead, a.layers, a.kvHeads, a.headDim);
#pragma unroll
        for (int i = 0; i < 2 * kPairsPerLane; i++) {
            values[i] *= correction;
        }
        for (int t = max(0, a.firstVisible - page * kPageTokens); t < min(kPageTokens, a.position - page * kPageTokens + 1); t++) {
            const float p = __shfl_sync(0xFFFFFFFFu, weight, t);
            const uint32_t* const row = reinterpret_cast<const uint32_t*>(a.pages + rows + t * up(a.headDim, 32));
#pragma unroll
            for (int i = 0; i < kPairsPerLane; i++) {
                if (lane + 32 * i < a.headDim / 2) {
                    const uint32_t value = row[lane + 32 * i];
                    values[2 * i] = fmaf(p, fromBf16(value & 0xFFFFu), values[2 * i]);
                    values[2 * i + 1] = fmaf(p, fromBf16(value >> 16), values[2 * i + 1]);
                }
            }
        }
    }
#pragma unroll
    for (int step = 8; step > 0; step /= 2) {
        sum += __shfl_xor_sync(0xFFFFFFFFu, sum, step);
    }
    if (lane == 0) {
        shared.maximum[warp] = maximum;
        shared.sum[warp] = sum;
    }
#pragma unroll
    for (int i = 0; i < kPairsPerLane; i++) {
        shared.values[warp][2 * (lane + 32 * i)] = values[2 * i];
        shared.values[warp][2 * (lane + 32 * i) + 1] = values[2 * i + 1];
    }
}

__device__ __forceinline__ void attend(const AttentionArguments& a) {
    __shared__ AttentionShared shared;
    for (int d = threadIdx.x; d < a.headDim; d += 32 * kAttentionWarps) {
        shared.query[d] = fromBf16(a.query[d]);
    }
    __syncthreads();
    attendPages(a, shared, threadIdx.x / 32, threadIdx.x % 32);
    __syncthreads();
    float maximum = -INFINITY;
    for (int warp = 0; warp < kAttentionWarps; warp++) {
        maximum = fmaxf(maximum, shared.maximum[warp]);
    }
    float sum = 0.0f;
    for (int warp = 0; warp < kAttentionWarps; warp++) {
        sum = fmaf(shared.sum[warp], expf(shared.maximum[warp] - maximum), sum);
    }
    for (int d = threadIdx.x; d < a.headDim; d += 32 * kAttentionWarps) {
        float value = 0.0f;
        for (int warp = 0; warp < kAttentionWarps; warp++) {
            value = fmaf(shared.values[warp][d], expf(shared.maximum[warp] - maximum), value);
        }
        a.output[d] = toBf16(value / sum);
    }
}

}  // namespace convoke
