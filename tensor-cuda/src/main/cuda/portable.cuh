// Grouped products on chips other than Hopper (sm_80 and later): persistent blocks of eight warps, 16 of a tile's 128 outputs each,
// mma.sync with weights as A, operands brought by cp.async through three slots of shared memory.
#pragma once

#include "dequantise.cuh"

#ifndef CONVOKE_HOPPER

namespace convoke {

constexpr int kBlocksPerMultiprocessor = 1;
constexpr int kClusterBlocks = 1;
constexpr int kSlots = 3;
constexpr int kSlotRowsOffset = 16384;
constexpr int kSlotBytes = kSlotRowsOffset + rowTileOf(kBf16) * kBlockRowBytes;
static_assert(blockBytes(kBf16) <= kSlotRowsOffset && 2 * kStagingBytes <= kSlots * kSlotBytes, "shared memory layout");

// Staging shares the slots' memory: nothing is in flight at the end of a tile.
constexpr int kSharedBytes = kSlots * kSlotBytes + 256 + kPrefixBytes;
static_assert(kSharedBytes <= 99 * 1024, "the smallest of these chips has 99 KiB of shared memory");

template <int Format>
__device__ __forceinline__ void copyBlock(unsigned char* slot, const TileTask& task, const unsigned char* rows, int64_t rowStride,
                                          int block) {
    const uint32_t to = sharedAddress(slot);
    const unsigned char* const from = task.weights
        + (static_cast<int64_t>(task.outputTile) * task.blocks + block) * blockBytes(Format);
#pragma unroll
    for (int i = threadIdx.x * 16; i < blockBytes(Format); i += kThreads * 16) {
        copyAsync(to + i, from + i);
    }
    const int bytes = up(task.rows, kRowAlignment) * kBlockRowBytes;
    for (int i = threadIdx.x * 16; i < bytes; i += kThreads * 16) {
        copyAsync(to + kSlotRowsOffset + i, rows + block * rowStride + i);
    }
}

template <int Format>
__device__ __forceinline__ void loadWeights(uint32_t (&a)[16], const unsigned char* slot, const Unit& unit) {
    if constexpr (Format == kBf16) {
        const uint32_t base = sharedAddress(slot);
        const int row = (unit.index * 4 + unit.warp) * 16 + unit.lane % 16;
#pragma unroll
        for (int step = 0; step < 4; step++) {
            uint32_t m[4];
            loadMatrices(m, base + swizzled(row, 2 * step + unit.lane / 16));
            a[4 * step] = m[0], a[4 * step + 1] = m[1], a[4 * step + 2] = m[2], a[4 * step + 3] = m[3];
        }
    } else {
        PackedFragment<Format> packed;
        packed.load(slot, unit);
#pragma unroll
        for (int step = 0; step < 4; step++) {
            packed.step(step, a + 4 * step);
        }
    }
}

template <int Format, int Columns>
__device__ __forceinline__ void multiplyBlock(float (&d)[Columns / 2], const unsigned char* slot, const Unit& unit) {
    uint32_t a[16];
    loadWeights<Format>(a, slot, unit);
    const uint32_t rows = sharedAddress(slot) + kSlotRowsOffset;
#pragma unroll
    for (int step = 0; step < 4; step++) {
        const int chunk = 2 * step + unit.lane / 8 % 2;
        if constexpr (Columns == 8) {
            uint32_t b[2];
            loadMatrices(b, rows + swizzled(unit.lane % 8, chunk));
            multiplyAdd(d, a + 4 * step, b[0], b[1]);
        } else {
#pragma unroll
            for (int eight = 0; eight < Columns / 8; eight += 2) {
                uint32_t b[4];
                loadMatrices(b, rows + swizzled((eight + unit.lane / 16) * 8 + unit.lane % 8, chunk));
                multiplyAdd(d + 4 * eight, a + 4 * step, b[0], b[1]);
                multiplyAdd(d + 4 * eight + 4, a + 4 * step, b[2], b[3]);
            }
        }
    }
}

template <int Format, int Columns>
__device__ __forceinline__ void computeTile(const TileTask& task, const Arguments& a, const Plan& plan, unsigned char* slots,
                                            const Unit& unit) {
    float d[Columns / 2];
#pragma unroll
    for (int i = 0; i < Columns / 2; i++) {
        d[i] = 0.0f;
    }
    const int64_t rowStride = static_cast<int64_t>(plan.tiledRows) * kBlockRowBytes;
    const unsigned char* const rows = (task.product == 0 ? plan.tiledInput : plan.tiledMiddle)
        + static_cast<int64_t>(task.tiledRow) * kBlockRowBytes;
#pragma unroll
    for (int block = 0; block < kSlots - 1; block++) {
        if (block < task.blocks) {
            copyBlock<Format>(slots + block * kSlotBytes, task, rows, rowStride, block);
        }
        commitCopies();
    }
    int slot = 0;
    for (int block = 0; block < task.blocks; block++) {
        waitCopies<kSlots - 2>();
        __syncthreads();
        if (block + kSlots - 1 < task.blocks) {
            copyBlock<Format>(slots + (slot == 0 ? kSlots - 1 : slot - 1) * kSlotBytes, task, rows, rowStride, block + kSlots - 1);
        }
        commitCopies();
        multiplyBlock<Format, Columns>(d, slots + slot * kSlotBytes, unit);
        slot = slot == kSlots - 1 ? 0 : slot + 1;
    }
    waitCopies<0>();
    __syncthreads();
    if (endTile<Columns>(d, task, a, plan, slots + unit.index * kStagingBytes, unit)) {
        signalActivated(plan, task.tile, unit);
    }
}

// Thread 0 takes the next tile and waits until its rows are there.
template <int Format>
__device__ __forceinline__ void takeTask(const Arguments& a, const Prefix& prefix, const Plan& plan, int tasks, TileTask* task) {
    const int index = static_cast<int>(atomicAdd(plan.counters + kTileTasks, 1));
    if (index >= tasks) {
        task->product = -1;
        return;
    }
    *task = tileTask<rowTileOf(Format)>(a, prefix, plan, index, 0);
    if (task->product == 0) {
        waitForCount(plan.gathered + task->tile, gatherTasksOf(*task, plan), 1);
    } else {
        waitForCount(plan.activated + task->tile, 2u * plan.firstTiles, 2);
    }
}

template <int Format>
__device__ __forceinline__ void grouped(const Arguments& a) {
    CONVOKE_DYNAMIC_SHARED(dynamicShared);
    unsigned char* const scratch = dynamicShared + kSlots * kSlotBytes;
    TileTask* const shared = reinterpret_cast<TileTask*>(scratch + 128);
    int* const sums = reinterpret_cast<int*>(scratch + 256);
    const Prefix prefix{sums, sums + kMaxGroups + 1, sums + 2 * (kMaxGroups + 1)};
    Plan plan = planOf(a);
    const Unit unit{static_cast<int>(threadIdx.x / 128), static_cast<int>(threadIdx.x / 32 % 4), static_cast<int>(threadIdx.x % 32),
                    static_cast<int>(threadIdx.x % 128)};
    computePrefix<rowTileOf(Format)>(a, prefix, reinterpret_cast<PrefixSums*>(scratch));
    planTasks(plan, prefix, a.groups, kClusterBlocks);
    gather<rowTileOf(Format), false>(a, prefix, plan, unit.lane, 0);
    const int tasks = tileTasks(prefix, a.groups, plan);
    for (;;) {
        __syncthreads();
        if (threadIdx.x == 0) {
            takeTask<Format>(a, prefix, plan, tasks, shared);
        }
        __syncthreads();
        const TileTask task = *shared;
        if (task.product < 0) {
            break;
        }
        switch (task.columns) {
            case 8: computeTile<Format, 8>(task, a, plan, dynamicShared, unit); break;
            case 16: computeTile<Format, 16>(task, a, plan, dynamicShared, unit); break;
            case 32: computeTile<Format, 32>(task, a, plan, dynamicShared, unit); break;
            default: computeTile<Format, 64>(task, a, plan, dynamicShared, unit); break;
        }
    }
    leave(a, prefix, plan, reinterpret_cast<int*>(scratch));
}

}  // namespace convoke

#endif
