// Runs kernels on the CPU: every thread of several blocks is a coroutine, scheduled in a random order from a seed. What the hardware does
// asynchronously (copies, tensor-core products) happens as late as the program allows, so that a missing wait or an early release gives
// wrong results. Slow, for small shapes; included instead of CUDA's headers.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>
#include <ucontext.h>

#define __host__
#define __device__
#define __global__
#define __shared__ static
#define __forceinline__ inline
#define __align__(n) alignas(n)
#define __launch_bounds__(...)
#define __cluster_dims__(...)

struct uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct float2 { float x, y; };
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
using std::max;
using std::min;

namespace emulator {

struct Dim3 {
    unsigned x = 1, y = 1, z = 1;
};

struct Barrier {
    int count = 0;
    int pending = 0;
    int bytes = 0;
    int parity = 0;
};

struct Block;

struct Copy {
    Block* block;
    unsigned char* to;
    const unsigned char* from;
    int bytes;
    uint32_t barrier;
};

// What a warp's lanes show each other in one collective operation.
struct Warp {
    uint64_t values[32][8];
    int arrived = 0;
    int turn = 0;
};

struct NamedBarrier {
    int arrived = 0;
    int turn = 0;
};

struct Block {
    int index;
    int threads;
    std::vector<unsigned char> memory;
    unsigned char* shared;
    std::map<uint32_t, Barrier> barriers;
    std::vector<Copy> copies;
    std::vector<Warp> warps;
    NamedBarrier named[16];
    // The block itself and its neighbour, if blocks come in clusters.
    Block* cluster[2];
    NamedBarrier* clusterBarrier;
    NamedBarrier ownClusterBarrier;
};

// Tensor-core products that were issued and not waited for, in groups.
using Group = std::vector<std::function<void()>>;

// A condition that a thread waits for the end of, and where it is.
struct Wait {
    bool (*holds)(const void* condition) = nullptr;
    const void* condition = nullptr;
};

struct Thread {
    // Where it starts, and where it goes on.
    ucontext_t context;
    jmp_buf paused;
    bool started = false;
    Wait wait;
    Block* block;
    int index;
    bool done = false;
    const char* place = "start";
    std::vector<Group> groups;
    Group open;
};

inline Dim3 threadIdx, blockIdx, blockDim, gridDim;
inline jmp_buf scheduler;
inline Thread* current;
inline std::mt19937 random;
inline std::function<void()> kernel;
inline uint64_t turns;

// Contexts change by jumps, which unlike swapcontext make no system call.
inline void pause(Thread& self) {
    if (_setjmp(self.paused) == 0) {
        _longjmp(scheduler, 1);
    }
}

// Goes on when the condition no longer holds; the scheduler asks in this thread's turns.
template <typename Condition>
void waitWhile(const char* place, const Condition& condition) {
    Thread& self = *current;
    self.place = place;
    self.wait = {[](const void* asked) { return (*static_cast<const Condition*>(asked))(); }, &condition};
    while (condition()) {
        pause(self);
    }
    self.wait = {};
}

inline void complete(Block& block, uint32_t address) {
    Barrier& barrier = block.barriers.at(address);
    if (barrier.pending == 0 && barrier.bytes == 0) {
        barrier.pending = barrier.count;
        barrier.parity ^= 1;
    }
}

inline void finishCopy(Block& block) {
    const size_t i = random() % block.copies.size();
    const Copy copy = block.copies[i];
    block.copies.erase(block.copies.begin() + static_cast<std::ptrdiff_t>(i));
    memcpy(copy.to, copy.from, static_cast<size_t>(copy.bytes));
    copy.block->barriers.at(copy.barrier).bytes -= copy.bytes;
    complete(*copy.block, copy.barrier);
}

inline void start() {
    kernel();
    current->done = true;
    _longjmp(scheduler, 1);
}

// Stacks are kept from launch to launch.
inline std::vector<std::unique_ptr<char[]>> stacks;

inline std::unique_ptr<Thread> prepare(Block& block, int index, size_t stack) {
    constexpr size_t kStack = 128 * 1024;
    if (stacks.size() <= stack) {
        stacks.push_back(std::make_unique<char[]>(kStack));
    }
    auto thread = std::make_unique<Thread>();
    thread->block = &block;
    thread->index = index;
    getcontext(&thread->context);
    thread->context.uc_stack.ss_sp = stacks[stack].get();
    thread->context.uc_stack.ss_size = kStack;
    makecontext(&thread->context, start, 0);
    return thread;
}

inline void resume(Thread& thread) {
    current = &thread;
    threadIdx.x = static_cast<unsigned>(thread.index);
    blockIdx.x = static_cast<unsigned>(thread.block->index);
    if (_setjmp(scheduler) != 0) {
        return;
    }
    if (thread.started) {
        _longjmp(thread.paused, 1);
    }
    thread.started = true;
    setcontext(&thread.context);
}

inline bool waits(const Thread& thread) {
    return thread.wait.holds != nullptr && thread.wait.holds(thread.wait.condition);
}

inline void fail(const std::vector<std::unique_ptr<Thread>>& threads) {
    std::map<std::string, int> places;
    for (const auto& thread : threads) {
        if (!thread->done) {
            places[thread->place]++;
        }
    }
    for (const auto& [place, count] : places) {
        fprintf(stderr, "stuck: %d threads in %s\n", count, place.c_str());
    }
    exit(1);
}

// Launches blocks of threads that all run at once; the first has the index firstBlock.
inline void launch(int blocks, int threads, int sharedBytes, unsigned seed, std::function<void()> body, int firstBlock = 0) {
    random.seed(seed);
    kernel = std::move(body);
    blockDim.x = static_cast<unsigned>(threads);
    gridDim.x = static_cast<unsigned>(blocks);
    std::vector<std::unique_ptr<Block>> all;
    std::vector<std::unique_ptr<Thread>> live;
    for (int b = 0; b < blocks; b++) {
        auto block = std::make_unique<Block>();
        block->index = firstBlock + b;
        block->threads = threads;
        block->memory.assign(static_cast<size_t>(sharedBytes) + 2048, 0xFF);
        block->shared = block->memory.data() + 1024 - reinterpret_cast<uintptr_t>(block->memory.data()) % 1024;
        block->warps.resize(static_cast<size_t>(threads) / 32);
        for (int t = 0; t < threads; t++) {
            live.push_back(prepare(*block, t, live.size()));
        }
        all.push_back(std::move(block));
    }
    for (size_t b = 0; b < all.size(); b++) {
        for (size_t i = 0; i < 2; i++) {
            all[b]->cluster[i] = b / 2 * 2 + i < all.size() ? all[b / 2 * 2 + i].get() : nullptr;
        }
        all[b]->clusterBarrier = &all[b / 2 * 2]->ownClusterBarrier;
    }
    int idle = 0;
    size_t left = live.size();
    while (left > 0) {
        // Whole rounds in a random order of blocks and warps; a copy now and then.
        std::vector<size_t> order(live.size() / 32);
        for (size_t i = 0; i < order.size(); i++) {
            order[i] = i;
        }
        std::shuffle(order.begin(), order.end(), random);
        bool progress = false;
        for (const size_t warp : order) {
            for (size_t lane = 0; lane < 32; lane++) {
                Thread& thread = *live[warp * 32 + lane];
                if (!thread.done && !waits(thread)) {
                    const uint64_t before = turns;
                    resume(thread);
                    progress |= turns != before || thread.done;
                    left -= thread.done ? 1 : 0;
                }
            }
            for (const auto& block : all) {
                if (!block->copies.empty() && random() % 8 == 0) {
                    finishCopy(*block);
                    progress = true;
                }
            }
        }
        idle = progress ? 0 : idle + 1;
        if (idle > 1000) {
            fail(live);
        }
    }
}

// Launches one block after another: for kernels with static shared memory, of which the emulator has one.
inline void launchEach(int blocks, int rowsOfBlocks, int threads, unsigned seed, const std::function<void()>& body) {
    for (int y = 0; y < rowsOfBlocks; y++) {
        for (int x = 0; x < blocks; x++) {
            blockIdx.y = static_cast<unsigned>(y);
            launch(1, threads, 0, seed, body, x);
        }
    }
    blockIdx.y = 0;
}

// All lanes of the warp show values and then see the others'.
inline Warp& meetWarp(const char* place) {
    Warp& warp = current->block->warps[static_cast<size_t>(current->index) / 32];
    const int turn = warp.turn;
    if (++warp.arrived == 32) {
        warp.arrived = 0;
        warp.turn++;
        turns++;
    }
    waitWhile(place, [&warp, turn] { return warp.turn == turn; });
    return warp;
}

inline uint64_t (&show())[8] {
    return current->block->warps[static_cast<size_t>(current->index) / 32].values[current->index % 32];
}

inline void meetAt(NamedBarrier& named, int threads, const char* place) {
    const int turn = named.turn;
    if (++named.arrived == threads) {
        named.arrived = 0;
        named.turn++;
        turns++;
    }
    waitWhile(place, [&named, turn] { return named.turn == turn; });
}

inline void meet(int barrier, int threads) {
    meetAt(current->block->named[barrier], threads, barrier == 0 ? "block barrier" : "unit barrier");
}

template <typename T>
T exchange(T value, int lane) {
    static_assert(sizeof(T) <= 8);
    memcpy(&show()[0], &value, sizeof value);
    const Warp& warp = meetWarp("shuffle");
    T other;
    memcpy(&other, &warp.values[lane & 31][0], sizeof other);
    meetWarp("shuffle");
    return other;
}

}  // namespace emulator

using emulator::blockDim;
using emulator::blockIdx;
using emulator::gridDim;
using emulator::threadIdx;

template <typename T>
T __shfl_sync(unsigned, T value, int lane) {
    return emulator::exchange(value, lane);
}

template <typename T>
T __shfl_xor_sync(unsigned, T value, int mask) {
    return emulator::exchange(value, (emulator::current->index % 32) ^ mask);
}

template <typename T>
T __shfl_up_sync(unsigned, T value, int by) {
    const int lane = emulator::current->index % 32;
    return emulator::exchange(value, lane < by ? lane : lane - by);
}

inline void __syncthreads() {
    emulator::meet(0, emulator::current->block->threads);
}

inline void __syncwarp() {
    emulator::meetWarp("warp barrier");
}

inline void __threadfence() {}

template <typename T>
T atomicAdd(T* counter, T value) {
    const T before = *counter;
    *counter = before + value;
    emulator::turns++;
    return before;
}

inline unsigned atomicAdd(unsigned* counter, int value) {
    return atomicAdd(counter, static_cast<unsigned>(value));
}

inline void atomicOr(uint32_t* word, uint32_t bits) {
    *word |= bits;
}
