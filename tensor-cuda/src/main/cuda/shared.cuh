// What the Hopper and the portable path of grouped products share: prefix sums, gathering rows into tile order, the ends of tiles.
#pragma once

#include "primitives.cuh"
#include "schedule.cuh"

namespace convoke {

#ifdef CONVOKE_HOPPER
constexpr int kThreads = 384;
constexpr int kRowTile = 256;
#else
constexpr int kThreads = 256;
constexpr int kRowTile = 64;
#endif

// Four warps that own 64 of a tile's 128 outputs.
struct Unit {
    int index;
    int warp;
    int lane;
    int thread;

    __device__ __forceinline__ void sync() const {
        syncThreads(1 + index, 128);
    }
};

// Rows a unit stages at a time and bytes of its staging area.
constexpr int kStagedRows = 64;
constexpr int kStagingBytes = kStagedRows * 128;

// Every thread of the block; scratch has one entry a warp.
__device__ __forceinline__ void computePrefix(const Arguments& a, const Prefix& prefix, PrefixSums* scratch) {
    for (int i = threadIdx.x; i <= a.groups; i += kThreads) {
        prefix.offsets[i] = a.offsets[i];
    }
    __syncthreads();
    const int each = (a.groups + kThreads - 1) / kThreads;
    const int from = min(a.groups, static_cast<int>(threadIdx.x) * each);
    const int to = min(a.groups, from + each);
    PrefixSums own = {0, 0};
    for (int group = from; group < to; group++) {
        const int rows = prefix.offsets[group + 1] - prefix.offsets[group];
        own.tiled += up(rows, kRowAlignment);
        own.tiles += (rows + kRowTile - 1) / kRowTile;
    }
    const int lane = threadIdx.x % 32;
    PrefixSums sums = own;
#pragma unroll
    for (int step = 1; step < 32; step *= 2) {
        const int tiled = __shfl_up_sync(0xFFFFFFFFu, sums.tiled, step);
        const int tiles = __shfl_up_sync(0xFFFFFFFFu, sums.tiles, step);
        if (lane >= step) {
            sums.tiled += tiled;
            sums.tiles += tiles;
        }
    }
    if (lane == 31) {
        scratch[threadIdx.x / 32] = sums;
    }
    __syncthreads();
    for (int warp = 0; warp < static_cast<int>(threadIdx.x) / 32; warp++) {
        sums.tiled += scratch[warp].tiled;
        sums.tiles += scratch[warp].tiles;
    }
    prefixRange<kRowTile>(prefix, from, to, {sums.tiled - own.tiled, sums.tiles - own.tiles});
    if (threadIdx.x == kThreads - 1) {
        prefix.tiled[a.groups] = sums.tiled;
        prefix.tiles[a.groups] = sums.tiles;
    }
    __syncthreads();
}

__device__ __forceinline__ uint32_t scaledPair(uint32_t pair, float scale) {
    return toBf16(fromBf16(pair & 0xFFFFu) * scale) | static_cast<uint32_t>(toBf16(fromBf16(pair >> 16) * scale)) << 16;
}

// One warp brings 8 rows of 256 inputs into tile order.
__device__ __forceinline__ void gather(const Arguments& a, const Plan& plan, const GatherTask& task, int lane) {
    int source = task.sortedRow + lane;
    float scale = 1.0f;
    if (lane < task.rows) {
        scale = a.inputScales == nullptr ? 1.0f : a.inputScales[source];
        source = a.sources == nullptr ? source : a.sources[source];
    }
    const int block = task.block + lane / 8;
    const int chunk = lane % 8;
    const int input = block * kBlockInputs + chunk * 8;
    uint4 chunks[kRowAlignment];
#pragma unroll
    for (int row = 0; row < kRowAlignment; row++) {
        const int64_t from = __shfl_sync(0xFFFFFFFFu, source, row);
        chunks[row] = make_uint4(0, 0, 0, 0);
        if (row < task.rows && input < a.inputs) {
            chunks[row] = loadStreaming(a.x + (from * a.xStride + input) * 2);
        }
    }
    if (a.inputScales != nullptr) {
#pragma unroll
        for (int row = 0; row < kRowAlignment; row++) {
            const float s = __shfl_sync(0xFFFFFFFFu, scale, row);
            uint4& c = chunks[row];
            c = make_uint4(scaledPair(c.x, s), scaledPair(c.y, s), scaledPair(c.z, s), scaledPair(c.w, s));
        }
    }
    if (block < plan.inputBlocks) {
#pragma unroll
        for (int row = 0; row < kRowAlignment; row++) {
            *reinterpret_cast<uint4*>(plan.tiledInput + tiledOffset(block, task.tiledRow + row, chunk, plan.tiledRows)) = chunks[row];
        }
    }
    fenceForBulkCopies();
    __threadfence();
    __syncwarp();
    if (lane == 0) {
        addRelease(plan.gathered + task.tile, 1);
    }
}

// A warp gathers until no task is left.
__device__ __forceinline__ void gatherAll(const Arguments& a, const Prefix& prefix, const Plan& plan, int lane) {
    const int tasks = gatherTasks(prefix, a.groups, plan);
    int next = 0;
    if (lane == 0) {
        next = static_cast<int>(atomicAdd(plan.counters + kGatherTasks, 1));
    }
    for (;;) {
        const int index = __shfl_sync(0xFFFFFFFFu, next, 0);
        if (index >= tasks) {
            return;
        }
        if (lane == 0) {
            next = static_cast<int>(atomicAdd(plan.counters + kGatherTasks, 1));
        }
        gather(a, plan, gatherTask<kRowTile>(prefix, a.groups, plan, index), lane);
    }
}

// The activation of a tile of interleaved gate and up outputs, in tile order for the second product.
template <int Columns>
__device__ __forceinline__ void endGated(const float (&d)[Columns / 2], const TileTask& task, const Plan& plan, unsigned char* staging,
                                         const Unit& unit) {
    constexpr int kRows = Columns < kStagedRows ? Columns : kStagedRows;
    constexpr int kMatrices = kRows / 8 < 4 ? kRows / 8 : 4;
    const uint32_t stagingAddress = sharedAddress(staging);
#pragma unroll
    for (int pass = 0; pass < Columns / kRows; pass++) {
        unit.sync();
#pragma unroll
        for (int group = 0; group < kRows / 8; group += kMatrices) {
            uint32_t m[kMatrices];
#pragma unroll
            for (int i = 0; i < kMatrices; i++) {
                const float* v = d + (pass * (kRows / 8) + group + i) * 4;
                m[i] = toBf16Pair(gatedSilu(v[0], v[2]), gatedSilu(v[1], v[3]));
            }
            const int row = group * 8 + unit.lane % (kMatrices * 8);
            storeTransposed<kMatrices>(stagingAddress + row * 64 + ((unit.warp ^ (row / 2 & 3)) << 4), m);
        }
        unit.sync();
#pragma unroll
        for (int i = unit.thread; i < kRows * 4; i += 128) {
            const int row = i / 4;
            const int chunk = i % 4;
            const int tileRow = pass * kRows + row;
            if (tileRow < task.rows) {
                const uint4 v = *reinterpret_cast<const uint4*>(staging + row * 64 + ((chunk ^ (row / 2 & 3)) << 4));
                *reinterpret_cast<uint4*>(plan.tiledMiddle
                    + tiledOffset(task.outputTile, task.tiledRow + tileRow, unit.index * 4 + chunk, plan.tiledRows)) = v;
            }
        }
    }
    fenceForBulkCopies();
    __threadfence();
    unit.sync();
    if (unit.thread == 0) {
        addRelease(plan.activated + task.tile, 1);
    }
}

// Rows of bf16 in the caller's order.
template <int Columns>
__device__ __forceinline__ void endBf16(const float (&d)[Columns / 2], const TileTask& task, const Arguments& a, unsigned char* staging,
                                        const Unit& unit) {
    constexpr int kRows = Columns < kStagedRows ? Columns : kStagedRows;
    constexpr int kEights = kRows / 8 < 2 ? 1 : 2;
    const uint32_t stagingAddress = sharedAddress(staging);
    const int firstOutput = task.outputTile * kTileOutputs + unit.index * 64;
#pragma unroll
    for (int pass = 0; pass < Columns / kRows; pass++) {
        unit.sync();
#pragma unroll
        for (int group = 0; group < kRows / 8; group += kEights) {
            uint32_t m[kEights * 2];
#pragma unroll
            for (int i = 0; i < kEights; i++) {
                const float* v = d + (pass * (kRows / 8) + group + i) * 4;
                m[2 * i] = toBf16Pair(v[0], v[1]);
                m[2 * i + 1] = toBf16Pair(v[2], v[3]);
            }
            const int row = (group + unit.lane / 16 % kEights) * 8 + unit.lane % 8;
            const int chunk = unit.warp * 2 + unit.lane / 8 % 2;
            storeTransposed<kEights * 2>(stagingAddress + swizzled(row, chunk), m);
        }
        unit.sync();
#pragma unroll
        for (int i = unit.thread; i < kRows * 8; i += 128) {
            const int row = i / 8;
            const int chunk = i % 8;
            const int tileRow = pass * kRows + row;
            const int output = firstOutput + chunk * 8;
            if (tileRow < task.rows && output + 8 <= a.yStride) {
                const uint4 v = *reinterpret_cast<const uint4*>(staging + swizzled(row, chunk));
                *reinterpret_cast<uint4*>(a.y + (static_cast<int64_t>(task.sortedRow + tileRow) * a.yStride + output) * 2) = v;
            }
        }
    }
}

template <int Columns>
__device__ __forceinline__ void endF32(const float (&d)[Columns / 2], const TileTask& task, const Arguments& a, const Unit& unit) {
    const int output = task.outputTile * kTileOutputs + unit.index * 64 + unit.warp * 16 + unit.lane / 4;
    float* const y = reinterpret_cast<float*>(a.y) + static_cast<int64_t>(task.sortedRow) * a.yStride + output;
#pragma unroll
    for (int i = 0; i < Columns / 2; i++) {
        const int row = i / 4 * 8 + unit.lane % 4 * 2 + i % 2;
        const int further = i / 2 % 2 * 8;
        if (row < task.rows && output + further < a.yStride) {
            y[static_cast<int64_t>(row) * a.yStride + further] = d[i];
        }
    }
}

template <int Columns>
__device__ __forceinline__ void endTile(const float (&d)[Columns / 2], const TileTask& task, const Arguments& a, const Plan& plan,
                                        unsigned char* staging, const Unit& unit) {
    if (a.mode == kRowsF32) {
        endF32<Columns>(d, task, a, unit);
    } else if (a.mode == kRowsBf16 || task.product == 1) {
        endBf16<Columns>(d, task, a, staging, unit);
    } else {
        endGated<Columns>(d, task, plan, staging, unit);
    }
}

// The last block to leave sets the counters back to zero.
__device__ __forceinline__ void leave(const Arguments& a, const Prefix& prefix, const Plan& plan, int* scratch) {
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        *scratch = atomicAdd(plan.counters + kExits, 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (*scratch != 0) {
        for (int i = threadIdx.x; i < prefix.tiles[a.groups]; i += kThreads) {
            plan.gathered[i] = 0;
            plan.activated[i] = 0;
        }
        if (threadIdx.x < kCounterHead) {
            plan.counters[threadIdx.x] = 0;
        }
    }
}

}  // namespace convoke
