// Packs one source matrix into zeroed packed memory. Loading only: simple, one thread a weight (or two).
#pragma once

#include "numbers.cuh"

namespace convoke {

struct PackArguments {
    unsigned char* packed;
    const unsigned char* source;
    const unsigned char* scales;
    int format;
    int sourceType;
    int placement;
    int firstRow;
    int rows;
    int inputs;
};

CONVOKE_BOTH uint16_t sourceBf16(const PackArguments& p, int64_t index) {
    if (p.sourceType == kSourceF32) {
        return toBf16(reinterpret_cast<const float*>(p.source)[index]);
    }
    const uint16_t bits = reinterpret_cast<const uint16_t*>(p.source)[index];
    return toBf16(p.sourceType == kSourceBf16 ? fromBf16(bits) : fromF16(bits));
}

// The code of a weight of a quantised source, and its 4-bit scale's bits.
CONVOKE_BOTH uint32_t sourceCode(const PackArguments& p, int row, int input) {
    const int64_t index = static_cast<int64_t>(row) * p.inputs + input;
    if (p.format == kFp8) {
        return p.source[index];
    }
    if (p.format == kMxfp4) {
        return p.source[index / 2] >> (index % 2 * 4) & 0xFu;
    }
    const unsigned char* const block = p.source + index / 32 * 18;
    return block[2 + input % 16] >> (input % 32 / 16 * 4) & 0xFu;
}

CONVOKE_BOTH uint16_t fourBitScale(const PackArguments& p, int row, int input) {
    const int64_t group = (static_cast<int64_t>(row) * p.inputs + input) / 32;
    if (p.format == kMxfp4) {
        return p.scales[group];
    }
    return static_cast<uint16_t>(p.source[group * 18] | p.source[group * 18 + 1] << 8);
}

CONVOKE_BOTH float fp8Scale(const PackArguments& p, int row, int input) {
    const int columns = (p.inputs + 127) / 128;
    return reinterpret_cast<const float*>(p.scales)[static_cast<int64_t>(row / 128) * columns + input / 128] * kFp8ScaleFactor;
}

// A 4-bit code at its place in a step's word.
CONVOKE_BOTH uint32_t fourBitPart(const PackArguments& p, const Fragment& f, uint32_t code) {
    return p.format == kMxfp4 ? mxfp4Bits(f.reg, code) << (16 * f.element) : code << int4Shift(f.reg, f.element);
}

// Eight neighbouring weights of a row: one thread's work, so that no two threads write one byte except in words of 4-bit codes, which
// are combined with or.
template <typename OrWord>
CONVOKE_BOTH void packEight(const PackArguments& p, int row, int input, OrWord orWord) {
    const int packed = packedRow(p.placement, p.firstRow, row);
    unsigned char* const block = p.packed + blockOffset(p.format, packed, input, p.inputs);
    const int tileRow = packed % kTileOutputs;
    for (int i = 0; i < 8 && input + i < p.inputs; i++) {
        const int blockInput = (input + i) % kBlockInputs;
        if (p.format == kBf16) {
            *reinterpret_cast<uint16_t*>(block + bf16BlockOffset(tileRow, blockInput))
                = sourceBf16(p, static_cast<int64_t>(row) * p.inputs + input + i);
            continue;
        }
        const Fragment f = fragmentOf(tileRow, blockInput);
        const uint32_t code = sourceCode(p, row, input + i);
        if (p.format == kFp8) {
            block[fp8Offset(f)] = static_cast<unsigned char>(code);
        } else {
            orWord(reinterpret_cast<uint32_t*>(block + fourBitOffset(f)), fourBitPart(p, f, code));
        }
    }
    const int blockInput = input % kBlockInputs;
    if (p.format == kFp8 && blockInput == 0 && tileRow % 8 == 0) {
        *reinterpret_cast<float*>(block + fp8ScaleOffset(tileRow)) = fp8Scale(p, row, input);
    } else if (p.format == kMxfp4 && blockInput % 32 == 0) {
        block[scaleOffset(kMxfp4) + fourBitScaleIndex(tileRow, blockInput)] = static_cast<unsigned char>(fourBitScale(p, row, input));
    } else if (p.format == kInt4 && blockInput % 32 == 0) {
        *reinterpret_cast<uint32_t*>(block + scaleOffset(kInt4) + fourBitScaleIndex(tileRow, blockInput) * 4) = int4Scale(fourBitScale(p, row, input));
    }
}

CONVOKE_BOTH int64_t packTasks(const PackArguments& p) {
    return static_cast<int64_t>(p.rows) * ((p.inputs + 7) / 8);
}

}  // namespace convoke
