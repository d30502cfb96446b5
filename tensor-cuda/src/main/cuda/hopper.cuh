// Grouped products on Hopper: persistent blocks of three warpgroups. In the first, one thread takes tasks and copies weights, one
// copies rows, and two warps gather rows into tile order ahead of their use; the other two compute 64 of a tile's 128 outputs each.
// Weights and rows meet in a ring of slots in shared memory; weights run ahead of rows that are not ready yet. With many rows two
// blocks work on neighbouring outputs of the same rows, and each copies half of them to both.
//
// The instruction is the same for one row and for 256 (wgmma with 8 to 256 columns, weights as A), so the order of accumulation is
// the same for every number of rows.
#pragma once

#include "dequantise.cuh"
#ifndef CONVOKE_EMULATED
#include "wgmma.cuh"
#endif

#ifdef CONVOKE_HOPPER

namespace convoke {

constexpr int kBlocksPerMultiprocessor = 1;
constexpr int kClusterBlocks = 2;
// Tiles of fewer rows are not shared.
constexpr int kSharedColumns = 128;

// Blocks of a cluster that may share tasks. Quantised weights, which are unpacked at the pace of registers, were not seen to gain by it.
CONVOKE_BOTH constexpr int sharingBlocks(int format) {
    return format == kBf16 ? kClusterBlocks : 1;
}

constexpr int kQueue = 4;
constexpr int kSlots = 4;
constexpr int kComputingWarps = 8;

struct Barriers {
    uint64_t full[kSlots];
    uint64_t empty[kSlots];
    uint64_t queued[kQueue];
    uint64_t dequeued[kQueue];
    // Tasks that the first block of a cluster took for both.
    uint64_t sent[kQueue];
    uint64_t received[kQueue];
    int tasks[kQueue];
};

// A slot holds one block of inputs for 256 rows, or several for fewer rows.
CONVOKE_BOTH constexpr int slotBytes(int format) {
    return format == kBf16 ? 49152 : format == kFp8 ? 50176 : 43008;
}

// Blocks of inputs in a slot: 4, 2 or 1.
CONVOKE_BOTH constexpr int slotBlocks(int format, int columns) {
    int blocks = 4;
    while (blocks > 1 && up(blocks * blockBytes(format), 1024) + blocks * columns * kBlockRowBytes > slotBytes(format)) {
        blocks /= 2;
    }
    return blocks;
}

// Where the rows begin in a slot.
CONVOKE_BOTH constexpr int slotRows(int format, int columns) {
    return up(slotBlocks(format, columns) * blockBytes(format), 1024);
}

CONVOKE_BOTH constexpr int sharedBytesOf(int format) {
    return slotBytes(format) * kSlots + 2 * kStagingBytes + kPrefixBytes + 512 + kQueue * 64;
}

constexpr int kSharedBytes = sharedBytesOf(kFp8);
static_assert(sharedBytesOf(kBf16) <= kSharedBytes && sharedBytesOf(kInt4) <= kSharedBytes, "fp8 needs the most");
static_assert(kSharedBytes <= 227 * 1024, "a Hopper block has 227 KiB of shared memory");

// Registers of a thread that loads or gathers and of one that computes; 168 x 384 in all.
constexpr int kLoadingRegisters = 56;
constexpr int kComputingRegisters = 224;

constexpr int kGatheringWarps = 2;
// Blocks of inputs of 8 rows that a computing warp gathers before its first tile, since the first tiles of all blocks wait for their rows.
constexpr int kHelpingBlocks = 16;

// A position in a ring and the parity of its turn.
template <int Slots>
struct Ring {
    int slot = 0;
    int parity = 0;

    __device__ __forceinline__ void advance() {
        if (++slot == Slots) {
            slot = 0;
            parity ^= 1;
        }
    }
};

template <int Format>
struct SharedMemory {
    unsigned char* base;

    __device__ __forceinline__ unsigned char* slot(int i) const {
        return base + i * slotBytes(Format);
    }

    __device__ __forceinline__ unsigned char* staging(int unit) const {
        return base + kSlots * slotBytes(Format) + unit * kStagingBytes;
    }

    __device__ __forceinline__ Barriers* barriers() const {
        return reinterpret_cast<Barriers*>(staging(2));
    }

    __device__ __forceinline__ TileTask* queue() const {
        return reinterpret_cast<TileTask*>(staging(2) + 256);
    }

    // Also the flag of leave(), once the prefix sums are done.
    __device__ __forceinline__ PrefixSums* scratch() const {
        return reinterpret_cast<PrefixSums*>(staging(2) + 256 + kQueue * 64);
    }

    __device__ __forceinline__ Prefix prefix() const {
        int* const sums = reinterpret_cast<int*>(staging(2) + 512 + kQueue * 64);
        return {sums, sums + kMaxGroups + 1, sums + 2 * (kMaxGroups + 1)};
    }
};
static_assert(sizeof(Barriers) <= 256 && sizeof(TileTask) <= 64, "shared memory layout");

// Blocks of inputs in a slot for a number of columns known at run time.
template <int Format>
__device__ __forceinline__ int slotBlocksOf(int columns) {
    return columns == 8 ? slotBlocks(Format, 8) : columns == 16 ? slotBlocks(Format, 16) : columns == 32 ? slotBlocks(Format, 32)
        : columns == 64 ? slotBlocks(Format, 64) : columns == 128 ? slotBlocks(Format, 128) : slotBlocks(Format, 256);
}

// The first of the blocks that share tasks tells the other which one it took.
__device__ __forceinline__ int shareTask(Barriers* barriers, const Ring<kQueue>& queue, int rank, int index) {
    if (rank == 0) {
        waitClusterBarrier(sharedAddress(&barriers->received[queue.slot]), queue.parity ^ 1, 9);
        storeAt(sharedAddress(&barriers->tasks[queue.slot]), 1, index);
        arriveAt(sharedAddress(&barriers->sent[queue.slot]), 1);
        return index;
    }
    waitClusterBarrier(sharedAddress(&barriers->sent[queue.slot]), queue.parity, 10);
    index = *static_cast<volatile int*>(&barriers->tasks[queue.slot]);
    arriveAt(sharedAddress(&barriers->received[queue.slot]), 0);
    return index;
}

// One thread: takes tasks, hands them to the others, copies their weights.
template <int Format>
__device__ __forceinline__ void loadWeights(const Arguments& a, const Plan& plan, const SharedMemory<Format>& shared, int rank,
                                            int firstTask) {
    Barriers* const barriers = shared.barriers();
    const Prefix prefix = shared.prefix();
    const int tasks = tileTasks(prefix, a.groups, plan);
    const bool shares = plan.sharing > 1;
    Ring<kSlots> ring;
    Ring<kQueue> queue;
    int next = firstTask;
    for (;;) {
        TileTask task;
        task.product = -1;
        const int index = shares ? shareTask(barriers, queue, rank, next) : next;
        if (index < tasks) {
            task = tileTask<rowTileOf(Format)>(a, prefix, plan, index, shares ? rank : 0);
            if (rank == 0 || !shares) {
                next = static_cast<int>(atomicAdd(plan.counters + kTileTasks, 1));
            }
        }
        waitBarrier(sharedAddress(&barriers->dequeued[queue.slot]), queue.parity ^ 1, 1);
        shared.queue()[queue.slot] = task;
        arrive(sharedAddress(&barriers->queued[queue.slot]));
        queue.advance();
        if (task.product < 0) {
            return;
        }
        const int slotted = slotBlocksOf<Format>(task.columns);
        const unsigned char* from = task.weights + static_cast<int64_t>(task.outputTile) * task.blocks * blockBytes(Format);
        for (int block = 0; block < task.blocks; block += slotted) {
            const int bytes = min(slotted, task.blocks - block) * blockBytes(Format);
            const uint32_t full = sharedAddress(&barriers->full[ring.slot]);
            waitBarrier(sharedAddress(&barriers->empty[ring.slot]), ring.parity ^ 1, 2);
            arriveExpecting(full, bytes);
            bulkLoad(sharedAddress(shared.slot(ring.slot)), from, bytes, full);
            from += bytes;
            ring.advance();
        }
    }
}

// One thread: copies rows once they are gathered or activated.
template <int Format>
__device__ __forceinline__ void loadRows(const Plan& plan, const SharedMemory<Format>& shared, int rank) {
    Barriers* const barriers = shared.barriers();
    Ring<kSlots> ring;
    Ring<kQueue> queue;
    for (;;) {
        waitBarrier(sharedAddress(&barriers->queued[queue.slot]), queue.parity, 3);
        const TileTask task = shared.queue()[queue.slot];
        arrive(sharedAddress(&barriers->dequeued[queue.slot]));
        queue.advance();
        if (task.product < 0) {
            return;
        }
        if (task.product == 0) {
            waitForCount(plan.gathered + task.tile, gatherTasksOf(task, plan), 4);
        } else {
            waitForCount(plan.activated + task.tile, 2u * plan.firstTiles, 5);
        }
        fenceForBulkCopies();
        const int slotted = slotBlocksOf<Format>(task.columns);
        const int offset = up(slotted * blockBytes(Format), 1024);
        const int blockStride = task.columns * kBlockRowBytes;
        const int bytes = up(task.rows, kRowAlignment) * kBlockRowBytes;
        const bool both = plan.sharing > 1 && task.columns >= kSharedColumns;
        const int half = up(task.rows, 2 * kRowAlignment) / 2 * kBlockRowBytes;
        const int skipped = both && rank == 1 ? half : 0;
        const int copied = both ? (rank == 0 ? half : bytes - half) : bytes;
        const int64_t fromStride = static_cast<int64_t>(plan.tiledRows) * kBlockRowBytes;
        const unsigned char* from = (task.product == 0 ? plan.tiledInput : plan.tiledMiddle)
            + static_cast<int64_t>(task.tiledRow) * kBlockRowBytes + skipped;
        for (int block = 0; block < task.blocks; block += slotted) {
            const int blocks = min(slotted, task.blocks - block);
            const uint32_t full = sharedAddress(&barriers->full[ring.slot]);
            const uint32_t to = sharedAddress(shared.slot(ring.slot)) + offset + skipped;
            waitBarrier(sharedAddress(&barriers->empty[ring.slot]), ring.parity ^ 1, 6);
            arriveExpecting(full, blocks * bytes);
            for (int i = 0; i < blocks; i++) {
                if (both) {
                    bulkLoadBoth(to + i * blockStride, from, copied, full);
                } else {
                    bulkLoad(to + i * blockStride, from, copied, full);
                }
                from += fromStride;
            }
            ring.advance();
        }
    }
}

// What a computing warpgroup carries from tile to tile.
template <int Format>
struct Consumer {
    SharedMemory<Format> shared;
    Plan plan;
    Unit unit;
    Ring<kSlots> ring;
    // The slot before the ring's position.
    int previous = 0;
    // A tile whose activation is stored and not yet signalled, or -1.
    int unsignalled = -1;

    // Signalling waits for the stores to arrive, so it is done when the tensor cores have work; nobody is waiting in the meantime,
    // since tiles of the second product come after those of the first.
    __device__ __forceinline__ void signal() {
        if (unsignalled >= 0) {
            signalActivated(plan, unsignalled, unit);
            unsignalled = -1;
        }
    }

    __device__ __forceinline__ void waitFull() const {
        waitBarrier(sharedAddress(&shared.barriers()->full[ring.slot]), ring.parity, 7);
    }

    __device__ __forceinline__ void advance() {
        previous = ring.slot;
        ring.advance();
    }

    __device__ __forceinline__ void release(int slot) const {
        // To every block that copies into it, or as often to this one.
        if (unit.lane < sharingBlocks(Format)) {
            const uint32_t empty = sharedAddress(&shared.barriers()->empty[slot]);
            if (plan.sharing > 1) {
                arriveLooselyAt(empty, unit.lane);
            } else {
                arrive(empty);
            }
        }
    }
};

// A product of a tile: slots full of blocks first, then what is left in the last one. There are no branches between instructions of
// one slot, or the compiler would let the tensor cores run dry after each. Quantised weights alternate between two sets of registers:
// they are dequantised while the tensor cores work on the step before.
template <int Format, int Columns>
struct Product {
    static constexpr int kSlotted = slotBlocks(Format, Columns);

    Consumer<Format>& c;
    uint32_t weights[2][Format == kBf16 ? 1 : 16];

    __device__ __forceinline__ uint64_t rows(unsigned char* slot, int block) const {
        return swizzledMatrix(sharedAddress(slot) + slotRows(Format, Columns) + block * Columns * kBlockRowBytes);
    }

    // bf16: both operands from shared memory.
    __device__ __forceinline__ void multiply(float (&d)[Columns / 2], unsigned char* slot, int block) const {
        const uint64_t a = swizzledMatrix(sharedAddress(slot) + block * blockBytes(Format) + c.unit.index * 64 * kBlockRowBytes);
        const uint64_t b = rows(slot, block);
#pragma unroll
        for (int step = 0; step < 4; step++) {
            Wgmma<Columns>::shared(d, a + step * 2, b + step * 2);
        }
    }

    // Quantised: weights into one set of registers; what came before is done when this returns, so the other set is free.
    __device__ __forceinline__ void multiplyQuantised(float (&d)[Columns / 2], unsigned char* slot, int block, uint32_t* set) {
        PackedFragment<Format> packed;
        packed.load(slot + block * blockBytes(Format), c.unit);
        const uint64_t b = rows(slot, block);
#pragma unroll
        for (int step = 0; step < 4; step++) {
            packed.step(step, set + 4 * step);
        }
        wgmmaFence();
#pragma unroll
        for (int step = 0; step < 4; step++) {
            Wgmma<Columns>::registers(d, set + 4 * step, b + step * 2);
        }
        wgmmaCommit();
        wgmmaWait<1>();
    }

    // The slot before is released once nothing reads it.
    __device__ __forceinline__ void wholeSlot(float (&d)[Columns / 2], bool first) {
        c.waitFull();
        unsigned char* const slot = c.shared.slot(c.ring.slot);
        if constexpr (Format == kBf16) {
            wgmmaFence();
#pragma unroll
            for (int block = 0; block < kSlotted; block++) {
                multiply(d, slot, block);
            }
            wgmmaCommit();
            wgmmaWait<1>();
            if (!first) {
                c.release(c.previous);
            }
        } else {
            static_assert(kSlotted % 2 == 0, "sets of registers alternate within a slot");
#pragma unroll
            for (int block = 0; block < kSlotted; block++) {
                multiplyQuantised(d, slot, block, weights[block % 2]);
                if (block == 0 && !first) {
                    c.release(c.previous);
                }
            }
        }
        c.advance();
    }

    __device__ __forceinline__ void tail(float (&d)[Columns / 2], int blocks) {
        c.waitFull();
        unsigned char* const slot = c.shared.slot(c.ring.slot);
        for (int block = 0; block < blocks; block++) {
            if constexpr (Format == kBf16) {
                wgmmaFence();
                multiply(d, slot, block);
                wgmmaCommit();
            } else {
                multiplyQuantised(d, slot, block, weights[0]);
            }
            wgmmaWait<0>();
        }
        c.release(c.ring.slot);
        c.advance();
    }

    __device__ __forceinline__ void run(float (&d)[Columns / 2], int blocks) {
        const int slots = blocks / kSlotted;
        for (int slot = 0; slot < slots; slot++) {
            wholeSlot(d, slot == 0);
            // Not both units at once.
            if (slot == 1 + 2 * c.unit.index) {
                c.signal();
            }
        }
        wgmmaWait<0>();
        if (slots > 0) {
            c.release(c.previous);
        }
        c.signal();
        if (blocks % kSlotted != 0) {
            tail(d, blocks % kSlotted);
        }
    }
};

template <int Format, int Columns>
__device__ __forceinline__ void computeTile(const TileTask& task, const Arguments& a, Consumer<Format>& c) {
    float d[Columns / 2];
#pragma unroll
    for (int i = 0; i < Columns / 2; i++) {
        d[i] = 0.0f;
    }
    Product<Format, Columns> product{c, {}};
    product.run(d, task.blocks);
    // Addresses of stores are computed here for each tile, not kept in registers all along.
    Unit unit = c.unit;
    forget(unit.warp);
    forget(unit.lane);
    forget(unit.thread);
    if (task.stored != 0 && endTile<Columns>(d, task, a, c.plan, c.shared.staging(c.unit.index), unit)) {
        c.unsignalled = task.tile;
    }
}

template <int Format>
__device__ __forceinline__ void compute(const Arguments& a, const Plan& plan, const SharedMemory<Format>& shared, const Unit& unit) {
    Barriers* const barriers = shared.barriers();
    Consumer<Format> consumer{shared, plan, unit, {}, 0, -1};
    Ring<kQueue> queue;
    for (;;) {
        waitBarrier(sharedAddress(&barriers->queued[queue.slot]), queue.parity, 8);
        TileTask task = shared.queue()[queue.slot];
        task.product = uniform(task.product);
        task.columns = uniform(task.columns);
        task.blocks = uniform(task.blocks);
        task.stored = uniform(task.stored);
        __syncwarp();
        if (unit.lane == 0) {
            arrive(sharedAddress(&barriers->dequeued[queue.slot]));
        }
        queue.advance();
        if (task.product != 0) {
            consumer.signal();
        }
        if (task.product < 0) {
            return;
        }
        switch (task.columns) {
            case 8: computeTile<Format, 8>(task, a, consumer); break;
            case 16: computeTile<Format, 16>(task, a, consumer); break;
            case 32: computeTile<Format, 32>(task, a, consumer); break;
            case 64: computeTile<Format, 64>(task, a, consumer); break;
            case 128: computeTile<Format, 128>(task, a, consumer); break;
            default: computeTile<Format, rowTileOf(Format)>(task, a, consumer); break;
        }
    }
}

// Computing warps of blocks that may share tasks gather, too, before their first tiles, unless there are few rows.
template <int RowTile>
__device__ __forceinline__ void helpGather(const Arguments& a, const Prefix& prefix, const Plan& plan) {
    if (gatherTasks(prefix, a.groups, plan) > kGatheringWarps * static_cast<int>(gridDim.x)) {
        gather<RowTile, true>(a, prefix, plan, threadIdx.x % 32, kHelpingBlocks / plan.gatherBlocks);
    }
}

template <int Format>
__device__ __forceinline__ void grouped(const Arguments& a) {
    CONVOKE_DYNAMIC_SHARED(dynamicShared);
    const SharedMemory<Format> shared{dynamicShared};
    Plan plan = planOf(a);
    const int warpOfBlock = uniform(threadIdx.x / 32);
    const int warpgroup = warpOfBlock / 4;
    const int warp = warpOfBlock % 4;
    const int rank = clusterRank();
    int firstTask = 0;
    if (threadIdx.x == 0) {
        if (rank == 0) {
            firstTask = static_cast<int>(atomicAdd(plan.counters + kTileTasks, 1));
        }
        Barriers* const barriers = shared.barriers();
        for (int i = 0; i < kSlots; i++) {
            initialiseBarrier(sharedAddress(&barriers->full[i]), 2);
            initialiseBarrier(sharedAddress(&barriers->empty[i]), kComputingWarps * sharingBlocks(Format));
        }
        for (int i = 0; i < kQueue; i++) {
            initialiseBarrier(sharedAddress(&barriers->queued[i]), 1);
            initialiseBarrier(sharedAddress(&barriers->dequeued[i]), kComputingWarps + 1);
            initialiseBarrier(sharedAddress(&barriers->sent[i]), 1);
            initialiseBarrier(sharedAddress(&barriers->received[i]), 1);
        }
        publishBarriers();
    }
    computePrefix<rowTileOf(Format)>(a, shared.prefix(), shared.scratch());
    planTasks(plan, shared.prefix(), a.groups, sharingBlocks(Format));
    if (threadIdx.x == 0 && rank != 0 && plan.sharing == 1) {
        firstTask = static_cast<int>(atomicAdd(plan.counters + kTileTasks, 1));
    }
    syncCluster();
    if (warpgroup == 0) {
        giveRegisters<kLoadingRegisters>();
        if (warp == 0) {
            if (threadIdx.x == 0) {
                loadWeights<Format>(a, plan, shared, rank, firstTask);
            }
        } else if (warp == 1) {
            if (threadIdx.x == 32) {
                loadRows<Format>(plan, shared, rank);
            }
        } else {
            gather<rowTileOf(Format), false>(a, shared.prefix(), plan, threadIdx.x % 32, 0);
        }
    } else {
        takeRegisters<kComputingRegisters>();
        if constexpr (sharingBlocks(Format) > 1) {
            helpGather<rowTileOf(Format)>(a, shared.prefix(), plan);
        }
        compute<Format>(a, plan, shared,
                        Unit{warpgroup - 1, warp, static_cast<int>(threadIdx.x % 32), static_cast<int>(threadIdx.x % 128)});
    }
    __syncwarp();
    // A block stays while the other may still write to it.
    syncCluster();
    leave(a, shared.prefix(), plan, reinterpret_cast<int*>(shared.scratch()));
}

}  // namespace convoke

#endif
