// What the Hopper and the portable path of grouped products share: prefix sums, gathering rows into tile order, the ends of tiles.
#pragma once

#include "primitives.cuh"
#include "schedule.cuh"

namespace convoke {

#ifdef CONVOKE_HOPPER
constexpr int kThreads = 384;

// Most rows of a tile. Quantised weights leave no registers for more than 128.
CONVOKE_BOTH constexpr int rowTileOf(int format) {
    return format == kBf16 ? 256 : 128;
}
#else
constexpr int kThreads = 256;

CONVOKE_BOTH constexpr int rowTileOf(int) {
    return 64;
}
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
template <int RowTile>
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
        own.tiles += (rows + RowTile - 1) / RowTile;
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
    prefixRange<RowTile>(prefix, from, to, {sums.tiled - own.tiled, sums.tiles - own.tiles});
    if (threadIdx.x == kThreads - 1) {
        prefix.tiled[a.groups] = sums.tiled;
        prefix.tiles[a.groups] = sums.tiles;
    }
    __syncthreads();
}

__device__ __forceinline__ uint32_t scaledPair(uint32_t pair, float scale) {
    return toBf16(fromBf16(pair & 0xFFFFu) * scale) | static_cast<uint32_t>(toBf16(fromBf16(pair >> 16) * scale)) << 16;
}

// One warp brings 8 rows into tile order, 256 inputs at a time; the lane's 16 bytes of each row are on their way between load and store.
struct GatheredRows {
    GatherTask task;
    uint4 chunks[kRowAlignment];
    int source;
    float scale;

    __device__ __forceinline__ void begin(const Arguments& a, const GatherTask& next, int lane) {
        task = next;
        source = task.sortedRow + lane;
        scale = 1.0f;
        if (lane < task.rows) {
            scale = a.inputScales == nullptr ? 1.0f : a.inputScales[source];
            source = a.sources == nullptr ? source : a.sources[source];
        }
    }

    __device__ __forceinline__ void load(const Arguments& a, int block, int lane) {
        const int input = (block + lane / 8) * kBlockInputs + lane % 8 * 8;
#pragma unroll
        for (int row = 0; row < kRowAlignment; row++) {
            const int64_t from = __shfl_sync(0xFFFFFFFFu, source, row);
            chunks[row] = make_uint4(0, 0, 0, 0);
            if (row < task.rows && input < a.inputs) {
                chunks[row] = loadStreaming(a.x + (from * a.xStride + input) * 2);
            }
        }
    }

    __device__ __forceinline__ void store(const Arguments& a, const Plan& plan, int block, int lane) {
        if (a.inputScales != nullptr) {
#pragma unroll
            for (int row = 0; row < kRowAlignment; row++) {
                const float s = __shfl_sync(0xFFFFFFFFu, scale, row);
                uint4& c = chunks[row];
                c = make_uint4(scaledPair(c.x, s), scaledPair(c.y, s), scaledPair(c.z, s), scaledPair(c.w, s));
            }
        }
        if (block + lane / 8 < plan.inputBlocks) {
#pragma unroll
            for (int row = 0; row < kRowAlignment; row++) {
                *reinterpret_cast<uint4*>(plan.tiledInput + tiledOffset(block + lane / 8, task.tiledRow + row, lane % 8, plan.tiledRows)) = chunks[row];
            }
        }
    }
};

// A warp gathers until no task is left or, if limited, it has done that many. A task's rows become visible while the next one's first are read: that
// and the counter are waited for once a task.
template <int RowTile, bool Limited>
__device__ __forceinline__ void gather(const Arguments& a, const Prefix& prefix, const Plan& plan, int lane, int most) {
    const int tasks = gatherTasks(prefix, a.groups, plan);
    int next = lane == 0 ? static_cast<int>(atomicAdd(plan.counters + kGatherTasks, 1)) : 0;
    int index = __shfl_sync(0xFFFFFFFFu, next, 0);
    if (index >= tasks) {
        return;
    }
    GatheredRows rows;
    rows.begin(a, gatherTask<RowTile>(prefix, a.groups, plan, index), lane);
    rows.load(a, rows.task.block, lane);
    while (index < tasks) {
        const bool last = Limited && --most == 0;
        if (lane == 0) {
            next = last ? tasks : static_cast<int>(atomicAdd(plan.counters + kGatherTasks, 1));
        }
        const int to = min(rows.task.block + plan.gatherBlocks, plan.inputBlocks);
        for (int block = rows.task.block; block < to; block += kGatherBlocks) {
            rows.store(a, plan, block, lane);
            if (block + kGatherBlocks < to) {
                rows.load(a, block + kGatherBlocks, lane);
            }
        }
        const int tile = rows.task.tile;
        index = __shfl_sync(0xFFFFFFFFu, next, 0);
        if (index < tasks) {
            rows.begin(a, gatherTask<RowTile>(prefix, a.groups, plan, index), lane);
            rows.load(a, rows.task.block, lane);
        }
        __syncwarp();
        if (lane == 0) {
            fenceForBulkCopies();
            addRelease(plan.gathered + tile, 1);
        }
    }
}

// The activation of a tile of interleaved gate and up outputs, in tile order for the second product.
template <int Columns>
__device__ __forceinline__ void endGated(const float (&d)[Columns / 2], const TileTask& task, const Plan& plan, unsigned char* staging,
                                         const Unit& unit) {
    constexpr int kRows = Columns < kStagedRows ? Columns : kStagedRows;
    constexpr int kMatrices = kRows / 8 < 4 ? kRows / 8 : 4;
    // Passes take turns in the halves of the staging area: when a pass is past its barrier, all are through with the pass before it.
    constexpr int kHalf = kStagingBytes / 2;
    static_assert(kRows * 64 <= kHalf, "a pass stages 64 bytes of a row");
    const uint32_t stagingAddress = sharedAddress(staging);
    // Rows a thread stores are 32 apart, so its place in the swizzle stays.
    const int firstRow = unit.thread / 4;
    const int chunk = unit.thread % 4;
    unsigned char* const to = plan.tiledMiddle
        + tiledOffset(task.outputTile, task.tiledRow + firstRow, unit.index * 4 + chunk, plan.tiledRows);
    const unsigned char* const from = staging + firstRow * 64 + ((chunk ^ (firstRow / 2 & 3)) << 4);
#pragma unroll
    for (int pass = 0; pass < Columns / kRows; pass++) {
        const int half = pass % 2 * kHalf;
        if (pass == 0) {
            unit.sync();
        }
#pragma unroll
        for (int group = 0; group < kRows / 8; group += kMatrices) {
            uint32_t m[kMatrices];
#pragma unroll
            for (int i = 0; i < kMatrices; i++) {
                const float* v = d + (pass * (kRows / 8) + group + i) * 4;
                m[i] = toBf16Pair(gatedSilu(v[0], v[2]), gatedSilu(v[1], v[3]));
            }
            const int row = group * 8 + unit.lane % (kMatrices * 8);
            storeTransposed<kMatrices>(stagingAddress + half + row * 64 + ((unit.warp ^ (row / 2 & 3)) << 4), m);
        }
        unit.sync();
#pragma unroll
        for (int row = 0; row < kRows; row += 32) {
            if (row + firstRow < kRows && pass * kRows + row + firstRow < task.rows) {
                *reinterpret_cast<uint4*>(to + (pass * kRows + row) * kBlockRowBytes) = *reinterpret_cast<const uint4*>(from + half + row * 64);
            }
        }
    }
    unit.sync();
}

// After endGated: tells those who wait for the rows' activation.
__device__ __forceinline__ void signalActivated(const Plan& plan, int tile, const Unit& unit) {
    if (unit.thread == 0) {
        fenceForBulkCopies();
        addRelease(plan.activated + tile, 1);
    }
}

// Rows of bf16 in the caller's order.
template <int Columns>
__device__ __forceinline__ void endBf16(const float (&d)[Columns / 2], const TileTask& task, const Arguments& a, unsigned char* staging,
                                        const Unit& unit) {
    constexpr int kRows = Columns < kStagedRows ? Columns : kStagedRows;
    constexpr int kEights = kRows / 8 < 2 ? 1 : 2;
    const uint32_t stagingAddress = sharedAddress(staging);
    // Rows a thread stores are 16 apart.
    const int firstRow = unit.thread / 8;
    const int chunk = unit.thread % 8;
    const int output = task.outputTile * kTileOutputs + unit.index * 64 + chunk * 8;
    const int rows = output + 8 <= a.yStride ? task.rows : 0;
    const int64_t step = 32ll * a.yStride;
    unsigned char* to = a.y + (static_cast<int64_t>(task.sortedRow + firstRow) * a.yStride + output) * 2;
    const unsigned char* const from = staging + swizzled(firstRow, chunk);
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
            storeTransposed<kEights * 2>(stagingAddress + swizzled(row, unit.warp * 2 + unit.lane / 8 % 2), m);
        }
        unit.sync();
#pragma unroll
        for (int row = 0; row < kRows; row += 16) {
            if (row + firstRow < kRows && pass * kRows + row + firstRow < rows) {
                *reinterpret_cast<uint4*>(to) = *reinterpret_cast<const uint4*>(from + row * 128);
            }
            to += step;
        }
    }
}

template <int Columns>
__device__ __forceinline__ void endF32(const float (&d)[Columns / 2], const TileTask& task, const Arguments& a, const Unit& unit) {
    const int output = task.outputTile * kTileOutputs + unit.index * 64 + unit.warp * 16 + unit.lane / 4;
    const int firstRow = unit.lane % 4 * 2;
    float* y = reinterpret_cast<float*>(a.y) + static_cast<int64_t>(task.sortedRow + firstRow) * a.yStride + output;
#pragma unroll
    for (int eight = 0; eight < Columns / 8; eight++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            if (eight * 8 + firstRow + i % 2 < task.rows && output + i / 2 * 8 < a.yStride) {
                y[i % 2 * a.yStride + i / 2 * 8] = d[4 * eight + i];
            }
        }
        y += 8 * a.yStride;
    }
}

// Outputs that the matrix does not have are zero, also where an infinity or NaN met their zero weights.
template <int Columns>
__device__ __forceinline__ void clearMissing(float (&d)[Columns / 2], const TileTask& task, const Arguments& a, const Unit& unit) {
    const bool gated = a.mode == kExpert && task.product == 0;
    const int outputs = gated ? a.middle : a.outputs;
    const int tileOutputs = gated ? kTileOutputs / 2 : kTileOutputs;
    if ((task.outputTile + 1) * tileOutputs <= outputs) {
        return;
    }
    const int sixteen = unit.index * 4 + unit.warp;
    const int output = task.outputTile * tileOutputs + sixteen * (gated ? 8 : 16) + unit.lane / 4;
    const bool first = output < outputs;
    const bool second = output + (gated ? 0 : 8) < outputs;
#pragma unroll
    for (int i = 0; i < Columns / 2; i++) {
        d[i] = (i % 4 < 2 ? first : second) ? d[i] : 0.0f;
    }
}

// Stores a tile; true if its activation is to be signalled.
template <int Columns>
__device__ __forceinline__ bool endTile(float (&d)[Columns / 2], const TileTask& task, const Arguments& a, const Plan& plan,
                                        unsigned char* staging, const Unit& unit) {
    clearMissing<Columns>(d, task, a, unit);
    if (a.mode == kRowsF32) {
        endF32<Columns>(d, task, a, unit);
        return false;
    }
    if (a.mode == kRowsBf16 || task.product == 1) {
        endBf16<Columns>(d, task, a, staging, unit);
        return false;
    }
    endGated<Columns>(d, task, plan, staging, unit);
    return true;
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
