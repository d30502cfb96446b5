// Kernels of the decoder that work row by row: one block of 256 threads for each row.
#pragma once

#include "primitives.cuh"

namespace convoke {

constexpr int kRowThreads = 256;

// A row that is f32 or bf16.
struct OutputRow {
    unsigned char* base;
    bool bf16;

    __device__ __forceinline__ void set(int column, float value) const {
        if (bf16) {
            reinterpret_cast<uint16_t*>(base)[column] = toBf16(value);
        } else {
            reinterpret_cast<float*>(base)[column] = value;
        }
    }
};

__device__ __forceinline__ OutputRow outputRow(void* y, int stride, int type) {
    return {static_cast<unsigned char*>(y) + static_cast<int64_t>(blockIdx.x) * stride * (type == 0 ? 4 : 2), type != 0};
}

__device__ __forceinline__ const float* inputRow(const float* x, int stride) {
    return x + static_cast<int64_t>(blockIdx.x) * stride;
}

// The sum over a block of 256 threads in a fixed order; scratch has 8 floats.
__device__ __forceinline__ float blockSum(float value, float* scratch) {
#pragma unroll
    for (int step = 16; step > 0; step /= 2) {
        value += __shfl_xor_sync(0xFFFFFFFFu, value, step);
    }
    if (threadIdx.x % 32 == 0) {
        scratch[threadIdx.x / 32] = value;
    }
    __syncthreads();
    float sum = 0.0f;
#pragma unroll
    for (int warp = 0; warp < kRowThreads / 32; warp++) {
        sum += scratch[warp];
    }
    return sum;
}

__device__ __forceinline__ void rmsNorm(const float* x, const float* weight, float epsilon, const OutputRow& y, int columns) {
    __shared__ float scratch[kRowThreads / 32];
    float sum = 0.0f;
    for (int i = threadIdx.x; i < columns; i += kRowThreads) {
        sum = fmaf(x[i], x[i], sum);
    }
    const float scale = 1.0f / sqrtf(blockSum(sum, scratch) / static_cast<float>(columns) + epsilon);
    for (int i = threadIdx.x; i < columns; i += kRowThreads) {
        y.set(i, x[i] * scale * weight[i]);
    }
}

__device__ __forceinline__ void rotate(const float* x, const float* cosines, const float* sines, int half, const OutputRow& y,
                                       int columns) {
    for (int i = threadIdx.x; i < columns / 2; i += kRowThreads) {
        const int low = i / half * 2 * half + i % half;
        const int high = low + half;
        const float cosine = cosines[i % half];
        const float sine = sines[i % half];
        y.set(low, x[low] * cosine - x[high] * sine);
        y.set(high, x[high] * cosine + x[low] * sine);
    }
}

__device__ __forceinline__ void combine(const uint16_t* slotRows, int slotStride, const float* weights, int slots, float* residual,
                                        int columns) {
    for (int i = threadIdx.x; i < columns; i += kRowThreads) {
        float sum = 0.0f;
        for (int slot = 0; slot < slots; slot++) {
            sum = fmaf(weights[slot], fromBf16(slotRows[static_cast<int64_t>(slot) * slotStride + i]), sum);
        }
        residual[i] += sum;
    }
}

__device__ __forceinline__ void storeKeyValue(const uint16_t* keys, const uint16_t* values, uint16_t* pages, int page, int slot, int layer,
                                              int layers, int kvHeads, int headDim) {
    for (int i = threadIdx.x; i < kvHeads * headDim; i += kRowThreads) {
        const int head = i / headDim;
        const int d = i % headDim;
        pages[keyIndex(page, layer, head, layers, kvHeads, headDim) + keyOffset(d, slot)] = keys[i];
        pages[valueIndex(page, layer, head, layers, kvHeads, headDim) + slot * up(headDim, 32) + d] = values[i];
    }
}

// One warp a row: the k largest logits, of equal ones the lower index first; NaN counts as the smallest.
__device__ __forceinline__ void gateTopK(const float* logits, int experts, int k, bool renormalise, int* chosen, float* weights) {
    const int lane = threadIdx.x;
    float largest = 0.0f;
    float mine = 0.0f;
    float before = INFINITY;
    int beforeIndex = -1;
    for (int slot = 0; slot < k; slot++) {
        float best = -INFINITY;
        int bestIndex = INT32_MAX;
        for (int expert = lane; expert < experts; expert += 32) {
            const float logit = logits[expert];
            const bool left = logit < before || (logit == before && expert > beforeIndex);
            if (left && (logit > best || (logit == best && expert < bestIndex))) {
                best = logit;
                bestIndex = expert;
            }
        }
#pragma unroll
        for (int step = 16; step > 0; step /= 2) {
            const float other = __shfl_xor_sync(0xFFFFFFFFu, best, step);
            const int otherIndex = __shfl_xor_sync(0xFFFFFFFFu, bestIndex, step);
            if (other > best || (other == best && otherIndex < bestIndex)) {
                best = other;
                bestIndex = otherIndex;
            }
        }
        if (slot == 0) {
            largest = best;
        }
        before = best;
        beforeIndex = bestIndex;
        if (lane == slot) {
            mine = expf(best - largest);
            chosen[slot] = bestIndex;
        }
    }
    float sum = renormalise ? (lane < k ? mine : 0.0f) : 0.0f;
    if (!renormalise) {
        for (int expert = lane; expert < experts; expert += 32) {
            sum += expf(logits[expert] - largest);
        }
    }
#pragma unroll
    for (int step = 16; step > 0; step /= 2) {
        sum += __shfl_xor_sync(0xFFFFFFFFu, sum, step);
    }
    if (lane < k) {
        weights[lane] = mine / sum;
    }
}

}  // namespace convoke
