// How a grouped product is cut into tasks. Every block computes the same prefix sums from the offsets and takes tasks from
// one counter in ascending order: tiles of the first product by group, then tiles of the second. Whatever a tile waits
// for was taken earlier, by a block that is running, so blocks need not all be resident.
#pragma once

#include "layout.cuh"

namespace convoke {

// Per group, and one past the last: first sorted row, first tiled row, first row tile.
struct Prefix {
    int* offsets;
    int* tiled;
    int* tiles;
};

constexpr int kPrefixBytes = 3 * 4 * (kMaxGroups + 1);

struct Arguments {
    const unsigned char* x;
    const int* sources;
    const float* inputScales;
    const int* offsets;
    const unsigned char* const* first;
    const unsigned char* const* second;
    unsigned char* y;
    unsigned char* workspace;
    int groups;
    int rows;
    int xStride;
    int yStride;
    int inputs;
    int middle;
    int outputs;
    int mode;
};

// What follows from the arguments alone.
struct Plan {
    int tiledRows;
    int inputBlocks;
    int middleBlocks;
    int firstTiles;
    int secondTiles;
    int gatherBlocks;
    int gatherParts;
    // Blocks that work on a task together.
    int sharing;
    unsigned* counters;
    unsigned* gathered;
    unsigned* activated;
    unsigned char* tiledInput;
    unsigned char* tiledMiddle;
};

// A gather task covers 8 tiled rows and this many blocks of inputs, read at once, or, where there are many rows, several times as many.
constexpr int kGatherBlocks = 4;
constexpr int kManyGatherBlocks = 16;
// With fewer tasks there are warps for each. The emulator's problems are small and have some of both.
#ifdef CONVOKE_EMULATED
constexpr int kFewGatherTasks = 16;
#else
constexpr int kFewGatherTasks = 4096;
#endif
// Blocks of a cluster share tasks if tiles have more rows than that on average.
constexpr int kMinSharedRows = 64;

// Words of the counter head, each in a cache line's half of its own.
enum Counter { kGatherTasks = 0, kTileTasks = 8, kExits = 16 };

CONVOKE_BOTH Plan planOf(const Arguments& a) {
    const Workspace w = workspaceOf(a.groups, a.rows, a.inputs, a.middle, a.mode);
    const bool expert = a.mode == kExpert;
    Plan p;
    p.tiledRows = w.tiledRows;
    p.inputBlocks = blocksOf(a.inputs);
    p.middleBlocks = expert ? blocksOf(a.middle) : 0;
    p.firstTiles = packedRows(a.mode, a.middle, a.outputs) / kTileOutputs;
    p.secondTiles = expert ? up(a.outputs, kTileOutputs) / kTileOutputs : 0;
    p.gatherBlocks = kGatherBlocks;
    p.gatherParts = (p.inputBlocks + kGatherBlocks - 1) / kGatherBlocks;
    p.sharing = 1;
    p.counters = reinterpret_cast<unsigned*>(a.workspace);
    p.gathered = p.counters + kCounterHead;
    p.activated = p.gathered + w.maxTiles;
    p.tiledInput = a.workspace + w.counterBytes;
    p.tiledMiddle = p.tiledInput + w.inputBytes;
    return p;
}

// The group g with bounds[g] <= value < bounds[g + 1].
CONVOKE_BOTH int findGroup(const int* bounds, int groups, int value) {
    int low = 0;
    int high = groups - 1;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (bounds[middle] <= value) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

struct GatherTask {
    int group;
    int tiledRow;
    int sortedRow;
    int rows;
    int tile;
    int block;
};

// Cuts the work into tasks, once it is known how many rows there are.
CONVOKE_BOTH void planTasks(Plan& plan, const Prefix& prefix, int groups, int clusterBlocks) {
    const int tiledRows = prefix.tiled[groups];
    if (tiledRows / kRowAlignment * plan.gatherParts > kFewGatherTasks) {
        plan.gatherBlocks = kManyGatherBlocks;
        plan.gatherParts = (plan.inputBlocks + kManyGatherBlocks - 1) / kManyGatherBlocks;
    }
    plan.sharing = tiledRows > kMinSharedRows * prefix.tiles[groups] ? clusterBlocks : 1;
}

CONVOKE_BOTH int gatherTasks(const Prefix& prefix, int groups, const Plan& plan) {
    return prefix.tiled[groups] / kRowAlignment * plan.gatherParts;
}

template <int RowTile>
CONVOKE_BOTH GatherTask gatherTask(const Prefix& prefix, int groups, const Plan& plan, int index) {
    GatherTask task;
    task.tiledRow = index / plan.gatherParts * kRowAlignment;
    task.block = index % plan.gatherParts * plan.gatherBlocks;
    task.group = findGroup(prefix.tiled, groups, task.tiledRow);
    const int row = task.tiledRow - prefix.tiled[task.group];
    task.sortedRow = prefix.offsets[task.group] + row;
    const int left = prefix.offsets[task.group + 1] - task.sortedRow;
    task.rows = left < kRowAlignment ? left : kRowAlignment;
    task.tile = prefix.tiles[task.group] + row / RowTile;
    return task;
}

// Columns of the tensor-core instruction: the rows of a tile, rounded up to a size there is code for.
template <int RowTile>
CONVOKE_BOTH int columnsFor(int rows) {
    int columns = 8;
    while (columns < rows) {
        columns *= 2;
    }
    return columns < RowTile ? columns : RowTile;
}

// One tile: 128 packed outputs of one group and up to RowTile of its rows. Blocks that share a task work on neighbouring output tiles
// and the same rows; where the outputs end before the blocks do, one repeats the last tile and does not store it.
struct TileTask {
    const unsigned char* weights;
    int product;  // 0 or 1; -1: no more tasks
    int stored;
    int columns;
    int outputTile;
    int tile;
    int tiledRow;
    int sortedRow;
    int rows;
    int blocks;
};

// Tasks for each row tile of a product.
CONVOKE_BOTH int tasksOf(int tiles, const Plan& plan) {
    return (tiles + plan.sharing - 1) / plan.sharing;
}

CONVOKE_BOTH int tileTasks(const Prefix& prefix, int groups, const Plan& plan) {
    return prefix.tiles[groups] * (tasksOf(plan.firstTiles, plan) + tasksOf(plan.secondTiles, plan));
}

// Row tiles of a group that are worked on side by side for each output tile, so that weights are read once from memory
// and rows stay in the cache.
constexpr int kTilesSideBySide = 8;

template <int RowTile>
CONVOKE_BOTH TileTask tileTask(const Arguments& a, const Prefix& prefix, const Plan& plan, int index, int rank) {
    TileTask task;
    task.weights = nullptr;
    const int firstTasks = prefix.tiles[a.groups] * tasksOf(plan.firstTiles, plan);
    task.product = index < firstTasks ? 0 : 1;
    const int allTiles = task.product == 0 ? plan.firstTiles : plan.secondTiles;
    const int outputTiles = tasksOf(allTiles, plan);
    index -= task.product * firstTasks;
    const int group = findGroup(prefix.tiles, a.groups, index / outputTiles);
    const int groupTiles = prefix.tiles[group + 1] - prefix.tiles[group];
    index -= prefix.tiles[group] * outputTiles;
    const int chunk = index / (kTilesSideBySide * outputTiles);
    const int left = groupTiles - chunk * kTilesSideBySide;
    const int sideBySide = left < kTilesSideBySide ? left : kTilesSideBySide;
    index -= chunk * kTilesSideBySide * outputTiles;
    const int tile = chunk * kTilesSideBySide + index % sideBySide;
    task.outputTile = index / sideBySide * plan.sharing + rank;
    task.stored = task.outputTile < allTiles;
    task.outputTile = task.stored ? task.outputTile : allTiles - 1;
    task.tile = prefix.tiles[group] + tile;
    task.tiledRow = prefix.tiled[group] + tile * RowTile;
    task.sortedRow = prefix.offsets[group] + tile * RowTile;
    const int rows = prefix.offsets[group + 1] - task.sortedRow;
    task.rows = rows < RowTile ? rows : RowTile;
    task.columns = columnsFor<RowTile>(task.rows);
    task.blocks = task.product == 0 ? plan.inputBlocks : plan.middleBlocks;
    if (a.first != nullptr) {
        task.weights = (task.product == 0 ? a.first : a.second)[group];
    }
    return task;
}

// Gather tasks that make a row tile complete.
CONVOKE_BOTH unsigned gatherTasksOf(const TileTask& task, const Plan& plan) {
    return static_cast<unsigned>(up(task.rows, kRowAlignment) / kRowAlignment * plan.gatherParts);
}

// Fills the prefix sums of groups [from, to) from the sums before them and returns the sums after them.
struct PrefixSums {
    int tiled;
    int tiles;
};

template <int RowTile>
CONVOKE_BOTH PrefixSums prefixRange(const Prefix& prefix, int from, int to, PrefixSums sums) {
    for (int group = from; group < to; group++) {
        const int rows = prefix.offsets[group + 1] - prefix.offsets[group];
        prefix.tiled[group] = sums.tiled;
        prefix.tiles[group] = sums.tiles;
        sums.tiled += up(rows, kRowAlignment);
        sums.tiles += (rows + RowTile - 1) / RowTile;
    }
    return sums;
}

}  // namespace convoke
