// Entry points. README.md is their contract; a change there or here is a new ABI version.

#include "attention.cuh"
#include "hopper.cuh"
#include "pack.cuh"
#include "portable.cuh"
#include "rows.cuh"

using namespace convoke;

extern "C" {
#if defined(__CUDA_ARCH__) || defined(CONVOKE_EMULATED)
__device__ int convoke_launch[8] = {kAbiVersion, kThreads, kSharedBytes, kBlocksPerMultiprocessor, rowTileOf(kBf16), kMaxGroups, kClusterBlocks, 0};
#endif
}

#ifdef CONVOKE_HOPPER
#define CONVOKE_CLUSTER __cluster_dims__(kClusterBlocks, 1, 1)
#else
#define CONVOKE_CLUSTER
#endif

#define CONVOKE_GROUPED(name, format)                                                                                               \
    extern "C" __global__ void CONVOKE_CLUSTER __launch_bounds__(kThreads, 1) name(                                                 \
        const void* x, const int* sources, const float* inputScales, const int* offsets, const void* const* first,                  \
        const void* const* second, void* y, void* workspace, int groups, int rows, int xStride, int yStride, int inputs,            \
        int middle, int outputs, int mode) {                                                                                        \
        grouped<format>(Arguments{static_cast<const unsigned char*>(x), sources, inputScales, offsets,                              \
                                  reinterpret_cast<const unsigned char* const*>(first),                                             \
                                  reinterpret_cast<const unsigned char* const*>(second), static_cast<unsigned char*>(y),            \
                                  static_cast<unsigned char*>(workspace), groups, rows, xStride, yStride, inputs, middle, outputs,  \
                                  mode});                                                                                           \
    }

CONVOKE_GROUPED(convoke_grouped_bf16, kBf16)
CONVOKE_GROUPED(convoke_grouped_fp8, kFp8)
CONVOKE_GROUPED(convoke_grouped_mxfp4, kMxfp4)
CONVOKE_GROUPED(convoke_grouped_int4, kInt4)

extern "C" __global__ void __launch_bounds__(256) convoke_pack(void* packed, const void* source, const void* scales, int format,
                                                               int sourceType, int placement, int firstRow, int rows, int inputs) {
    const PackArguments p{static_cast<unsigned char*>(packed), static_cast<const unsigned char*>(source),
                          static_cast<const unsigned char*>(scales), format, sourceType, placement, firstRow, rows, inputs};
    const int eights = (inputs + 7) / 8;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * 256 + threadIdx.x; i < packTasks(p); i += static_cast<int64_t>(gridDim.x) * 256) {
        packEight(p, static_cast<int>(i / eights), static_cast<int>(i % eights) * 8,
                  [](uint32_t* word, uint32_t bits) { atomicOr(word, bits); });
    }
}

extern "C" __global__ void __launch_bounds__(256) convoke_rms_norm(const float* x, int xStride, const float* weight, float epsilon,
                                                                   void* y, int yStride, int yType, int columns) {
    rmsNorm(inputRow(x, xStride), weight, epsilon, outputRow(y, yStride, yType), columns);
}

extern "C" __global__ void __launch_bounds__(256) convoke_gated_silu(const float* gateUp, int gateUpStride, void* y, int yStride,
                                                                     int yType, int width) {
    const float* const row = inputRow(gateUp, gateUpStride);
    const OutputRow out = outputRow(y, yStride, yType);
    for (int i = threadIdx.x; i < width; i += kRowThreads) {
        out.set(i, gatedSilu(row[i], row[width + i]));
    }
}

extern "C" __global__ void __launch_bounds__(256) convoke_rotate(const float* x, int xStride, int firstColumn, const float* cosines,
                                                                 const float* sines, int half, const int* positions, void* y,
                                                                 int yStride, int yType, int columns) {
    const int64_t angle = static_cast<int64_t>(positions[blockIdx.x]) * half;
    rotate(inputRow(x, xStride) + firstColumn, cosines + angle, sines + angle, half, outputRow(y, yStride, yType), columns);
}

extern "C" __global__ void __launch_bounds__(256) convoke_round(const float* x, int xStride, int firstColumn, void* y, int yStride,
                                                                int yType, int columns) {
    const float* const row = inputRow(x, xStride) + firstColumn;
    const OutputRow out = outputRow(y, yStride, yType);
    for (int i = threadIdx.x; i < columns; i += kRowThreads) {
        out.set(i, row[i]);
    }
}

extern "C" __global__ void __launch_bounds__(256) convoke_combine(const void* slotRows, int slotStride, const float* weights, int slots,
                                                                  float* residual, int residualStride, int columns) {
    const int64_t firstSlot = static_cast<int64_t>(blockIdx.x) * slots;
    combine(static_cast<const uint16_t*>(slotRows) + firstSlot * slotStride, slotStride, weights + firstSlot, slots,
            residual + static_cast<int64_t>(blockIdx.x) * residualStride, columns);
}

extern "C" __global__ void __launch_bounds__(256) convoke_add(const float* x, int xStride, float* residual, int residualStride,
                                                              int columns) {
    const float* const row = inputRow(x, xStride);
    float* const out = residual + static_cast<int64_t>(blockIdx.x) * residualStride;
    for (int i = threadIdx.x; i < columns; i += kRowThreads) {
        out[i] += row[i];
    }
}

extern "C" __global__ void __launch_bounds__(256) convoke_kv_store(const void* keys, int keyStride, const void* values, int valueStride,
                                                                   void* pages, const int* pageNumbers, const int* positions, int layer,
                                                                   int layers, int kvHeads, int headDim) {
    const int64_t row = blockIdx.x;
    storeKeyValue(static_cast<const uint16_t*>(keys) + row * keyStride, static_cast<const uint16_t*>(values) + row * valueStride,
                  static_cast<uint16_t*>(pages), pageNumbers[row], positions[row] % kPageTokens, layer, layers, kvHeads, headDim);
}

extern "C" __global__ void __launch_bounds__(32) convoke_gate_top_k(const float* logits, int logitStride, int experts, int k,
                                                                    int renormalise, int* chosen, float* weights) {
    const int64_t first = static_cast<int64_t>(blockIdx.x) * k;
    gateTopK(inputRow(logits, logitStride), experts, k, renormalise != 0, chosen + first, weights + first);
}

extern "C" __global__ void __launch_bounds__(256) convoke_attend(const void* queries, int queryStride, void* outputs, int outputStride,
                                                                 const void* pages, const int* pageTables, int tableStride,
                                                                 const int* sequences, const int* positions, int slidingWindow,
                                                                 float scale, int layer, int layers, int heads, int kvHeads,
                                                                 int headDim) {
    const int64_t row = blockIdx.x;
    const int head = static_cast<int>(blockIdx.y);
    const int position = positions[row];
    const int64_t sequence = sequences == nullptr ? row : sequences[row];
    attend(AttentionArguments{static_cast<const uint16_t*>(queries) + row * queryStride + head * headDim,
                              static_cast<uint16_t*>(outputs) + row * outputStride + head * headDim, static_cast<const uint16_t*>(pages),
                              pageTables + sequence * tableStride, slidingWindow == 0 ? 0 : max(0, position - slidingWindow + 1), position,
                              scale, layer, layers, head / (heads / kvHeads), kvHeads, headDim});
}
