// Runs the grouped products on the CPU (emulator.h). Built for the Hopper path and for the portable path.
// Usage: emulated_test [seed]; the seed is printed.

#include "kernels.cu"

#include "grouped_test.h"

#include <list>

namespace {

class Emulated {
public:
    unsigned char* allocate(size_t bytes, int fill) {
        memories.emplace_back(bytes + 1024, static_cast<unsigned char>(fill));
        unsigned char* const memory = memories.back().data();
        return memory + 1024 - reinterpret_cast<uintptr_t>(memory) % 1024;
    }

    void upload(void* to, const void* from, size_t bytes) {
        memcpy(to, from, bytes);
    }

    void download(void* to, const void* from, size_t bytes) {
        memcpy(to, from, bytes);
    }

    void pack(const convoke::PackArguments& p) {
        emulator::launch(2, 256, 0, turn, [&] {
            convoke_pack(p.packed, p.source, p.scales, p.format, p.sourceType, p.placement, p.firstRow, p.rows, p.inputs);
        });
    }

    void grouped(const grouped_test::GroupedCall& call) {
        const convoke::Arguments& a = call.arguments;
        const auto kernel = call.format == convoke::kBf16 ? convoke_grouped_bf16
            : call.format == convoke::kFp8 ? convoke_grouped_fp8 : call.format == convoke::kMxfp4 ? convoke_grouped_mxfp4 : convoke_grouped_int4;
        turn++;
        emulator::launch(static_cast<int>(1 + turn % 2) * convoke::kClusterBlocks, convoke::kThreads, convoke::kSharedBytes, turn, [&] {
            kernel(a.x, a.sources, a.inputScales, a.offsets, reinterpret_cast<const void* const*>(a.first),
                   reinterpret_cast<const void* const*>(a.second), a.y, a.workspace, a.groups, a.rows, a.xStride, a.yStride, a.inputs, a.middle,
                   a.outputs, a.mode);
        });
    }

private:
    std::list<std::vector<unsigned char>> memories;
    unsigned turn = 1;
};

}  // namespace

int main(int argc, char** argv) {
    const unsigned seed = reference::seedFrom(argc, argv, 1);
    for (int format = convoke::kBf16; format <= convoke::kInt4; format++) {
        Emulated runner;
        grouped_test::testSmall(runner, format, seed);
    }
    printf("ok\n");
    return 0;
}
