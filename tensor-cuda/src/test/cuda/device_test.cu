// Tests the kernels of an image on a GPU against plain references. Usage: device_test IMAGE small|all|rows [seed [format]]; the seed is
// printed.

#include "device.cuh"
#include "grouped_test.h"

namespace pinned {

// Host memory that kernels may access.
template <typename T>
struct Allocator {
    using value_type = T;

    Allocator() = default;

    template <typename U>
    Allocator(const Allocator<U>&) {}

    T* allocate(size_t n) {
        void* memory;
        CHECK_CUDA(cudaMallocHost(&memory, n * sizeof(T) + 16));
        return static_cast<T*>(memory);
    }

    void deallocate(T* memory, size_t) {
        cudaFreeHost(memory);
    }

    friend bool operator==(const Allocator&, const Allocator&) {
        return true;
    }

    friend bool operator!=(const Allocator&, const Allocator&) {
        return false;
    }
};

}  // namespace pinned

namespace {

const device::Image* image;

template <typename T>
using Buffer = std::vector<T, pinned::Allocator<T>>;

template <typename... Values>
void launchRows(const char* name, int blocks, int rowsOfBlocks, int threads, Values... values) {
    image->launch(image->kernel(name), dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(rowsOfBlocks)), threads, 0, nullptr, values...);
    image->finish(name);
}

#define LAUNCH(blocks, rowsOfBlocks, threads, kernel, ...) launchRows(#kernel, blocks, rowsOfBlocks, threads, __VA_ARGS__)

class OnDevice {
public:
    ~OnDevice() {
        for (void* memory : memories) {
            cudaFree(memory);
        }
    }

    unsigned char* allocate(size_t bytes, int fill) {
        void* memory;
        CHECK_CUDA(cudaMalloc(&memory, bytes + 1024));
        CHECK_CUDA(cudaMemset(memory, fill, bytes));
        memories.push_back(memory);
        return static_cast<unsigned char*>(memory);
    }

    void upload(void* to, const void* from, size_t bytes) {
        CHECK_CUDA(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice));
    }

    void download(void* to, const void* from, size_t bytes) {
        CHECK_CUDA(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost));
    }

    void pack(const convoke::PackArguments& p) {
        image->launch(image->kernel("convoke_pack"), dim3(64), 256, 0, nullptr, p.packed, p.source, p.scales, p.format, p.sourceType, p.placement, p.firstRow, p.rows, p.inputs);
        image->finish("pack");
    }

    void grouped(const grouped_test::GroupedCall& call) {
        image->grouped(call.format, call.arguments, nullptr);
        image->finish("grouped product");
    }

private:
    std::vector<void*> memories;
};

void testLarge(int format, unsigned seed) {
    OnDevice runner;
    using grouped_test::Case;
    grouped_test::testProduct(runner, Case{format, convoke::kExpert, {513, 0, 64, 9, 1, 300, 129}, 1024, 512, 768, true, false}, seed + 10, 3);
    grouped_test::testProduct(runner, Case{format, convoke::kRowsBf16, {2600}, 512, 32, 640, false, false}, seed + 11, 7);
    grouped_test::testProduct(runner, Case{format, convoke::kExpert, std::vector<int>(200, 3), 256, 128, 256, true, true}, seed + 12, 1);
    grouped_test::testInvariance(runner, Case{format, convoke::kExpert, {700, 30, 1, 0, 260}, 2048, 768, 512, true, true}, seed + 13, 24);
}

}  // namespace

#include "rows_test.h"

int main(int argc, char** argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: device_test IMAGE small|all|rows [seed [format]]\n");
        return 2;
    }
    const unsigned seed = reference::seedFrom(argc, argv, 3);
    const device::Image loaded(argv[1]);
    image = &loaded;
    const std::string what = argv[2];
    const int only = argc > 4 ? atoi(argv[4]) : -1;
    if (what != "rows") {
        for (int format = convoke::kBf16; format <= convoke::kInt4; format++) {
            if (only >= 0 && only != format) {
                continue;
            }
            OnDevice runner;
            grouped_test::testSmall(runner, format, seed);
            if (what == "all") {
                testLarge(format, seed);
            }
        }
    }
    if (what != "small") {
        reference::Source random(seed);
        rows_test::testAll(random);
    }
    printf("ok\n");
    return 0;
}
