// Thin wrappers of instructions that have no operator in C++.
#pragma once

#include "numbers.cuh"

#include <cstdint>

// Hopper's own instructions exist only in images for sm_90a. Everything else takes the portable path.
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define CONVOKE_HOPPER
#endif

#ifdef CONVOKE_EMULATED
#include "emulated_primitives.h"
#else

#define CONVOKE_DYNAMIC_SHARED(name) extern __shared__ __align__(1024) unsigned char name[]

namespace convoke {

__device__ __forceinline__ uint32_t sharedAddress(const void* pointer) {
    return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

// Tells the compiler that a value is the same in all lanes.
__device__ __forceinline__ int uniform(int value) {
    return __shfl_sync(0xFFFFFFFFu, value, 0);
}

// The compiler takes the value for a new one.
__device__ __forceinline__ void forget(int& value) {
    asm volatile("" : "+r"(value));
}

__device__ __forceinline__ unsigned loadAcquire(const unsigned* counter) {
    unsigned value;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(counter) : "memory");
    return value;
}

__device__ __forceinline__ void addRelease(unsigned* counter, unsigned value) {
    asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(counter), "r"(value) : "memory");
}

// Test builds stop a wait that lasts seconds, so that a mistake ends in an error and not in a hang. The place goes to host memory.
#ifdef CONVOKE_BOUNDED_WAITS
__device__ unsigned* convokeStuck;
#endif

__device__ __forceinline__ void countWait(unsigned& turns, int place) {
#ifdef CONVOKE_BOUNDED_WAITS
    if (++turns > (1u << 22)) {
        *reinterpret_cast<volatile unsigned*>(convokeStuck + place) = blockIdx.x + 1;
        __threadfence_system();
        __trap();
    }
#else
    (void)turns;
    (void)place;
#endif
}

__device__ __forceinline__ void waitForCount(const unsigned* counter, unsigned count, int place) {
    unsigned turns = 0;
    while (loadAcquire(counter) < count) {
        __nanosleep(32);
        countWait(turns, place);
    }
}

__device__ __forceinline__ void syncThreads(int barrier, int threads) {
    asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

__device__ __forceinline__ uint4 loadStreaming(const void* pointer) {
    uint4 v;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
                 : "l"(pointer));
    return v;
}

// Stores this thread's four rows of 16 bytes of up to four 8 x 8 matrices of b16 that lie across the warp's registers, transposed:
// lane l gives the address of row l % 8 of matrix l / 8.
template <int Matrices>
__device__ __forceinline__ void storeTransposed(uint32_t address, const uint32_t (&m)[Matrices]) {
#ifdef CONVOKE_HOPPER
    if constexpr (Matrices == 4) {
        asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(m[0]), "r"(m[1]),
                     "r"(m[2]), "r"(m[3])
                     : "memory");
    } else if constexpr (Matrices == 2) {
        asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%0], {%1, %2};" ::"r"(address), "r"(m[0]), "r"(m[1]) : "memory");
    } else {
        asm volatile("stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%0], {%1};" ::"r"(address), "r"(m[0]) : "memory");
    }
#else
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < Matrices; i++) {
        const uint32_t even = __shfl_sync(0xFFFFFFFFu, address, i * 8 + lane % 4 * 2) + lane / 4 * 2;
        const uint32_t odd = __shfl_sync(0xFFFFFFFFu, address, i * 8 + lane % 4 * 2 + 1) + lane / 4 * 2;
        asm volatile("st.shared.u16 [%0], %1;" ::"r"(even), "h"(static_cast<uint16_t>(m[i])) : "memory");
        asm volatile("st.shared.u16 [%0], %1;" ::"r"(odd), "h"(static_cast<uint16_t>(m[i] >> 16)) : "memory");
    }
#endif
}

// Orders ordinary global writes before later reads by the bulk copy engine, and such reads after an acquired flag.
__device__ __forceinline__ void fenceForBulkCopies() {
#ifdef CONVOKE_HOPPER
    asm volatile("fence.proxy.async.global;" ::: "memory");
#endif
}

#ifdef CONVOKE_HOPPER
__device__ __forceinline__ void initialiseBarrier(uint32_t barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

__device__ __forceinline__ void publishBarriers() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ __forceinline__ void arrive(uint32_t barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

__device__ __forceinline__ void arriveExpecting(uint32_t barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

__device__ __forceinline__ void waitBarrier(uint32_t barrier, int parity, int place) {
    uint32_t done;
    unsigned turns = 0;
    do {
        asm volatile(
            "{.reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p;}"
            : "=r"(done)
            : "r"(barrier), "r"(parity)
            : "memory");
        countWait(turns, place);
    } while (done == 0);
}

// A block's place in its cluster.
__device__ __forceinline__ int clusterRank() {
    int rank;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}

__device__ __forceinline__ void syncCluster() {
    asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}

// Arrives at the barrier at the same address in a block of the cluster. Orders nothing beyond the block: enough to hand back a slot
// that only tensor cores and the copy engine touch.
__device__ __forceinline__ void arriveLooselyAt(uint32_t barrier, int rank) {
    asm volatile("{.reg .b32 remote; mapa.shared::cluster.u32 remote, %0, %1; mbarrier.arrive.shared::cluster.b64 _, [remote];}" ::"r"(barrier),
                 "r"(rank)
                 : "memory");
}

__device__ __forceinline__ void arriveAt(uint32_t barrier, int rank) {
    asm volatile(
        "{.reg .b32 remote; mapa.shared::cluster.u32 remote, %0, %1; mbarrier.arrive.release.cluster.shared::cluster.b64 _, [remote];}" ::"r"(
            barrier),
        "r"(rank)
        : "memory");
}

__device__ __forceinline__ void storeAt(uint32_t address, int rank, int value) {
    asm volatile("{.reg .b32 remote; mapa.shared::cluster.u32 remote, %0, %1; st.shared::cluster.u32 [remote], %2;}" ::"r"(address), "r"(rank),
                 "r"(value)
                 : "memory");
}

// Waits for arrivals from the whole cluster and sees what was written before them.
__device__ __forceinline__ void waitClusterBarrier(uint32_t barrier, int parity, int place) {
    uint32_t done;
    unsigned turns = 0;
    do {
        asm volatile(
            "{.reg .pred p; mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p;}"
            : "=r"(done)
            : "r"(barrier), "r"(parity)
            : "memory");
        countWait(turns, place);
    } while (done == 0);
}

// Copies global memory to the same address in the shared memory of two blocks; completes on the barrier of each.
__device__ __forceinline__ void bulkLoadBoth(uint32_t to, const void* from, int bytes, uint32_t barrier) {
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1], %2, [%3], %4;" ::"r"(to), "l"(from),
        "r"(bytes), "r"(barrier), "h"(static_cast<uint16_t>(3))
        : "memory");
}

// Copies global memory into shared memory; completes on the barrier. Everything is a multiple of 16 bytes.
__device__ __forceinline__ void bulkLoad(uint32_t to, const void* from, int bytes, uint32_t barrier) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(to), "l"(from),
                 "r"(bytes), "r"(barrier)
                 : "memory");
}

__device__ __forceinline__ void wgmmaFence() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void wgmmaCommit() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

template <int Pending>
__device__ __forceinline__ void wgmmaWait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}

// Matrix in shared memory whose rows are 128 bytes along the inner dimension, in the 128-byte swizzle: eight rows are 1024 bytes.
__device__ __forceinline__ uint64_t swizzledMatrix(uint32_t address) {
    constexpr uint64_t kSwizzle128 = 1ull << 62;
    constexpr uint64_t kEightRows = 1024ull >> 4 << 32;
    constexpr uint64_t kUnusedLeading = 1ull << 16;
    return kSwizzle128 | kEightRows | kUnusedLeading | (address >> 4);
}

template <int Registers>
__device__ __forceinline__ void giveRegisters() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Registers));
}

template <int Registers>
__device__ __forceinline__ void takeRegisters() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Registers));
}
#else
__device__ __forceinline__ void copyAsync(uint32_t to, const void* from) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}

__device__ __forceinline__ void commitCopies() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

template <int Pending>
__device__ __forceinline__ void waitCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

__device__ __forceinline__ void loadMatrices(uint32_t (&m)[4], uint32_t address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(address)
                 : "memory");
}

__device__ __forceinline__ void loadMatrices(uint32_t (&m)[2], uint32_t address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];" : "=r"(m[0]), "=r"(m[1]) : "r"(address) : "memory");
}

__device__ __forceinline__ void multiplyAdd(float* d, const uint32_t* a, uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
#endif

}  // namespace convoke

#endif
