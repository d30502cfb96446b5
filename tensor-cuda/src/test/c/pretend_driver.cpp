// A libcuda.so.1 for machines without a GPU: enough of the driver API to run the Java side of this module. Kernels are plain
// loops written from the launch contract (src/main/cuda/README.md), not from the kernels. What a GPU does by itself happens here as
// late as the program allows and in a random order of streams, so that a missing wait gives wrong results; new memory is garbage, every
// pointer a kernel gets must lie in memory it may reach, and a workspace that is not as the contract wants it is an error.
// The seed comes from PRETEND_SEED.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr int kInvalid = 1;
constexpr int kOutOfMemory = 2;
constexpr int kNotReady = 600;
constexpr int kIllegalAddress = 700;
constexpr int kMultiprocessors = 4;
// Pieces of memory are handed out from their beginning; filling all of the large ones takes longer than the tests.
constexpr size_t kGarbageBytes = size_t{4} << 20;

struct Event {
    uint64_t recorded = 0;
    uint64_t reached = 0;
};

struct Work {
    std::function<void()> run;
    Event* waitsFor = nullptr;
    uint64_t turn = 0;
};

struct Stream {
    std::deque<Work> queue;
};

std::recursive_mutex mutex;
std::map<uintptr_t, size_t> deviceMemory;
std::map<uintptr_t, size_t> pinnedMemory;
std::vector<Stream*> streams;
std::mt19937 randomness(getenv("PRETEND_SEED") ? static_cast<unsigned>(atoi(getenv("PRETEND_SEED"))) : 1);
int failure = 0;
int context;
int module_;
size_t memoryBytes = getenv("PRETEND_MEMORY") ? strtoull(getenv("PRETEND_MEMORY"), nullptr, 10) : size_t{4} << 30;
int launchOfGrouped[8] = {1, 128, 1024, 1, 64, 1024, 2, 0};

using Lock = std::lock_guard<std::recursive_mutex>;

size_t usedBytes() {
    size_t used = 0;
    for (const auto& [address, bytes] : deviceMemory) {
        used += bytes;
    }
    return used;
}

bool contains(const std::map<uintptr_t, size_t>& ranges, const void* pointer, size_t bytes) {
    const auto at = reinterpret_cast<uintptr_t>(pointer);
    auto after = ranges.upper_bound(at);
    if (after == ranges.begin()) {
        return false;
    }
    --after;
    return at + bytes <= after->first + after->second;
}

int fail(int result, const std::string& why) {
    fprintf(stderr, "pretend driver: %s\n", why.c_str());
    if (failure == 0) {
        failure = result;
    }
    return result;
}

void require(bool holds, const char* what) {
    if (!holds) {
        fail(kIllegalAddress, what);
    }
}

// Memory that a kernel may read and write.
void reach(const void* pointer, size_t bytes, const char* what) {
    if (bytes > 0) {
        require(contains(deviceMemory, pointer, bytes) || contains(pinnedMemory, pointer, bytes), what);
    }
}

// Runs one piece of work of a stream if nothing keeps it from running.
bool step(Stream& stream) {
    if (stream.queue.empty()) {
        return false;
    }
    Work work = stream.queue.front();
    if (work.waitsFor != nullptr && work.waitsFor->reached < work.turn) {
        return false;
    }
    stream.queue.pop_front();
    if (work.run && failure == 0) {
        work.run();
    }
    return true;
}

bool stepAny() {
    const size_t first = randomness() % streams.size();
    for (size_t i = 0; i < streams.size(); i++) {
        if (step(*streams[(first + i) % streams.size()])) {
            return true;
        }
    }
    return false;
}

int queue(void* stream, std::function<void()> run) {
    if (failure != 0) {
        return failure;
    }
    static_cast<Stream*>(stream)->queue.push_back({std::move(run)});
    return 0;
}

// Numbers.

float fromBf16(uint16_t bits) {
    const uint32_t word = static_cast<uint32_t>(bits) << 16;
    float value;
    memcpy(&value, &word, 4);
    return value;
}

uint16_t toBf16(float value) {
    uint32_t word;
    memcpy(&word, &value, 4);
    if (std::isnan(value)) {
        return static_cast<uint16_t>(word >> 16 | 0x40);
    }
    const uint32_t rounded = word + 0x7FFF + (word >> 16 & 1);
    return static_cast<uint16_t>((rounded & 0x7F800000) == 0 ? word >> 16 & 0x8000 : rounded >> 16);
}

float fromF16(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const float fraction = static_cast<float>(bits & 1023);
    const float size = exponent == 0 ? ldexpf(fraction, -24)
        : exponent == 31 ? (fraction == 0 ? INFINITY : NAN) : ldexpf(1024 + fraction, exponent - 25);
    return bits & 0x8000 ? -size : size;
}

int up(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

// Formats of weights. Blocks have the size of the contract; but for bf16 what lies where in them is known to nobody else.
enum Format { kBf16 = 0, kFp8 = 1, kMxfp4 = 2, kInt4 = 3 };

size_t blockBytes(int format) {
    return format == kBf16 ? 16384 : format == kFp8 ? 8256 : format == kMxfp4 ? 4352 : 5120;
}

size_t matrixBytes(int format, int packedRows, int inputs) {
    return static_cast<size_t>(up(packedRows, 128) / 128) * static_cast<size_t>(up(inputs, 64) / 64) * blockBytes(format);
}

size_t blockOffset(int format, int row, int k, int inputs) {
    return (static_cast<size_t>(row / 128) * static_cast<size_t>(up(inputs, 64) / 64) + static_cast<size_t>(k / 64)) * blockBytes(format);
}

// Of a weight or, where two share a byte, of both; and of its scale.
size_t codeOffset(int format, int row, int k) {
    return static_cast<size_t>(format == kBf16 ? row % 128 * 128 + (k % 64 / 8 ^ row % 8) * 16 + k % 8 * 2
        : format == kFp8 ? row % 128 * 64 + k % 64 : (row % 128 * 64 + k % 64) / 2);
}

size_t scaleOffset(int format, int row, int k) {
    const int group = row % 128 * 2 + k % 64 / 32;
    return static_cast<size_t>(format == kFp8 ? 8192 + row % 128 / 8 * 4 : 4096 + (format == kMxfp4 ? group : group * 4));
}

size_t weightOffset(int format, int row, int k, int inputs) {
    return blockOffset(format, row, k, inputs) + codeOffset(format, row, k);
}

float fromE4m3(int bits) {
    const int exponent = bits >> 3 & 15;
    const float size = exponent == 0 ? ldexpf(static_cast<float>(bits & 7), -9) : ldexpf(static_cast<float>(8 + (bits & 7)), exponent - 10);
    return bits & 0x80 ? -size : size;
}

float roundAway(float value) {
    uint32_t word;
    memcpy(&word, &value, 4);
    const uint32_t rounded = word + 0x8000;
    return fromBf16(static_cast<uint16_t>((rounded & 0x7F800000) == 0 ? word >> 16 & 0x8000 : rounded >> 16));
}

template <int Format>
float weight(const void* packed, int row, int k, int inputs) {
    const auto* const block = static_cast<const unsigned char*>(packed) + blockOffset(Format, row, k, inputs);
    const unsigned char* const code = block + codeOffset(Format, row, k);
    const unsigned char* const scale = block + scaleOffset(Format, row, k);
    uint16_t half;
    if (Format == kBf16) {
        memcpy(&half, code, 2);
        return fromBf16(half);
    }
    if (Format == kFp8) {
        float factor;
        memcpy(&factor, scale, 4);
        return roundAway(fromE4m3(*code) * factor);
    }
    const int nibble = *code >> (k % 2 * 4) & 15;
    if (Format == kInt4) {
        memcpy(&half, scale, 2);
        return roundAway(static_cast<float>(nibble - 8) * fromF16(half));
    }
    constexpr float sizes[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
    return ldexpf(nibble & 8 ? -sizes[nibble & 7] : sizes[nibble & 7], *scale - 127);
}

int gateRow(int row) {
    return row / 8 * 16 + row % 8;
}

template <int Format>
float dot(const void* packed, int row, const std::vector<float>& x) {
    const int inputs = static_cast<int>(x.size());
    float sum = 0;
    for (int k = 0; k < inputs; k++) {
        sum = fmaf(weight<Format>(packed, row, k, inputs), x[static_cast<size_t>(k)], sum);
    }
    return sum;
}

float silu(float value) {
    return value / (1 + expf(-value));
}

// The kernels' parameters, in order.
struct Parameters {
    std::vector<uint64_t> words;
    size_t next = 0;

    char* pointer() {
        return reinterpret_cast<char*>(words.at(next++));
    }
    int number() {
        return static_cast<int>(static_cast<uint32_t>(words.at(next++)));
    }
    float real() {
        const uint32_t bits = static_cast<uint32_t>(words.at(next++));
        float value;
        memcpy(&value, &bits, 4);
        return value;
    }
};

struct Grid {
    int x;
    int y;
};

void set(char* y, int type, size_t index, float value) {
    if (type == 0) {
        memcpy(y + index * 4, &value, 4);
    } else {
        const uint16_t bits = toBf16(value);
        memcpy(y + index * 2, &bits, 2);
    }
}

size_t count(int a, int b) {
    return static_cast<size_t>(a) * static_cast<size_t>(b);
}

size_t counterBytes(int groups, int rows) {
    const int used = groups < rows ? groups : rows;
    return static_cast<size_t>(up(4 * (32 + 2 * (used + rows / 64)), 1024));
}

template <int Format>
void grouped(Parameters p, Grid grid) {
    const char* const x = p.pointer();
    const auto* const sources = reinterpret_cast<const int*>(p.pointer());
    const auto* const scales = reinterpret_cast<const float*>(p.pointer());
    const auto* const offsets = reinterpret_cast<const int*>(p.pointer());
    const auto* const first = reinterpret_cast<const char* const*>(p.pointer());
    const auto* const second = reinterpret_cast<const char* const*>(p.pointer());
    char* const y = p.pointer();
    char* const workspace = p.pointer();
    const int groups = p.number(), rows = p.number(), xStride = p.number(), yStride = p.number();
    const int inputs = p.number(), middle = p.number(), outputs = p.number(), mode = p.number();
    require(grid.x % 2 == 0, "a grid that is no multiple of the clusters");
    reach(offsets, count(groups + 1, 4), "offsets");
    if (failure != 0) {
        return;
    }
    const int all = offsets[groups];
    require(offsets[0] == 0 && all <= rows && groups <= 1024, "offsets beyond rows");
    require(reinterpret_cast<uintptr_t>(x) % 16 == 0 && reinterpret_cast<uintptr_t>(y) % 16 == 0, "rows are not aligned");
    require(reinterpret_cast<uintptr_t>(workspace) % 1024 == 0, "the workspace is not aligned");
    const int used = groups < rows ? groups : rows;
    const int tiled = up(rows + 7 * used, 8);
    const size_t counters = counterBytes(groups, rows);
    const size_t bytes = counters + 2 * count(tiled, up(inputs, 64)) + (mode == 2 ? 2 * count(tiled, up(middle, 64)) : 0);
    reach(workspace, bytes, "the workspace");
    reach(first, count(groups, 8) * (all > 0 ? 0 : 0), "first");
    reach(y, count(all, yStride) * (mode == 1 ? 4 : 2), "y");
    if (sources != nullptr) {
        reach(sources, count(all, 4), "sources");
    }
    if (scales != nullptr) {
        reach(scales, count(all, 4), "scales");
    }
    if (failure != 0) {
        return;
    }
    for (size_t i = 0; i < counters; i++) {
        require(workspace[i] == 0, "the workspace's counters are not zero");
    }
    memset(workspace + counters, 0xA5, bytes - counters);
    for (int g = 0; g < groups && failure == 0; g++) {
        if (offsets[g] == offsets[g + 1]) {
            continue;
        }
        reach(first + g, 8, "first");
        reach(first[g], mode == 2 ? matrixBytes(Format, 2 * up(middle, 64), inputs) : matrixBytes(Format, outputs, inputs), "first weights");
        if (mode == 2) {
            reach(second + g, 8, "second");
            reach(second[g], matrixBytes(Format, outputs, middle), "second weights");
        }
        for (int r = offsets[g]; r < offsets[g + 1] && failure == 0; r++) {
            const int source = sources == nullptr ? r : sources[r];
            const auto* const row = reinterpret_cast<const uint16_t*>(x) + count(source, xStride);
            reach(row, count(inputs, 2), "x");
            if (failure != 0) {
                return;
            }
            std::vector<float> in(static_cast<size_t>(inputs));
            for (int k = 0; k < inputs; k++) {
                const float value = fromBf16(row[k]);
                in[static_cast<size_t>(k)] = scales == nullptr ? value : fromBf16(toBf16(value * scales[r]));
            }
            if (mode == 2) {
                std::vector<float> activation(static_cast<size_t>(middle));
                for (int m = 0; m < middle; m++) {
                    const float gate = dot<Format>(first[g], gateRow(m), in);
                    activation[static_cast<size_t>(m)] = fromBf16(toBf16(silu(gate) * dot<Format>(first[g], gateRow(m) + 8, in)));
                }
                in = activation;
            }
            const int written = std::min(yStride, up(outputs, 128));
            for (int o = 0; o < written; o++) {
                const float value = o < outputs ? dot<Format>(mode == 2 ? second[g] : first[g], o, in) : 0;
                set(y, mode == 1 ? 0 : 1, count(r, yStride) + static_cast<size_t>(o), value);
            }
        }
    }
}

uint16_t bf16Of(const char* source, int type, size_t index) {
    float value;
    uint16_t half;
    if (type == 0) {
        memcpy(&value, source + index * 4, 4);
        return toBf16(value);
    }
    memcpy(&half, source + index * 2, 2);
    return toBf16(type == 1 ? fromBf16(half) : fromF16(half));
}

void pack(Parameters p, Grid) {
    char* const packed = p.pointer();
    const char* const source = p.pointer();
    const char* const scales = p.pointer();
    const int format = p.number(), type = p.number(), placement = p.number(), firstRow = p.number(), rows = p.number(), inputs = p.number();
    const size_t weights = count(rows, inputs);
    require((scales != nullptr) == (format == kFp8 || format == kMxfp4), "scales");
    require(format < kMxfp4 || inputs % 32 == 0, "inputs that are no whole groups");
    reach(source, format == kBf16 ? weights * (type == 0 ? 4 : 2) : format == kFp8 ? weights : format == kMxfp4 ? weights / 2 : weights / 32 * 18,
          "source");
    reach(scales, format == kFp8 ? count(up(rows, 128) / 128, up(inputs, 128) / 128) * 4 : format == kMxfp4 ? weights / 32 : 0, "scales");
    for (int row = 0; row < rows && failure == 0; row++) {
        const int to = placement == 0 ? firstRow + row : gateRow(row) + (placement == 2 ? 8 : 0);
        reach(packed + weightOffset(format, to, 0, inputs), 1, "packed");
        reach(packed + weightOffset(format, to, inputs - 1, inputs), 1, "packed");
        for (int k = 0; k < inputs && failure == 0; k++) {
            const size_t index = count(row, inputs) + static_cast<size_t>(k);
            char* const block = packed + blockOffset(format, to, k, inputs);
            char* const code = block + codeOffset(format, to, k);
            char* const scale = block + scaleOffset(format, to, k);
            const auto* const quants = reinterpret_cast<const unsigned char*>(source);
            int nibble = 0;
            if (format == kBf16) {
                const uint16_t bits = bf16Of(source, type, index);
                memcpy(code, &bits, 2);
            } else if (format == kFp8) {
                *code = source[index];
                memcpy(scale, scales + (count(row / 128, up(inputs, 128) / 128) + static_cast<size_t>(k / 128)) * 4, 4);
            } else if (format == kMxfp4) {
                nibble = quants[index / 2] >> (k % 2 * 4) & 15;
                *scale = scales[index / 32];
            } else {
                const unsigned char* const group = quants + index / 32 * 18;
                nibble = group[2 + k % 16] >> (k % 32 / 16 * 4) & 15;
                memcpy(scale, group, 2);
            }
            if (format >= kMxfp4) {
                *code = static_cast<char>(*code | nibble << (k % 2 * 4));
            }
        }
    }
}

void rmsNorm(Parameters p, Grid grid) {
    const auto* const x = reinterpret_cast<const float*>(p.pointer());
    const int xStride = p.number();
    const auto* const weights = reinterpret_cast<const float*>(p.pointer());
    const float epsilon = p.real();
    char* const y = p.pointer();
    const int yStride = p.number(), type = p.number(), columns = p.number();
    reach(x, count(grid.x, xStride) * 4, "x");
    reach(weights, count(columns, 4), "weight");
    reach(y, count(grid.x, yStride) * (type == 0 ? 4 : 2), "y");
    for (int r = 0; r < grid.x && failure == 0; r++) {
        float sum = 0;
        for (int c = 0; c < columns; c++) {
            sum += x[count(r, xStride) + static_cast<size_t>(c)] * x[count(r, xStride) + static_cast<size_t>(c)];
        }
        const float scale = 1 / sqrtf(sum / static_cast<float>(columns) + epsilon);
        for (int c = 0; c < columns; c++) {
            set(y, type, count(r, yStride) + static_cast<size_t>(c), x[count(r, xStride) + static_cast<size_t>(c)] * scale * weights[c]);
        }
    }
}

void gatedSilu(Parameters p, Grid grid) {
    const auto* const x = reinterpret_cast<const float*>(p.pointer());
    const int xStride = p.number();
    char* const y = p.pointer();
    const int yStride = p.number(), type = p.number(), width = p.number();
    reach(x, count(grid.x, xStride) * 4, "gateUp");
    reach(y, count(grid.x, yStride) * (type == 0 ? 4 : 2), "y");
    for (int r = 0; r < grid.x && failure == 0; r++) {
        for (int c = 0; c < width; c++) {
            const float* const row = x + count(r, xStride);
            set(y, type, count(r, yStride) + static_cast<size_t>(c), silu(row[c]) * row[width + c]);
        }
    }
}

void rotate(Parameters p, Grid grid) {
    const auto* const x = reinterpret_cast<const float*>(p.pointer());
    const int xStride = p.number(), firstColumn = p.number();
    const auto* const cosines = reinterpret_cast<const float*>(p.pointer());
    const auto* const sines = reinterpret_cast<const float*>(p.pointer());
    const int half = p.number();
    const auto* const positions = reinterpret_cast<const int*>(p.pointer());
    char* const y = p.pointer();
    const int yStride = p.number(), type = p.number(), columns = p.number();
    reach(x, count(grid.x, xStride) * 4, "x");
    reach(positions, count(grid.x, 4), "positions");
    reach(y, count(grid.x, yStride) * (type == 0 ? 4 : 2), "y");
    for (int r = 0; r < grid.x && failure == 0; r++) {
        const size_t angle = count(positions[r], half);
        reach(cosines + angle, count(half, 4), "cosines");
        reach(sines + angle, count(half, 4), "sines");
        for (int c = 0; c < columns && failure == 0; c++) {
            const int i = c % (2 * half) % half;
            const bool low = c % (2 * half) < half;
            const float* const row = x + count(r, xStride) + firstColumn + (c - (low ? 0 : half));
            const float cosine = cosines[angle + static_cast<size_t>(i)], sine = sines[angle + static_cast<size_t>(i)];
            set(y, type, count(r, yStride) + static_cast<size_t>(c),
                low ? row[0] * cosine - row[half] * sine : row[half] * cosine + row[0] * sine);
        }
    }
}

void round_(Parameters p, Grid grid) {
    const auto* const x = reinterpret_cast<const float*>(p.pointer());
    const int xStride = p.number(), firstColumn = p.number();
    char* const y = p.pointer();
    const int yStride = p.number(), type = p.number(), columns = p.number();
    reach(x, count(grid.x, xStride) * 4, "x");
    reach(y, count(grid.x, yStride) * (type == 0 ? 4 : 2), "y");
    for (int r = 0; r < grid.x && failure == 0; r++) {
        for (int c = 0; c < columns; c++) {
            set(y, type, count(r, yStride) + static_cast<size_t>(c), x[count(r, xStride) + static_cast<size_t>(firstColumn + c)]);
        }
    }
}

void combine(Parameters p, Grid grid) {
    const auto* const slotRows = reinterpret_cast<const uint16_t*>(p.pointer());
    const int slotStride = p.number();
    const auto* const weights = reinterpret_cast<const float*>(p.pointer());
    const int slots = p.number();
    auto* const residual = reinterpret_cast<float*>(p.pointer());
    const int stride = p.number(), columns = p.number();
    reach(slotRows, count(grid.x * slots, slotStride) * 2, "slot rows");
    reach(weights, count(grid.x * slots, 4), "weights");
    reach(residual, count(grid.x, stride) * 4, "residual");
    for (int r = 0; r < grid.x && failure == 0; r++) {
        for (int c = 0; c < columns; c++) {
            float sum = 0;
            for (int s = r * slots; s < (r + 1) * slots; s++) {
                sum = fmaf(weights[s], fromBf16(slotRows[count(s, slotStride) + static_cast<size_t>(c)]), sum);
            }
            residual[count(r, stride) + static_cast<size_t>(c)] += sum;
        }
    }
}

void add(Parameters p, Grid grid) {
    const auto* const x = reinterpret_cast<const float*>(p.pointer());
    const int xStride = p.number();
    auto* const residual = reinterpret_cast<float*>(p.pointer());
    const int stride = p.number(), columns = p.number();
    reach(x, count(grid.x, xStride) * 4, "x");
    reach(residual, count(grid.x, stride) * 4, "residual");
    for (int r = 0; r < grid.x && failure == 0; r++) {
        for (int c = 0; c < columns; c++) {
            residual[count(r, stride) + static_cast<size_t>(c)] += x[count(r, xStride) + static_cast<size_t>(c)];
        }
    }
}

void attend(Parameters p, Grid grid) {
    const auto* const queries = reinterpret_cast<const uint16_t*>(p.pointer());
    const int queryStride = p.number();
    char* const outputs = p.pointer();
    const int outputStride = p.number();
    const auto* const pages = reinterpret_cast<const uint16_t*>(p.pointer());
    const auto* const tables = reinterpret_cast<const int*>(p.pointer());
    const int tableStride = p.number();
    const auto* const sequences = reinterpret_cast<const int*>(p.pointer());
    const auto* const positions = reinterpret_cast<const int*>(p.pointer());
    const int window = p.number();
    const float scale = p.real();
    const int layer = p.number(), layers = p.number(), heads = p.number(), kvHeads = p.number(), headDim = p.number();
    require(grid.y == heads, "attend's grid");
    const int padded = up(headDim, 32);
    reach(queries, count(grid.x, queryStride) * 2, "queries");
    reach(outputs, count(grid.x, outputStride) * 2, "outputs");
    reach(sequences, count(grid.x, 4), "sequences");
    reach(positions, count(grid.x, 4), "positions");
    for (int r = 0; r < grid.x && failure == 0; r++) {
        for (int head = 0; head < heads && failure == 0; head++) {
            const int from = window == 0 ? 0 : std::max(0, positions[r] - window + 1);
            std::vector<float> scores, result(static_cast<size_t>(headDim), 0.0f);
            std::vector<const uint16_t*> values;
            float most = -INFINITY;
            for (int at = from; at <= positions[r]; at++) {
                const int* const entry = tables + count(sequences[r], tableStride) + at / 16;
                reach(entry, 4, "page table");
                const size_t block = ((count(*entry, layers) + static_cast<size_t>(layer)) * static_cast<size_t>(kvHeads)
                    + static_cast<size_t>(head / (heads / kvHeads))) * 2 * count(16, padded);
                const uint16_t* const keys = pages + block;
                reach(keys, 2 * count(16, padded) * 2, "pages");
                if (failure != 0) {
                    return;
                }
                float score = 0;
                for (int d = 0; d < headDim; d++) {
                    score += fromBf16(queries[count(r, queryStride) + static_cast<size_t>(head * headDim + d)])
                        * fromBf16(keys[(d / 2 * 16 + at % 16) * 2 + d % 2]);
                }
                scores.push_back(score * scale);
                most = std::max(most, scores.back());
                values.push_back(keys + count(16, padded) + count(at % 16, padded));
            }
            float sum = 0;
            for (size_t i = 0; i < scores.size(); i++) {
                const float share = expf(scores[i] - most);
                sum += share;
                for (int d = 0; d < headDim; d++) {
                    result[static_cast<size_t>(d)] += share * fromBf16(values[i][d]);
                }
            }
            for (int d = 0; d < headDim; d++) {
                set(outputs, 1, count(r, outputStride) + static_cast<size_t>(head * headDim + d), result[static_cast<size_t>(d)] / sum);
            }
        }
    }
}

struct Function {
    const char* name;
    size_t parameters;
    void (*run)(Parameters, Grid);
};

Function functions[] = {
    {"convoke_grouped_bf16", 16, grouped<kBf16>}, {"convoke_grouped_fp8", 16, grouped<kFp8>},
    {"convoke_grouped_mxfp4", 16, grouped<kMxfp4>}, {"convoke_grouped_int4", 16, grouped<kInt4>}, {"convoke_pack", 9, pack}, {"convoke_rms_norm", 8, rmsNorm},
    {"convoke_gated_silu", 6, gatedSilu}, {"convoke_rotate", 11, rotate}, {"convoke_round", 7, round_},
    {"convoke_combine", 7, combine}, {"convoke_add", 5, add}, {"convoke_attend", 16, attend},
};

}  // namespace

#define API extern "C" __attribute__((visibility("default"))) int

API cuInit(unsigned) { return 0; }
API cuDriverGetVersion(int* version) { *version = 13000; return 0; }
API cuDeviceGetCount(int* devices) { *devices = 1; return 0; }
API cuDeviceGet(int* device, int) { *device = 0; return 0; }
API cuDeviceGetName(char* name, int bytes, int) { snprintf(name, static_cast<size_t>(bytes), "Pretend GPU"); return 0; }
API cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = memoryBytes; return 0; }
API cuDevicePrimaryCtxRetain(void** current, int) { *current = &context; return 0; }
API cuCtxSetCurrent(void* current) { return current == &context ? 0 : kInvalid; }
API cuFuncSetAttribute(void*, int, int) { return 0; }
API cuModuleLoadData(void** loaded, const void*) { *loaded = &module_; return 0; }

API cuDeviceGetAttribute(int* value, int which, int) {
    *value = which == 75 ? 9 : which == 76 ? 0 : which == 16 ? kMultiprocessors : 0;
    return 0;
}

API cuModuleGetGlobal_v2(uintptr_t* address, size_t* bytes, void*, const char* name) {
    if (strcmp(name, "convoke_launch") != 0) {
        return kInvalid;
    }
    *address = reinterpret_cast<uintptr_t>(launchOfGrouped);
    *bytes = sizeof launchOfGrouped;
    return 0;
}

API cuModuleGetFunction(void** function, void*, const char* name) {
    for (Function& f : functions) {
        if (strcmp(f.name, name) == 0) {
            *function = &f;
            return 0;
        }
    }
    return 500;
}

API cuMemGetInfo_v2(size_t* free, size_t* total) {
    const Lock lock(mutex);
    *total = memoryBytes;
    *free = memoryBytes - std::min(memoryBytes, usedBytes());
    return 0;
}

static int allocate(std::map<uintptr_t, size_t>& ranges, void** address, size_t bytes) {
    const Lock lock(mutex);
    *address = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    memset(*address, 0xFF, std::min(bytes, kGarbageBytes));
    ranges[reinterpret_cast<uintptr_t>(*address)] = bytes;
    return 0;
}

static int release(std::map<uintptr_t, size_t>& ranges, uintptr_t address) {
    const Lock lock(mutex);
    while (stepAny()) {
    }
    if (ranges.erase(address) == 0) {
        return fail(kInvalid, "memory is freed that was not allocated");
    }
    free(reinterpret_cast<void*>(address));
    return 0;
}

API cuMemAlloc_v2(uintptr_t* address, size_t bytes) {
    const Lock lock(mutex);
    if (bytes == 0 || usedBytes() + bytes > memoryBytes) {
        return bytes == 0 ? kInvalid : kOutOfMemory;
    }
    return allocate(deviceMemory, reinterpret_cast<void**>(address), bytes);
}

API cuMemFree_v2(uintptr_t address) { return release(deviceMemory, address); }
API cuMemHostAlloc(void** address, size_t bytes, unsigned) { return allocate(pinnedMemory, address, bytes); }
API cuMemFreeHost(void* address) { return release(pinnedMemory, reinterpret_cast<uintptr_t>(address)); }

API cuMemcpyDtoH_v2(void* to, uintptr_t from, size_t bytes) {
    memcpy(to, reinterpret_cast<const void*>(from), bytes);
    return 0;
}

API cuMemcpyHtoDAsync_v2(uintptr_t to, const void* from, size_t bytes, void* stream) {
    const Lock lock(mutex);
    if (!contains(deviceMemory, reinterpret_cast<void*>(to), bytes) || !contains(pinnedMemory, from, bytes)) {
        return fail(kInvalid, "a copy to the device goes from or to memory that is not what it should be");
    }
    return queue(stream, [=] { memcpy(reinterpret_cast<void*>(to), from, bytes); });
}

API cuMemcpyDtoHAsync_v2(void* to, uintptr_t from, size_t bytes, void* stream) {
    const Lock lock(mutex);
    if (!contains(deviceMemory, reinterpret_cast<void*>(from), bytes) || !contains(pinnedMemory, to, bytes)) {
        return fail(kInvalid, "a copy from the device goes from or to memory that is not what it should be");
    }
    return queue(stream, [=] { memcpy(to, reinterpret_cast<const void*>(from), bytes); });
}

API cuMemsetD8Async(uintptr_t address, unsigned char value, size_t bytes, void* stream) {
    const Lock lock(mutex);
    if (!contains(deviceMemory, reinterpret_cast<void*>(address), bytes)) {
        return fail(kInvalid, "memory is filled that is not the device's");
    }
    return queue(stream, [=] { memset(reinterpret_cast<void*>(address), value, bytes); });
}

API cuStreamWriteValue32_v2(void* stream, uintptr_t address, uint32_t value, unsigned flags) {
    const Lock lock(mutex);
    auto* const to = reinterpret_cast<uint32_t*>(address);
    if (flags != 0 || !contains(pinnedMemory, to, 4)) {
        return fail(kInvalid, "a number is written to memory that is not pinned");
    }
    return queue(stream, [=] { __atomic_store_n(to, value, __ATOMIC_RELEASE); });
}

API cuStreamCreate(void** stream, unsigned) {
    const Lock lock(mutex);
    streams.push_back(new Stream());
    *stream = streams.back();
    return 0;
}

API cuStreamDestroy_v2(void* stream) {
    const Lock lock(mutex);
    while (stepAny()) {
    }
    streams.erase(std::find(streams.begin(), streams.end(), stream));
    delete static_cast<Stream*>(stream);
    return failure;
}

API cuStreamSynchronize(void* stream) {
    const Lock lock(mutex);
    auto* const mine = static_cast<Stream*>(stream);
    while (!mine->queue.empty()) {
        if (!step(*mine) && !stepAny()) {
            return fail(kInvalid, "a stream waits for an event that never comes");
        }
    }
    return failure;
}

API cuEventCreate(void** event, unsigned) { *event = new Event(); return 0; }

API cuEventDestroy_v2(void* event) {
    const Lock lock(mutex);
    while (stepAny()) {
    }
    delete static_cast<Event*>(event);
    return 0;
}

API cuEventRecord(void* event, void* stream) {
    const Lock lock(mutex);
    auto* const mine = static_cast<Event*>(event);
    const uint64_t turn = ++mine->recorded;
    return queue(stream, [=] { mine->reached = std::max(mine->reached, turn); });
}

API cuEventQuery(void* event) {
    const Lock lock(mutex);
    auto* const mine = static_cast<Event*>(event);
    if (failure == 0 && mine->reached < mine->recorded) {
        if (randomness() % 3 == 0 && !stepAny()) {
            return fail(kInvalid, "an event is waited for that never comes");
        }
        return kNotReady;
    }
    // What is queued behind it goes on by itself.
    stepAny();
    return failure;
}

API cuEventElapsedTime(float* ms, void* from, void* to) {
    const Lock lock(mutex);
    for (void* event : {from, to}) {
        const auto* const mine = static_cast<Event*>(event);
        if (mine->recorded == 0 || mine->reached < mine->recorded) {
            return fail(kNotReady, "the time of a point is asked for that was not reached");
        }
    }
    *ms = 0.25f;
    return failure;
}

API cuStreamWaitEvent(void* stream, void* event, unsigned) {
    const Lock lock(mutex);
    auto* const mine = static_cast<Event*>(event);
    static_cast<Stream*>(stream)->queue.push_back({nullptr, mine, mine->recorded});
    return failure;
}

API cuLaunchKernel(void* function, unsigned gridX, unsigned gridY, unsigned, unsigned block, unsigned, unsigned, unsigned shared,
                   void* stream, void** parameters, void**) {
    const Lock lock(mutex);
    const auto* const f = static_cast<const Function*>(function);
    const bool isGrouped = strstr(f->name, "grouped") != nullptr;
    if (gridX == 0 || gridY == 0 || block != (isGrouped ? 128u : 256u) || shared != (isGrouped ? 1024u : 0u)) {
        return fail(kInvalid, std::string(f->name) + " is launched with a wrong grid or block");
    }
    Parameters p;
    for (size_t i = 0; i < f->parameters; i++) {
        uint64_t word;
        memcpy(&word, parameters[i], 8);
        p.words.push_back(word);
    }
    const Grid grid{static_cast<int>(gridX), static_cast<int>(gridY)};
    return queue(stream, [=] { f->run(p, grid); });
}
