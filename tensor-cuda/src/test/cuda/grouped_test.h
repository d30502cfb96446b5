// Tests of grouped products against plain references, on whatever runs kernels: the includer provides a Runner with
//   unsigned char* allocate(size_t bytes, int fill)   1024-byte aligned memory of the kernels, freed with the runner
//   void upload(void* to, const void* from, size_t bytes), void download(void* to, const void* from, size_t bytes)
//   void pack(PackArguments)
//   void grouped(const GroupedCall&)
#pragma once

#include "reference.h"

#include <algorithm>

namespace grouped_test {

using namespace convoke;
using reference::check;
using reference::Matrix;

struct GroupedCall {
    int format;
    Arguments arguments;
};

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

inline size_t packedBytes(int format, int rows, int inputs) {
    return static_cast<size_t>(up(rows, kTileOutputs) / kTileOutputs) * static_cast<size_t>(blocksOf(inputs)) * static_cast<size_t>(blockBytes(format));
}

// Weights, rows and everything else that a launch needs.
template <typename Runner>
class Problem {
public:
    Problem(Runner& runner, const Case& shape, unsigned seed) : run(runner), c(shape), random(seed), groups(static_cast<int>(c.rows.size())) {
        for (const int n : c.rows) {
            offsets.push_back(offsets.back() + n);
        }
        capacity = offsets.back() + 3;
        sourceRows = c.sources ? capacity / 2 + 1 : capacity;
        xStride = up(c.inputs, 32) + 8;
        yStride = up(c.outputs, 8);
        x = random.bf16Rows(sourceRows, xStride, c.inputs);
        for (int r = 0; r < capacity; r++) {
            sources.push_back(c.sources ? static_cast<int>(random.below(static_cast<unsigned>(sourceRows))) : r);
            scales.push_back(c.scales ? 0.25f + static_cast<float>(random.below(100)) / 100 : 1.0f);
        }
        for (int g = 0; g < groups; g++) {
            packGroup();
        }
    }

    bool expert() const {
        return c.mode == kExpert;
    }

    int elementBytes() const {
        return c.mode == kRowsF32 ? 4 : 2;
    }

    // One launch for the groups' rows [from[g], from[g] + count[g]) of the problem; y has poison where nothing is written.
    std::vector<unsigned char> launch(const std::vector<int>& from, const std::vector<int>& count) {
        std::vector<int> bounds{0};
        std::vector<int> chosenSources;
        std::vector<float> chosenScales;
        for (size_t g = 0; g < from.size(); g++) {
            for (int r = 0; r < count[g]; r++) {
                const auto row = static_cast<size_t>(offsets[g] + from[g] + r);
                chosenSources.push_back(sources[row]);
                chosenScales.push_back(scales[row]);
            }
            bounds.push_back(static_cast<int>(chosenSources.size()));
        }
        const int rows = bounds.back() + 3;
        const Workspace w = workspaceOf(groups, rows, c.inputs, c.middle, c.mode);
        unsigned char* const workspace = run.allocate(static_cast<size_t>(w.bytes), 0xFF);
        const std::vector<unsigned char> zeros(static_cast<size_t>(w.counterBytes), 0);
        run.upload(workspace, zeros.data(), zeros.size());
        std::vector<unsigned char> y(static_cast<size_t>(rows) * static_cast<size_t>(yStride * elementBytes()), 0xFF);
        unsigned char* const kernelY = run.allocate(y.size(), 0xFF);
        const Arguments arguments{copied(x), c.sources ? copied(chosenSources) : nullptr, c.scales ? copied(chosenScales) : nullptr, copied(bounds),
                                  copied(first), expert() ? copied(second) : nullptr, kernelY, workspace, groups, rows, xStride, yStride,
                                  c.inputs, c.middle, c.outputs, c.mode};
        run.grouped(GroupedCall{c.format, arguments});
        run.download(y.data(), kernelY, y.size());
        std::vector<unsigned char> counters(zeros.size());
        run.download(counters.data(), workspace, counters.size());
        check(counters == zeros, "counters are zero after a launch");
        for (size_t i = static_cast<size_t>(bounds.back()) * static_cast<size_t>(yStride * elementBytes()); i < y.size(); i++) {
            check(y[i] == 0xFF, "rows past the last one are untouched");
        }
        return y;
    }

    // Some rows meet infinities and NaN.
    void spoil(int everyRow) {
        static const uint16_t kSpecial[] = {0x7F80, 0xFF80, 0x7FC0};
        for (int r = 0; r < sourceRows; r += everyRow) {
            x[static_cast<size_t>(r) * static_cast<size_t>(xStride) + random.below(static_cast<unsigned>(c.inputs))] = kSpecial[random.below(3)];
        }
    }

    std::vector<unsigned char> launchAll() {
        return launch(std::vector<int>(static_cast<size_t>(groups), 0), c.rows);
    }

    float valueAt(const std::vector<unsigned char>& y, int row, int output) const {
        const size_t index = static_cast<size_t>(row) * static_cast<size_t>(yStride) + static_cast<size_t>(output);
        return c.mode == kRowsF32 ? reinterpret_cast<const float*>(y.data())[index]
                                  : reference::bf16(reinterpret_cast<const uint16_t*>(y.data())[index]);
    }

    // Every step'th row against the reference: of what is finite there, and what is not must not be finite either.
    double error(const std::vector<unsigned char>& y, int step) const {
        reference::Error sum;
        for (int g = 0; g < groups; g++) {
            const auto at = static_cast<size_t>(g);
            for (int r = offsets[at]; r < offsets[at + 1]; r += step) {
                std::vector<float> row(static_cast<size_t>(c.inputs));
                for (int i = 0; i < c.inputs; i++) {
                    const float value = reference::bf16(x[static_cast<size_t>(sources[static_cast<size_t>(r)]) * static_cast<size_t>(xStride) + static_cast<size_t>(i)]);
                    row[static_cast<size_t>(i)] = c.scales ? reference::bf16(reference::nearest(value * scales[static_cast<size_t>(r)])) : value;
                }
                const std::vector<float> expected = expert() ? reference::expert(row, gates[at], ups[at], downs[at]) : reference::product(row, gates[at]);
                for (int o = 0; o < c.outputs; o++) {
                    const float value = expected[static_cast<size_t>(o)];
                    if (std::isfinite(value)) {
                        sum.add(valueAt(y, r, o), value);
                    } else {
                        check(!std::isfinite(valueAt(y, r, o)), "infinities and NaN stay");
                    }
                }
                for (int o = c.outputs; o < yStride; o++) {
                    check(valueAt(y, r, o) == 0, "columns past the last one are zero");
                }
            }
        }
        return offsets.back() == 0 ? 0 : sum.relative();
    }

    size_t rowBytes() const {
        return static_cast<size_t>(yStride * elementBytes());
    }

    Runner& run;
    Case c;
    reference::Source random;
    int groups;
    std::vector<int> offsets{0};
    int capacity = 0;
    int sourceRows = 0;
    int xStride = 0;
    int yStride = 0;

private:
    void packGroup() {
        gates.push_back(random.matrix(c.format, expert() ? c.middle : c.outputs, c.inputs));
        unsigned char* const one = run.allocate(packedBytes(c.format, packedRows(c.mode, c.middle, c.outputs), c.inputs), 0);
        pack(one, gates.back(), expert() ? kGate : kPlain);
        first.push_back(one);
        if (expert()) {
            ups.push_back(random.matrix(c.format, c.middle, c.inputs));
            downs.push_back(random.matrix(c.format, c.outputs, c.middle));
            unsigned char* const two = run.allocate(packedBytes(c.format, c.outputs, c.middle), 0);
            pack(one, ups.back(), kUp);
            pack(two, downs.back(), kPlain);
            second.push_back(two);
        }
    }

    void pack(unsigned char* to, const Matrix& m, int placement) {
        run.pack(PackArguments{to, copied(m.source), copied(m.scales), c.format, kSourceBf16, placement, 0, m.rows, m.inputs});
    }

    // A copy that kernels see, where T is bytes; typed for the others.
    template <typename T>
    auto copied(const std::vector<T>& values) {
        unsigned char* const to = run.allocate(std::max<size_t>(16, values.size() * sizeof(T)), 0);
        run.upload(to, values.data(), values.size() * sizeof(T));
        if constexpr (sizeof(T) == 2 || sizeof(T) == 1) {
            return static_cast<const unsigned char*>(to);
        } else {
            return reinterpret_cast<const T*>(to);
        }
    }

    std::vector<uint16_t> x;
    std::vector<int> sources;
    std::vector<float> scales;
    std::vector<Matrix> gates;
    std::vector<Matrix> ups;
    std::vector<Matrix> downs;
    std::vector<const unsigned char*> first;
    std::vector<const unsigned char*> second;
};

template <typename Runner>
void testProduct(Runner& runner, const Case& c, unsigned seed, int step) {
    Problem<Runner> problem(runner, c, seed);
    const std::vector<unsigned char> y = problem.launchAll();
    const double error = problem.error(y, step);
    printf("format %d mode %d groups %d rows %d, %d x %d x %d: relative error %.2e\n", c.format, c.mode, problem.groups, problem.offsets.back(), c.inputs,
           c.middle, c.outputs, error);
    fflush(stdout);
    check(error < (c.mode == kRowsF32 ? 1e-5 : 5e-3), "grouped product agrees with the reference");
    check(problem.launchAll() == y, "two launches give the same bits");
}

// A row's bits do not depend on the number of rows beside it.
template <typename Runner>
void testInvariance(Runner& runner, const Case& c, unsigned seed, int trials) {
    Problem<Runner> problem(runner, c, seed);
    const std::vector<unsigned char> y = problem.launchAll();
    for (int trial = 0; trial < trials; trial++) {
        std::vector<int> from;
        std::vector<int> count;
        for (const int n : c.rows) {
            const int some = n == 0 ? 0 : 1 + static_cast<int>(problem.random.below(static_cast<unsigned>(trial % 2 == 0 ? std::min(n, 20) : n)));
            count.push_back(some);
            from.push_back(static_cast<int>(problem.random.below(static_cast<unsigned>(n - some + 1))));
        }
        const std::vector<unsigned char> part = problem.launch(from, count);
        int row = 0;
        for (size_t g = 0; g < count.size(); g++) {
            const size_t bytes = problem.rowBytes() * static_cast<size_t>(count[g]);
            check(memcmp(part.data() + static_cast<size_t>(row) * problem.rowBytes(), y.data() + static_cast<size_t>(problem.offsets[g] + from[g]) * problem.rowBytes(), bytes) == 0,
                  "a row has the same bits in every batch");
            row += count[g];
        }
    }
    printf("format %d: same bits in %d batches\n", c.format, trials);
    fflush(stdout);
}

template <typename Runner>
void testInfinities(Runner& runner, int mode, unsigned seed) {
    Problem<Runner> problem(runner, {kBf16, mode, {3, 40, 2}, 96, 40, 41, false, false}, seed);
    problem.spoil(3);
    check(problem.error(problem.launchAll(), 1) < 5e-3, "rows beside infinities agree with the reference");
}

template <typename Runner>
void testSmall(Runner& runner, int format, unsigned seed) {
    reference::Source random(seed);
    testProduct(runner, {format, kRowsF32, {1, 0, 9, 3}, 96, 32, 136, true, false}, seed + 1, 1);
    testProduct(runner, {format, kRowsBf16, {0, 20, 0}, 352, 32, 280, false, true}, seed + 2, 1);
    testProduct(runner, {format, kExpert, {2, 0, 40, 7, 100}, 320, 96, 320, true, false}, seed + 3, 1);
    testProduct(runner, {format, kExpert, {300}, 320, 160, 72, false, true}, seed + 4, 1);
    testProduct(runner, {format, kExpert, {0, 0}, 64, 64, 64, false, false}, seed + 5, 1);
    testProduct(runner, {format, kExpert, {static_cast<int>(random.below(30)), static_cast<int>(random.below(400)), static_cast<int>(random.below(80))},
                         32 * static_cast<int>(1 + random.below(20)), 32 * static_cast<int>(1 + random.below(10)), 8 * static_cast<int>(1 + random.below(40)), true, false},
                seed + 6, 1);
    testInvariance(runner, {format, kExpert, {3, 200, 0, 20}, 192, 96, 64, true, true}, seed + 7, 2);
    for (int mode = kRowsBf16; mode <= kExpert && format == kBf16; mode++) {
        testInfinities(runner, mode, seed + 8);
    }
}

}  // namespace grouped_test
