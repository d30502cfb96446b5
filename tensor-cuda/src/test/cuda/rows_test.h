// Tests of the row kernels and attention against plain references, and of the scalar conversions over all codes. The includer provides
// Buffer<T>, a vector that kernels may access, and LAUNCH(blocks, rowsOfBlocks, threads, kernel, arguments...).
#pragma once

#include "reference.h"

#include <algorithm>

namespace rows_test {

using namespace convoke;
using reference::bf16;
using reference::check;

inline Buffer<float> floats(reference::Source& random, size_t count) {
    Buffer<float> v(count);
    for (float& value : v) {
        value = random.normal(1);
    }
    return v;
}

inline Buffer<uint16_t> bf16Rows(reference::Source& random, int rows, int columns) {
    const std::vector<uint16_t> plain = random.bf16Rows(rows, columns, columns);
    return Buffer<uint16_t>(plain.begin(), plain.end());
}

inline void testConversions(reference::Source& random) {
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
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        for (unsigned code = 0; code < 16 && (bits & 0x7C00) != 0x7C00; code++) {
            int4Step(code * 0x11111111u, int4Scale(static_cast<uint16_t>(bits)), 0, a);
            const uint16_t expected = reference::away((static_cast<int>(code) - 8) * reference::half(static_cast<uint16_t>(bits)));
            check((a[0] & 0x7FFFu) == (expected & 0x7FFFu) && (a[0] & 0xFFFFu) == a[0] >> 16, "int4 of every scale");
            check((a[0] & 0x8000u) == (expected & 0x8000u) || (expected & 0x7FFFu) == 0, "sign of int4");
        }
    }
    for (unsigned code = 0; code < 16; code++) {
        for (int reg = 0; reg < 4; reg++) {
            for (int element = 0; element < 2; element++) {
                const uint32_t one = int4Scale(0x3C00);
                int4Step(code << int4Shift(reg, element), one, one, a);
                check(bf16(static_cast<uint16_t>(a[reg] >> (16 * element))) == static_cast<float>(code) - 8, "int4");
                check(bf16(static_cast<uint16_t>(a[(reg + 1) % 4])) == -8, "int4 of the others");
                const unsigned e8m0 = 1 + random.below(250);
                mxfp4Step(mxfp4Bits(reg, code) << (16 * element), mxfp4Scale(e8m0), mxfp4Scale(e8m0), a);
                const float value = bf16(static_cast<uint16_t>(a[reg] >> (16 * element)));
                check(value == static_cast<float>(std::ldexp(reference::e2m1(code), static_cast<int>(e8m0) - 127)), "e2m1");
                check((a[(reg + 1) % 4] & 0x7FFF7FFF) == 0, "e2m1 of the others");
            }
        }
    }
}

inline void testRows(reference::Source& random) {
    constexpr int kRows = 3;
    constexpr int kColumns = 608;
    constexpr int kStride = 640;
    Buffer<float> x = floats(random, kRows * kStride);
    Buffer<float> weight = floats(random, kStride);
    Buffer<uint16_t> y(kRows * kStride, 0xFFFF);
    Buffer<float> wide(kRows * kStride, NAN);
    LAUNCH(kRows, 1, 256, convoke_rms_norm, x.data(), kStride, weight.data(), 1e-5f, wide.data(), kStride, 0, kColumns);
    LAUNCH(kRows, 1, 256, convoke_gated_silu, x.data(), kStride, y.data(), kStride, 1, kColumns / 2);
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
    Buffer<float> residual = x;
    LAUNCH(kRows, 1, 256, convoke_add, wide.data(), kStride, residual.data(), kStride, kColumns);
    LAUNCH(kRows, 1, 256, convoke_round, residual.data(), kStride, 5, y.data(), kStride, 1, 100);
    check(residual[7] == x[7] + wide[7] && y[kStride + 1] == toBf16(residual[kStride + 6]), "add and round");
    Buffer<float> slotWeights = floats(random, kRows * 2);
    Buffer<uint16_t> slots = bf16Rows(random, kRows * 2, kStride);
    const Buffer<float> before = residual;
    LAUNCH(kRows, 1, 256, convoke_combine, slots.data(), kStride, slotWeights.data(), 2, residual.data(), kStride, kColumns);
    for (int i = 0; i < kColumns; i++) {
        const auto at = static_cast<size_t>(2 * kStride + i);
        const float sum = fmaf(slotWeights[5], bf16(slots[static_cast<size_t>(5 * kStride + i)]), slotWeights[4] * bf16(slots[static_cast<size_t>(4 * kStride + i)]));
        check(residual[at] == before[at] + sum, "combine");
    }
}

inline void testRotateAndGate(reference::Source& random) {
    constexpr int kHalf = 40;
    Buffer<float> x = floats(random, 2 * 512);
    Buffer<float> cosines = floats(random, 10 * kHalf);
    Buffer<float> sines = floats(random, 10 * kHalf);
    Buffer<int> positions = {3, 9};
    Buffer<float> y(2 * 512, NAN);
    LAUNCH(2, 1, 256, convoke_rotate, x.data(), 512, 17, cosines.data(), sines.data(), kHalf, positions.data(), y.data(), 512, 0, 4 * 2 * kHalf);
    for (int r = 0; r < 2; r++) {
        for (int head = 0; head < 4; head++) {
            for (int i = 0; i < kHalf; i++) {
                const int column = head * 2 * kHalf + i;
                const float* const row = x.data() + r * 512 + 17;
                const float cosine = cosines[static_cast<size_t>(positions[static_cast<size_t>(r)] * kHalf + i)];
                const float sine = sines[static_cast<size_t>(positions[static_cast<size_t>(r)] * kHalf + i)];
                check(std::fabs(y[static_cast<size_t>(r * 512 + column)] - (row[column] * cosine - row[column + kHalf] * sine)) < 1e-5, "rotate low");
                check(std::fabs(y[static_cast<size_t>(r * 512 + column + kHalf)] - (row[column + kHalf] * cosine + row[column] * sine)) < 1e-5, "rotate high");
            }
        }
    }
    Buffer<float> logits = floats(random, 100);
    logits[60] = logits[3] = 9;
    Buffer<int> chosen(4, -1);
    Buffer<float> weights(4, NAN);
    for (int renormalise = 0; renormalise < 2; renormalise++) {
        LAUNCH(1, 1, 32, convoke_gate_top_k, logits.data(), 100, 100, 4, renormalise, chosen.data(), weights.data());
        check(chosen[0] == 3 && chosen[1] == 60, "equal logits: lower expert first");
        Buffer<float> sorted = logits;
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

// Keys from 32 to 47 and from 288 on may have scores of -inf: whole pages that weigh nothing.
inline void testAttention(reference::Source& random, int headDim, int heads, int kvHeads, int window, bool infinities) {
    constexpr int kPages = 24;
    constexpr int kTable = 20;
    const int length = 290;
    const size_t pageElements = static_cast<size_t>(2 * kvHeads * 2 * up(headDim, 32) * 16);
    Buffer<uint16_t> pages(kPages * pageElements, 0xFFFF);
    Buffer<int> table(2 * kTable, -1);
    for (int p = 0; p < kTable; p++) {
        table[static_cast<size_t>(kTable + p)] = (p * 7 + 3) % kPages;
    }
    Buffer<uint16_t> keys = bf16Rows(random, length, kvHeads * headDim);
    Buffer<uint16_t> values = bf16Rows(random, length, kvHeads * headDim);
    Buffer<int> pageNumbers, positions;
    for (int i = 0; i < length; i++) {
        if (infinities && (i / 16 == 2 || i / 16 == 18)) {
            keys[static_cast<size_t>(i * kvHeads * headDim)] = 0xFF80;
        }
        positions.push_back(i);
        pageNumbers.push_back(table[static_cast<size_t>(kTable + i / 16)]);
    }
    LAUNCH(length, 1, 256, convoke_kv_store, keys.data(), kvHeads * headDim, values.data(), kvHeads * headDim, pages.data(), pageNumbers.data(), positions.data(), 1, 2, kvHeads, headDim);
    Buffer<int> rowPositions = {0, 37, length - 1};
    Buffer<int> sequences = {1, 1, 1};
    Buffer<uint16_t> queries = bf16Rows(random, 3, heads * headDim);
    for (int head = 0; head < 3 * heads && infinities; head++) {
        queries[static_cast<size_t>(head * headDim)] = 0x3F80;
    }
    Buffer<uint16_t> out(queries.size(), 0xFFFF);
    const float scale = 1 / std::sqrt(static_cast<float>(headDim));
    LAUNCH(3, heads, 256, convoke_attend, queries.data(), heads * headDim, out.data(), heads * headDim, pages.data(), table.data(), kTable, sequences.data(), rowPositions.data(), window, scale, 1, 2, heads, kvHeads, headDim);
    reference::Error error;
    for (int r = 0; r < 3; r++) {
        for (int head = 0; head < heads; head++) {
            const int kvHead = head / (heads / kvHeads);
            std::vector<double> sums(static_cast<size_t>(headDim), 0);
            double total = 0;
            for (int p = window == 0 ? 0 : std::max(0, rowPositions[static_cast<size_t>(r)] - window + 1); p <= rowPositions[static_cast<size_t>(r)]; p++) {
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

inline void testAll(reference::Source& random) {
    testConversions(random);
    testRows(random);
    testRotateAndGate(random);
    testAttention(random, 64, 4, 2, 0, false);
    testAttention(random, 80, 2, 1, 50, false);
    testAttention(random, 256, 1, 1, 100, false);
    testAttention(random, 128, 2, 1, 0, true);
}

}  // namespace rows_test
