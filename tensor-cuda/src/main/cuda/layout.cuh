// Where everything lies: packed weights, rows in tile order, workspace. Plain index arithmetic, the same on host and device,
// so that a program without a GPU can test it. README.md states the same for the caller.
#pragma once

#include <cstdint>

#ifdef CONVOKE_EMULATED
#include "emulator.h"
#endif

#define CONVOKE_BOTH __host__ __device__ __forceinline__

namespace convoke {

constexpr int kAbiVersion = 1;

// Outputs of a weight tile, inputs of a weight block, bytes of one row of a block of bf16.
constexpr int kTileOutputs = 128;
constexpr int kBlockInputs = 64;
constexpr int kBlockRowBytes = 128;
// Rows of a group begin at a multiple of this many tiled rows: one period of the swizzle.
constexpr int kRowAlignment = 8;
constexpr int kMaxGroups = 1024;
constexpr int kMinRowTile = 64;
// Words before the per-tile counters in the workspace.
constexpr int kCounterHead = 32;

enum Format { kBf16 = 0, kFp8 = 1, kMxfp4 = 2, kInt4 = 3 };
enum SourceType { kSourceF32 = 0, kSourceBf16 = 1, kSourceF16 = 2 };
enum Placement { kPlain = 0, kGate = 1, kUp = 2 };
enum Mode { kRowsBf16 = 0, kRowsF32 = 1, kExpert = 2 };

CONVOKE_BOTH constexpr int up(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

CONVOKE_BOTH constexpr int blocksOf(int inputs) {
    return up(inputs, kBlockInputs) / kBlockInputs;
}

// Bytes of a block of 128 packed rows and 64 inputs, scales included; a multiple of 16.
CONVOKE_BOTH constexpr int blockBytes(int format) {
    return format == kBf16 ? 16384 : format == kFp8 ? 8192 + 64 : format == kMxfp4 ? 4096 + 256 : 4096 + 1024;
}

// Where the scales begin in a block.
CONVOKE_BOTH constexpr int scaleOffset(int format) {
    return format == kFp8 ? 8192 : 4096;
}

// Packed row of a source row. Gate and up rows alternate in eights, so that one thread's accumulators hold both.
CONVOKE_BOTH int packedRow(int placement, int firstRow, int row) {
    if (placement == kPlain) {
        return firstRow + row;
    }
    return row / 8 * 16 + row % 8 + (placement == kUp ? 8 : 0);
}

CONVOKE_BOTH constexpr int packedRows(int mode, int middle, int outputs) {
    return mode == kExpert ? 2 * up(middle, 64) : up(outputs, kTileOutputs);
}

// Byte offset of the block that holds a packed row and an input.
CONVOKE_BOTH int64_t blockOffset(int format, int row, int input, int inputs) {
    return (static_cast<int64_t>(row / kTileOutputs) * blocksOf(inputs) + input / kBlockInputs) * blockBytes(format);
}

// Swizzled byte offset of a 16-byte chunk in rows of 128 bytes: what tensor cores and the copy engine call 128-byte swizzle.
CONVOKE_BOTH constexpr int swizzled(int row, int chunk) {
    return row * kBlockRowBytes + ((chunk ^ (row & 7)) << 4);
}

CONVOKE_BOTH int bf16BlockOffset(int row, int input) {
    return swizzled(row, input / 8) + input % 8 * 2;
}

// Where a weight is among the registers of a warp that computes 16 outputs and 16 inputs at a time (A of m16n8k16 and
// m64nNk16): step of 16 inputs, lane, register of four, element of two.
struct Fragment {
    int warp;
    int step;
    int lane;
    int reg;
    int element;
};

CONVOKE_BOTH Fragment fragmentOf(int row, int input) {
    Fragment fragment;
    fragment.warp = row / 16;
    fragment.step = input / 16;
    fragment.lane = row % 8 * 4 + input % 8 / 2;
    fragment.reg = row / 8 % 2 + input / 8 % 2 * 2;
    fragment.element = input % 2;
    return fragment;
}

// A lane's fp8 weights of a block: 16 bytes for steps 0 and 1, 16 for steps 2 and 3.
CONVOKE_BOTH int fp8Offset(const Fragment& f) {
    return f.warp * 1024 + f.step / 2 * 512 + f.lane * 16 + f.step % 2 * 8 + f.reg / 2 * 4 + 1 - f.reg % 2 + 2 * f.element;
}

// A lane's 4-bit weights of a block: 16 bytes, one word a step.
CONVOKE_BOTH int fourBitOffset(const Fragment& f) {
    return f.warp * 512 + f.lane * 16 + f.step * 4;
}

// Scales: fp8 one f32 for 8 packed rows; 4-bit one for each (row, 32 inputs), a lane's four side by side.
CONVOKE_BOTH int fp8ScaleOffset(int row) {
    return scaleOffset(kFp8) + row / 8 * 4;
}

CONVOKE_BOTH int fourBitScaleIndex(int row, int input) {
    return (row / 16 * 8 + row % 8) * 4 + row / 8 % 2 * 2 + input / 32;
}

// Byte offset of a 16-byte chunk of a row in tile order: [block of 64 inputs][tiled row][64 inputs], swizzled.
CONVOKE_BOTH int64_t tiledOffset(int block, int tiledRow, int chunk, int tiledRows) {
    return (static_cast<int64_t>(block) * tiledRows + tiledRow) * kBlockRowBytes + ((chunk ^ (tiledRow & 7)) << 4);
}

struct Workspace {
    int tiledRows;
    int maxTiles;
    int64_t inputBytes;
    int64_t counterBytes;
    int64_t bytes;
};

CONVOKE_BOTH Workspace workspaceOf(int groups, int rows, int inputs, int middle, int mode) {
    const int used = groups < rows ? groups : rows;
    Workspace w;
    w.tiledRows = up(rows + (kRowAlignment - 1) * used, kRowAlignment);
    w.maxTiles = used + rows / kMinRowTile;
    w.counterBytes = (4LL * (kCounterHead + 2 * w.maxTiles) + 1023) / 1024 * 1024;
    w.inputBytes = 2LL * w.tiledRows * up(inputs, kBlockInputs);
    w.bytes = w.counterBytes + w.inputBytes + (mode == kExpert ? 2LL * w.tiledRows * up(middle, kBlockInputs) : 0);
    return w;
}

// KvPages: [page][layer][kvHead][2][16 x paddedHeadDim].
constexpr int kPageTokens = 16;

CONVOKE_BOTH int64_t keyIndex(int page, int layer, int head, int layers, int kvHeads, int headDim) {
    return ((static_cast<int64_t>(page) * layers + layer) * kvHeads + head) * 2 * up(headDim, 32) * kPageTokens;
}

CONVOKE_BOTH int keyOffset(int d, int token) {
    return (d / 2 * kPageTokens + token) * 2 + d % 2;
}

CONVOKE_BOTH int64_t valueIndex(int page, int layer, int head, int layers, int kvHeads, int headDim) {
    return keyIndex(page, layer, head, layers, kvHeads, headDim) + static_cast<int64_t>(up(headDim, 32)) * kPageTokens;
}

}  // namespace convoke
