// primitives.cuh and wgmma.cuh as the emulator does them, from their descriptions in the PTX manual.
#pragma once

#include "numbers.cuh"

#define CONVOKE_DYNAMIC_SHARED(name) unsigned char* const name = emulator::current->block->shared

namespace convoke {

inline unsigned char* sharedPointer(uint32_t address) {
    return emulator::current->block->shared + address;
}

inline uint32_t sharedAddress(const void* pointer) {
    return static_cast<uint32_t>(static_cast<const unsigned char*>(pointer) - emulator::current->block->shared);
}

inline int uniform(int value) {
    return __shfl_sync(0xFFFFFFFFu, value, 0);
}

inline void forget(int&) {}

inline void addRelease(unsigned* counter, unsigned value) {
    *counter += value;
    emulator::turns++;
}

inline void waitForCount(const unsigned* counter, unsigned count, int) {
    emulator::waitWhile("wait for a count", [counter, count] { return *counter < count; });
}

inline void syncThreads(int barrier, int threads) {
    emulator::meet(barrier, threads);
}

inline uint4 loadStreaming(const void* pointer) {
    return *static_cast<const uint4*>(pointer);
}

inline void fenceForBulkCopies() {}

inline uint32_t wordAt(uint32_t address) {
    uint32_t word;
    memcpy(&word, sharedPointer(address), 4);
    return word;
}

// stmatrix .trans: lane l holds row l / 4, columns l % 4 * 2 and the next; lane r of matrix i names where column r goes.
template <int Matrices>
void storeTransposed(uint32_t address, const uint32_t (&m)[Matrices]) {
    const int lane = emulator::current->index % 32;
    emulator::show()[0] = address;
    const auto& warp = emulator::meetWarp("stmatrix");
    for (int i = 0; i < Matrices; i++) {
        for (int element = 0; element < 2; element++) {
            const uint16_t value = static_cast<uint16_t>(m[i] >> (16 * element));
            const uint32_t row = static_cast<uint32_t>(warp.values[i * 8 + lane % 4 * 2 + element][0]);
            memcpy(sharedPointer(row + static_cast<uint32_t>(lane / 4 * 2)), &value, 2);
        }
    }
    emulator::meetWarp("stmatrix");
}

#ifdef CONVOKE_HOPPER
inline emulator::Barrier& barrierAt(uint32_t address) {
    return emulator::current->block->barriers[address];
}

inline void initialiseBarrier(uint32_t barrier, int arrivals) {
    barrierAt(barrier) = {arrivals, arrivals, 0, 0};
}

inline void publishBarriers() {}

inline void arrive(uint32_t barrier) {
    barrierAt(barrier).pending--;
    emulator::complete(*emulator::current->block, barrier);
    emulator::turns++;
}

inline void arriveExpecting(uint32_t barrier, int bytes) {
    barrierAt(barrier).bytes += bytes;
    arrive(barrier);
}

inline void waitBarrier(uint32_t barrier, int parity, int place) {
    static const char* const kPlaces[] = {"", "dequeued", "empty for weights", "queued", "", "", "empty for rows", "full", "queued for compute",
                                          "received", "sent"};
    const emulator::Barrier& awaited = barrierAt(barrier);
    emulator::waitWhile(kPlaces[place], [&awaited, parity] { return awaited.parity == parity; });
}

inline int clusterRank() {
    return emulator::current->block->index % 2;
}

inline void syncCluster() {
    emulator::meetAt(*emulator::current->block->clusterBarrier, 2 * emulator::current->block->threads, "cluster barrier");
}

inline void arriveAt(uint32_t barrier, int rank) {
    emulator::Block& block = *emulator::current->block->cluster[rank];
    block.barriers.at(barrier).pending--;
    emulator::complete(block, barrier);
    emulator::turns++;
}

inline void arriveLooselyAt(uint32_t barrier, int rank) {
    arriveAt(barrier, rank);
}

inline void storeAt(uint32_t address, int rank, int value) {
    memcpy(emulator::current->block->cluster[rank]->shared + address, &value, 4);
}

inline void waitClusterBarrier(uint32_t barrier, int parity, int place) {
    waitBarrier(barrier, parity, place);
}

inline void bulkLoadTo(emulator::Block& block, uint32_t to, const void* from, int bytes, uint32_t barrier) {
    if (to % 16 != 0 || bytes % 16 != 0 || bytes <= 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0) {
        fprintf(stderr, "misaligned bulk copy\n");
        exit(1);
    }
    emulator::current->block->copies.push_back({&block, block.shared + to, static_cast<const unsigned char*>(from), bytes, barrier});
}

inline void bulkLoad(uint32_t to, const void* from, int bytes, uint32_t barrier) {
    bulkLoadTo(*emulator::current->block, to, from, bytes, barrier);
}

inline void bulkLoadBoth(uint32_t to, const void* from, int bytes, uint32_t barrier) {
    bulkLoadTo(*emulator::current->block->cluster[0], to, from, bytes, barrier);
    bulkLoadTo(*emulator::current->block->cluster[1], to, from, bytes, barrier);
}

inline void wgmmaFence() {}

inline void wgmmaCommit() {
    emulator::current->groups.push_back(std::move(emulator::current->open));
    emulator::current->open.clear();
}

template <int Pending>
void wgmmaWait() {
    auto& groups = emulator::current->groups;
    while (groups.size() > Pending) {
        for (const auto& product : groups.front()) {
            product();
        }
        groups.erase(groups.begin());
    }
}

struct Descriptor {
    uint32_t address;
    uint32_t stride;
};

inline uint64_t swizzledMatrix(uint32_t address) {
    constexpr uint64_t kSwizzle128 = 1ull << 62;
    constexpr uint64_t kEightRows = 1024ull >> 4 << 32;
    return kSwizzle128 | kEightRows | 1ull << 16 | (address >> 4);
}

// An element of a K-major matrix: the linear address, then bits 4 to 6 exchanged with bits 7 to 9.
inline float elementAt(uint64_t descriptor, int row, int k) {
    const uint32_t start = static_cast<uint32_t>(descriptor & 0x3FFF) << 4;
    const uint32_t stride = static_cast<uint32_t>(descriptor >> 32 & 0x3FFF) << 4;
    uint32_t address = start + static_cast<uint32_t>(row / 8) * stride + static_cast<uint32_t>(row % 8 * 128 + k * 2);
    address ^= (address >> 7 & 7u) << 4;
    uint16_t bits;
    memcpy(&bits, sharedPointer(address), 2);
    return fromBf16(bits);
}

template <int Columns>
struct Wgmma {
    template <typename A>
    static void issue(float (&d)[Columns / 2], A a, uint64_t b) {
        float* const out = d;
        emulator::current->open.push_back([out, a, b] {
            const int lane = emulator::current->index % 32;
            for (int i = 0; i < Columns / 2; i++) {
                const int half = i / 2 % 2;
                const int column = i / 4 * 8 + lane % 4 * 2 + i % 2;
                double sum = out[i];
                for (int k = 0; k < 16; k++) {
                    sum += static_cast<double>(a(half, k)) * elementAt(b, column, k);
                }
                out[i] = static_cast<float>(sum);
            }
        });
    }

    static void shared(float (&d)[Columns / 2], uint64_t a, uint64_t b) {
        const int row = emulator::current->index / 32 % 4 * 16 + emulator::current->index % 32 / 4;
        issue(d, [a, row](int half, int k) { return elementAt(a, row + 8 * half, k); }, b);
    }

    // Other lanes' registers are needed too: they are shown now, and what must not change is checked when the product is done.
    static void registers(float (&d)[Columns / 2], const uint32_t* a, uint64_t b) {
        for (int i = 0; i < 4; i++) {
            emulator::show()[i] = a[i];
        }
        const auto& warp = emulator::meetWarp("wgmma");
        const int lane = emulator::current->index % 32;
        struct Values {
            uint32_t v[4][4];
        } values;
        for (int other = 0; other < 4; other++) {
            for (int i = 0; i < 4; i++) {
                values.v[other][i] = static_cast<uint32_t>(warp.values[lane / 4 * 4 + other][i]);
            }
        }
        emulator::meetWarp("wgmma");
        const uint32_t kept[4] = {a[0], a[1], a[2], a[3]};
        const uint32_t k0 = kept[0], k1 = kept[1], k2 = kept[2], k3 = kept[3];
        issue(d, [values, a, k0, k1, k2, k3](int half, int k) {
            if (a[0] != k0 || a[1] != k1 || a[2] != k2 || a[3] != k3) {
                fprintf(stderr, "registers of a product changed before it was done\n");
                exit(1);
            }
            return fromBf16(values.v[k % 8 / 2][half + k / 8 * 2] >> (k % 2 * 16) & 0xFFFFu);
        }, b);
    }
};

template <int Registers>
void giveRegisters() {}

template <int Registers>
void takeRegisters() {}
#else
inline void copyAsync(uint32_t to, const void* from) {
    unsigned char* const target = sharedPointer(to);
    emulator::current->open.push_back([target, from] { memcpy(target, from, 16); });
}

inline void commitCopies() {
    emulator::current->groups.push_back(std::move(emulator::current->open));
    emulator::current->open.clear();
}

template <int Pending>
void waitCopies() {
    auto& groups = emulator::current->groups;
    while (groups.size() > Pending) {
        for (const auto& copy : groups.front()) {
            copy();
        }
        groups.erase(groups.begin());
    }
}

// ldmatrix: lane l gets columns l % 4 * 2 and the next of row l / 4; lane r of matrix i names where row r is.
template <int Matrices>
void loadMatrices(uint32_t (&m)[Matrices], uint32_t address) {
    const int lane = emulator::current->index % 32;
    emulator::show()[0] = address;
    const auto& warp = emulator::meetWarp("ldmatrix");
    for (int i = 0; i < Matrices; i++) {
        m[i] = wordAt(static_cast<uint32_t>(warp.values[i * 8 + lane / 4][0]) + static_cast<uint32_t>(lane % 4 * 4));
    }
    emulator::meetWarp("ldmatrix");
}

inline void multiplyAdd(float* d, const uint32_t* a, uint32_t b0, uint32_t b1) {
    const int lane = emulator::current->index % 32;
    for (int i = 0; i < 4; i++) {
        emulator::show()[i] = a[i];
    }
    emulator::show()[4] = b0;
    emulator::show()[5] = b1;
    const auto& warp = emulator::meetWarp("mma");
    for (int i = 0; i < 4; i++) {
        double sum = d[i];
        for (int k = 0; k < 16; k++) {
            const uint64_t av = warp.values[lane / 4 * 4 + k % 8 / 2][i / 2 + k / 8 * 2];
            const uint64_t bv = warp.values[(lane % 4 * 2 + i % 2) * 4 + k % 8 / 2][4 + k / 8];
            sum += static_cast<double>(fromBf16(av >> (k % 2 * 16) & 0xFFFFu)) * fromBf16(bv >> (k % 2 * 16) & 0xFFFFu);
        }
        d[i] = static_cast<float>(sum);
    }
    emulator::meetWarp("mma");
}
#endif

}  // namespace convoke
