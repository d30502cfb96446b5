// Runs the row kernels and attention on the CPU (emulator.h) against plain references, and the scalar conversions over all codes.
// Usage: emulated_rows_test [seed]; the seed is printed.

#include "kernels.cu"

#include "reference.h"

using namespace convoke;
using reference::bf16;
using reference::check;

namespace {

std::vector<float> floats(reference::Source& random, size_t count) {
    std::vector<float> v(count);
    for (float& value : v) {
        value = random.normal(1);
    }
    return v;
}

void testConversions(reference::Source& random) {
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        const float value = fromF16(static_cast<uint16_t>(bits));
        check((bits & 0x7C00) == 0x7C00 || value == static_cast<float>(reference::half(static_cast<uint16_t>(bits))), "f16");
        check(std::isnan(bf16(static_cast<uint16_t>(bits))) || toBf16(bf16(static_cast<uint16_t>(bits)))
            == ((bits & 0x7F80) == 0 ? bits & 0x8000 : bits), "bf16 keeps itself");
    }
    for (int i = 0; i < 100000; i++) {
        const float value = reference::fromBits(random.below(0x80000000u) | random.below(2) << 31);
        if (std::fabs(value) > 1e-37f && std::fabs(value) < 3e38f) {
            check(toBf16(value) == reference::nearest(value), "nearest even");
        }
    }
    uint32_t a[4];
    for (unsigned code = 0; code < 256; code++) {
        const float scale = 0.001f + 0.00001f * static_cast<float>(random.below(1000));
        fp8Step(code * 0x01010101u, code * 0x01010101u, scale * kFp8ScaleFactor, scale * kFp8ScaleFactor, a);
        const uint16_t expected = reference::away(static_cast<float>(reference::e4m3(code)) * scale);
        check((code & 0x7F) == 0x7F || (a[0] == (expected | static_cast<uint32_t>(expected) << 16) && a[3] == a[0]), "e4m3");
    }
    for (unsigned code = 0; code < 16; code++) {
        for (int reg = 0; reg < 4; reg++) {
            for (int element = 0; element < 2; element++) {
                const uint16_t f16 = static_cast<uint16_t>(random.below(0x7000));
                int4Step(code << int4Shift(reg, element), int4Scale(f16), int4Scale(f16), a);
                const double other = -8 * reference::half(f16);
                const uint16_t expected[2] = {reference::away((element == 0 ? static_cast<int>(code) - 8 : -8) * reference::half(f16)),
                                              reference::away((element == 1 ? static_cast<int>(code) - 8 : -8) * reference::half(f16))};
                check(a[reg] == (expected[0] | static_cast<uint32_t>(expected[1]) << 16), "int4");
                check((a[(reg + 1) % 4] & 0xFFFF) == reference::away(other), "int4 of the others");
                const unsigned e8m0 = 1 + random.below(250);
                mxfp4Step(mxfp4Bits(reg, code) << (16 * element), mxfp4Scale(e8m0), mxfp4Scale(e8m0), a);
                const float value = bf16(static_cast<uint16_t>(a[reg] >> (16 * element)));
                check(value == static_cast<float>(std::ldexp(reference::e2m1(code), static_cast<int>(e8m0) - 127)), "e2m1");
                check((a[(reg + 1) % 4] & 0x7FFF7FFF) == 0, "e2m1 of the others");
            }
        }
    }
}

void testRows(reference::Source& random, unsigned seed) {
    constexpr int kRows = 3;
    constexpr int kColumns = 608;
    constexpr int kStride = 640;
    const std::vector<float> x = floats(random, kRows * kStride);
    const std::vector<float> weight = floats(random, kStride);
    std::vector<uint16_t> y(kRows * kStride, 0xFFFF);
    std::vector<float> wide(kRows * kStride, NAN);
    emulator::launchEach(kRows, 1, 256, seed, [&] {
        convoke_rms_norm(x.data(), kStride, weight.data(), 1e-5f, wide.data(), kStride, 0, kColumns);
    });
    emulator::launchEach(kRows, 1, 256, seed, [&] {
        convoke_gated_silu(x.data(), kStride, y.data(), kStride, 1, kColumns / 2);
    });
    for (int r = 0; r < kRows; r++) {
        const float* const row = x.data() + r * kStride;
        const double scale = 1 / std::sqrt(reference::dot(row, row, kColumns) / kColumns + 1e-5);
        for (int i = 0; i < kColumns; i++) {
            check(std::fabs(wide[static_cast<size_t>(r * kStride + i)] - row[i] * scale * weight[static_cast<size_t>(i)]) < 1e-5, "rms norm");
        }
        for (int i = 0; i < kColumns / 2; i++) {
            const double expected = row[i] / (1 + std::exp(-row[i])) * row[kColumns / 2 + i];
            check(std::fabs(bf16(y[static_cast<size_t>(r * kStride + i)]) - expected) <= 4e-3 * std::fabs(expected) + 1e-30, "gated silu");
        }
        check(std::isnan(wide[static_cast<size_t>(r * kStride + kColumns)]) && y[static_cast<size_t>(r * kStride + kColumns / 2)] == 0xFFFF, "columns past the last");
    }
    std::vector<float> residual = x;
    emulator::launchEach(kRows, 1, 256, seed, [&] { convoke_add(wide.data(), kStride, residual.data(), kStride, kColumns); });
    emulator::launchEach(kRows, 1, 256, seed, [&] { convoke_round(residual.data(), kStride, 5, y.data(), kStride, 1, 100); });
    check(residual[7] == x[7] + wide[7] && y[kStride + 1] == toBf16(residual[kStride + 6]), "add and round");
    const std::vector<float> slotWeights = floats(random, kRows * 2);
    const std::vector<uint16_t> slots = random.bf16Rows(kRows * 2, kStride, kColumns);
    const std::vector<float> before = residual;
    emulator::launchEach(kRows, 1, 256, seed, [&] {
        convoke_combine(slots.data(), kStride, slotWeights.data(), 2, residual.data(), kStride, kColumns);
    });
    for (int i = 0; i < kColumns; i++) {
        const auto at = static_cast<size_t>(2 * kStride + i);
        const float sum = fmaf(slotWeights[5], bf16(slots[static_cast<size_t>(5 * kStride + i)]), slotWeights[4] * bf16(slots[static_cast<size_t>(4 * kStride + i)]));
        check(residual[at] == before[at] + sum, "combine");
    }
}

void testRotateAndGate(reference::Source& random, unsigned seed) {
    constexpr int kHalf = 40;
    const std::vector<float> x = floats(random, 2 * 512);
    const std::vector<float> cosines = floats(random, 10 * kHalf);
    const std::vector<float> sines = floats(random, 10 * kHalf);
    const int positions[2] = {3, 9};
    std::vector<float> y(2 * 512, NAN);
    emulator::launchEach(2, 1, 256, seed, [&] {
        convoke_rotate(x.data(), 512, 17, cosines.data(), sines.data(), kHalf, positions, y.data(), 512, 0, 4 * 2 * kHalf);
    });
    for (int r = 0; r < 2; r++) {
        for (int head = 0; head < 4; head++) {
            for (int i = 0; i < kHalf; i++) {
                const int column = head * 2 * kHalf + i;
                const float* const row = x.data() + r * 512 + 17;
                const float cosine = cosines[static_cast<size_t>(positions[r] * kHalf + i)];
                const float sine = sines[static_cast<size_t>(positions[r] * kHalf + i)];
                check(std::fabs(y[static_cast<size_t>(r * 512 + column)] - (row[column] * cosine - row[column + kHalf] * sine)) < 1e-5, "rotate low");
                check(std::fabs(y[static_cast<size_t>(r * 512 + column + kHalf)] - (row[column + kHalf] * cosine + row[column] * sine)) < 1e-5, "rotate high");
            }
        }
    }
    std::vector<float> logits = floats(random, 100);
    logits[60] = logits[3] = 9;
    std::vector<int> chosen(4, -1);
    std::vector<float> weights(4, NAN);
    for (int renormalise = 0; renormalise < 2; renormalise++) {
        emulator::launchEach(1, 1, 32, seed, [&] {
            convoke_gate_top_k(logits.data(), 100, 100, 4, renormalise, chosen.data(), weights.data());
        });
        check(chosen[0] == 3 && chosen[1] == 60, "equal logits: lower expert first");
        std::vector<float> sorted = logits;
        std::sort(sorted.rbegin(), sorted.rend());
        double sum = 0;
        for (int i = 0; i < (renormalise != 0 ? 4 : 100); i++) {
            sum += std::exp(sorted[static_cast<size_t>(i)] - 9.0);
        }
        for (size_t i = 0; i < 4; i++) {
            check(logits[static_cast<size_t>(chosen[i])] == sorted[i], "top k");
            check(std::fabs(weights[i] - std::exp(sorted[i] - 9.0) / sum) < 1e-6, "softmax");
        }
    }
}

void testAttention(reference::Source& random, unsigned seed, int headDim, int heads, int kvHeads, int window) {
    constexpr int kPages = 24;
    constexpr int kTable = 20;
    const int length = 290;
    const size_t pageElements = static_cast<size_t>(2 * kvHeads * 2 * up(headDim, 32) * 16);
    std::vector<uint16_t> pages(kPages * pageElements, 0xFFFF);
    std::vector<int> table(2 * kTable, -1);
    for (int p = 0; p < kTable; p++) {
        table[static_cast<size_t>(kTable + p)] = (p * 7 + 3) % kPages;
    }
    const std::vector<uint16_t> keys = random.bf16Rows(length, kvHeads * headDim, kvHeads * headDim);
    const std::vector<uint16_t> values = random.bf16Rows(length, kvHeads * headDim, kvHeads * headDim);
    std::vector<int> pageNumbers, positions;
    for (int i = 0; i < length; i++) {
        positions.push_back(i);
        pageNumbers.push_back(table[static_cast<size_t>(kTable + i / 16)]);
    }
    emulator::launchEach(length, 1, 256, seed, [&] {
        convoke_kv_store(keys.data(), kvHeads * headDim, values.data(), kvHeads * headDim, pages.data(), pageNumbers.data(), positions.data(), 1, 2, kvHeads, headDim);
    });
    const int rowPositions[3] = {0, 37, length - 1};
    const int sequences[3] = {1, 1, 1};
    const std::vector<uint16_t> queries = random.bf16Rows(3, heads * headDim, heads * headDim);
    std::vector<uint16_t> out(queries.size(), 0xFFFF);
    const float scale = 1 / std::sqrt(static_cast<float>(headDim));
    emulator::launchEach(3, heads, 256, seed, [&] {
        convoke_attend(queries.data(), heads * headDim, out.data(), heads * headDim, pages.data(), table.data(), kTable, sequences, rowPositions, window, scale, 1, 2, heads, kvHeads, headDim);
    });
    reference::Error error;
    for (int r = 0; r < 3; r++) {
        for (int head = 0; head < heads; head++) {
            const int kvHead = head / (heads / kvHeads);
            std::vector<double> sums(static_cast<size_t>(headDim), 0);
            double total = 0;
            for (int p = window == 0 ? 0 : std::max(0, rowPositions[r] - window + 1); p <= rowPositions[r]; p++) {
                double score = 0;
                for (int d = 0; d < headDim; d++) {
                    score += static_cast<double>(bf16(queries[static_cast<size_t>((r * heads + head) * headDim + d)])) * bf16(keys[static_cast<size_t>((p * kvHeads + kvHead) * headDim + d)]);
                }
                const double weight = std::exp(score * scale);
                total += weight;
                for (int d = 0; d < headDim; d++) {
                    sums[static_cast<size_t>(d)] += weight * bf16(values[static_cast<size_t>((p * kvHeads + kvHead) * headDim + d)]);
                }
            }
            for (int d = 0; d < headDim; d++) {
                error.add(bf16(out[static_cast<size_t>((r * heads + head) * headDim + d)]), sums[static_cast<size_t>(d)] / total);
            }
        }
    }
    printf("attention of %d heads of %d, window %d: relative error %.2e\n", heads, headDim, window, error.relative());
    check(error.relative() < 5e-3, "attention agrees with the reference");
}

}  // namespace

int main(int argc, char** argv) {
    const unsigned seed = reference::seedFrom(argc, argv, 1);
    reference::Source random(seed);
    testConversions(random);
    testRows(random, seed);
    testRotateAndGate(random, seed);
    testAttention(random, seed, 64, 4, 2, 0);
    testAttention(random, seed, 80, 2, 1, 50);
    testAttention(random, seed, 256, 1, 1, 100);
    printf("ok\n");
    return 0;
}
