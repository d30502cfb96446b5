// Runs the kernels themselves on the CPU (emulator.h) against plain references. Built twice: for the Hopper and the portable path.
// Usage: emulated_test [seed]; the seed is printed.

#include "kernels.cu"

#include "reference.h"

using namespace convoke;
using reference::check;
using reference::Matrix;

namespace {

struct Case {
    int format;
    int mode;
    std::vector<int> rows;
    int inputs;
    int middle;
    int outputs;
    bool sources;
    bool scales;
};

template <typename T>
T* aligned(std::vector<unsigned char>& memory, size_t bytes, int fill) {
    memory.assign(bytes + 1024, static_cast<unsigned char>(fill));
    const size_t offset = 1024 - reinterpret_cast<uintptr_t>(memory.data()) % 1024;
    return reinterpret_cast<T*>(memory.data() + offset);
}

void runPack(unsigned char* packed, const Matrix& m, int format, int placement, int firstRow, unsigned seed) {
    emulator::launch(2, 256, 0, seed, [&] {
        convoke_pack(packed, m.source.data(), m.scales.data(), format, kSourceBf16, placement, firstRow, m.rows, m.inputs);
    });
}

size_t packedBytes(int format, int rows, int inputs) {
    return static_cast<size_t>(up(rows, kTileOutputs) / kTileOutputs) * static_cast<size_t>(blocksOf(inputs) * blockBytes(format));
}

void runGrouped(const Case& c, const void* x, const int* sources, const float* scales, const int* offsets, const void* const* first,
                const void* const* second, void* y, void* workspace, int groups, int rows, int xStride, int yStride) {
    const auto kernel = c.format == kBf16 ? convoke_grouped_bf16
        : c.format == kFp8 ? convoke_grouped_fp8 : c.format == kMxfp4 ? convoke_grouped_mxfp4 : convoke_grouped_int4;
    kernel(x, sources, scales, offsets, first, second, y, workspace, groups, rows, xStride, yStride, c.inputs, c.middle, c.outputs, c.mode);
}

void testGrouped(const Case& c, unsigned seed) {
    reference::Source random(seed);
    const int groups = static_cast<int>(c.rows.size());
    std::vector<int> offsets{0};
    for (const int n : c.rows) {
        offsets.push_back(offsets.back() + n);
    }
    const int rows = offsets.back() + 3;
    const int sourceRows = c.sources ? rows / 2 + 1 : rows;
    const int xStride = up(c.inputs, 32) + 8;
    const int yStride = up(c.outputs, 8);
    const std::vector<uint16_t> x = random.bf16Rows(sourceRows, xStride, c.inputs);
    std::vector<unsigned char> xMemory;
    uint16_t* const alignedX = aligned<uint16_t>(xMemory, x.size() * 2, 0);
    memcpy(alignedX, x.data(), x.size() * 2);
    std::vector<int> sources;
    std::vector<float> scales;
    for (int r = 0; r < rows; r++) {
        sources.push_back(static_cast<int>(random.below(static_cast<unsigned>(sourceRows))));
        scales.push_back(0.25f + random.below(100) / 100.0f);
    }
    const bool expert = c.mode == kExpert;
    std::vector<Matrix> gates, ups, downs;
    std::vector<std::vector<unsigned char>> memory(static_cast<size_t>(2 * groups));
    std::vector<const void*> first, second;
    for (int g = 0; g < groups; g++) {
        gates.push_back(random.matrix(c.format, expert ? c.middle : c.outputs, c.inputs));
        ups.push_back(random.matrix(c.format, c.middle, c.inputs));
        downs.push_back(random.matrix(c.format, c.outputs, c.middle));
        unsigned char* const one = aligned<unsigned char>(memory[static_cast<size_t>(2 * g)], packedBytes(c.format, packedRows(c.mode, c.middle, c.outputs), c.inputs), 0);
        unsigned char* const two = aligned<unsigned char>(memory[static_cast<size_t>(2 * g + 1)], packedBytes(c.format, c.outputs, c.middle), 0);
        runPack(one, gates.back(), c.format, expert ? kGate : kPlain, 0, seed);
        if (expert) {
            runPack(one, ups.back(), c.format, kUp, 0, seed);
            runPack(two, downs.back(), c.format, kPlain, 0, seed);
        }
        first.push_back(one);
        second.push_back(two);
    }
    const Workspace w = workspaceOf(groups, rows, c.inputs, c.middle, c.mode);
    std::vector<unsigned char> workspaceMemory, yMemory;
    unsigned char* const workspace = aligned<unsigned char>(workspaceMemory, static_cast<size_t>(w.bytes), 0xFF);
    memset(workspace, 0, static_cast<size_t>(w.counterBytes));
    const int elementBytes = c.mode == kRowsF32 ? 4 : 2;
    const size_t yBytes = static_cast<size_t>(rows) * static_cast<size_t>(yStride * elementBytes);
    for (int turn = 0; turn < 2; turn++) {
        unsigned char* const y = aligned<unsigned char>(yMemory, yBytes, 0xFF);
        emulator::launch(turn == 0 ? 3 : 1, kThreads, kSharedBytes, seed + static_cast<unsigned>(turn), [&] {
            runGrouped(c, alignedX, c.sources ? sources.data() : nullptr, c.scales ? scales.data() : nullptr, offsets.data(),
                       first.data(), expert ? second.data() : nullptr, y, workspace, groups, rows, xStride, yStride);
        });
        for (int64_t i = 0; i < w.counterBytes; i++) {
            check(workspace[i] == 0, "counters are zero after a launch");
        }
        reference::Error error;
        for (int g = 0; g < groups; g++) {
            for (int r = offsets[static_cast<size_t>(g)]; r < offsets[static_cast<size_t>(g + 1)]; r++) {
                std::vector<float> row(static_cast<size_t>(c.inputs));
                const int source = c.sources ? sources[static_cast<size_t>(r)] : r;
                for (int i = 0; i < c.inputs; i++) {
                    const float value = reference::bf16(x[static_cast<size_t>(source * xStride + i)]);
                    row[static_cast<size_t>(i)] = c.scales ? reference::bf16(reference::nearest(value * scales[static_cast<size_t>(r)])) : value;
                }
                const auto at = static_cast<size_t>(g);
                const std::vector<float> expected = expert ? reference::expert(row, gates[at], ups[at], downs[at]) : reference::product(row, gates[at]);
                for (int o = 0; o < c.outputs; o++) {
                    const size_t index = static_cast<size_t>(r * yStride + o);
                    error.add(c.mode == kRowsF32 ? reinterpret_cast<float*>(y)[index] : reference::bf16(reinterpret_cast<uint16_t*>(y)[index]), expected[static_cast<size_t>(o)]);
                }
            }
        }
        const double relative = offsets.back() == 0 ? 0 : error.relative();
        printf("format %d mode %d groups %d rows %d: relative error %.2e\n", c.format, c.mode, groups, offsets.back(), relative);
        check(relative < (c.mode == kRowsF32 ? 1e-5 : 5e-3), "grouped product agrees with the reference");
        for (size_t i = static_cast<size_t>(offsets.back() * yStride * elementBytes); i < yBytes; i++) {
            check(y[i] == 0xFF, "rows past the last one are untouched");
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const unsigned seed = reference::seedFrom(argc, argv, 1);
    reference::Source random(seed);
    for (int format = kBf16; format <= kInt4; format++) {
        testGrouped({format, kRowsF32, {1, 0, 9, 3}, 96, 32, 136, true, false}, seed + 1);
        testGrouped({format, kRowsBf16, {0, 20, 0}, 352, 32, 128, false, true}, seed + 2);
        testGrouped({format, kExpert, {2, 0, 40, 7, 100}, 320, 96, 320, true, false}, seed + 3);
        testGrouped({format, kExpert, {300}, 64, 160, 72, false, true}, seed + 4);
        testGrouped({format, kExpert, {0, 0}, 64, 64, 64, false, false}, seed + 5);
        testGrouped({format, kExpert, {static_cast<int>(random.below(30)), static_cast<int>(random.below(600)), static_cast<int>(random.below(80))},
                     32 * static_cast<int>(1 + random.below(20)), 32 * static_cast<int>(1 + random.below(10)), 8 * static_cast<int>(1 + random.below(40)), true, false}, seed + 6);
    }
    printf("ok\n");
    return 0;
}
