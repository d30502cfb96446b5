// Times grouped expert products of an image on one layer of known models. Usage:
//   device_benchmark IMAGE FORMATS MODELS ROWS [SECONDS]
// FORMATS of 0 to 3 and MODELS of m (Mixtral-8x7B), q (Qwen3-30B-A3B) and d (DeepSeek-V3, 64 of 256 experts) without separators, ROWS per
// expert separated by commas (t: one token, the model's top-k experts of one row each). Weights and rows are random.

#include "device.cuh"

#include <algorithm>
#include <chrono>

namespace {

struct Model {
    char key;
    const char* name;
    int hidden;
    int middle;
    int experts;
    int topK;
};

constexpr Model kModels[] = {
    {'m', "Mixtral-8x7B", 4096, 14336, 8, 2},
    {'q', "Qwen3-30B-A3B", 2048, 768, 128, 8},
    {'d', "DeepSeek-V3/64", 7168, 2048, 64, 8},
};

__device__ uint32_t mix(uint64_t v) {
    v += 0x9E3779B97F4A7C15ull;
    v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9ull;
    v = (v ^ v >> 27) * 0x94D049BB133111EBull;
    return static_cast<uint32_t>((v ^ v >> 31) >> 16);
}

// Uniform bf16 in about [-range, range].
__device__ uint16_t randomBf16(uint64_t seed, float range) {
    return convoke::toBf16((static_cast<float>(mix(seed) & 0xFFFFFF) / 8388608.0f - 1.0f) * range);
}

__global__ void fillBf16(uint16_t* to, int64_t count, float range, uint64_t seed) {
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
        to[i] = randomBf16(seed + static_cast<uint64_t>(i), range);
    }
}

// Random codes; scales that give weights of a usual size.
__global__ void fillQuantised(uint32_t* to, int64_t words, int format, uint64_t seed) {
    const int blockWords = convoke::blockBytes(format) / 4;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < words; i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
        const bool scale = i % blockWords >= convoke::scaleOffset(format) / 4;
        const uint32_t fp8 = convoke::bitsOf(convoke::kFp8ScaleFactor / 8192);
        const uint32_t int4 = convoke::int4Scale(0x1C01);
        to[i] = !scale ? mix(seed + static_cast<uint64_t>(i)) * 2654435761u : format == convoke::kFp8 ? fp8 : format == convoke::kMxfp4 ? 0x78787878u : int4;
    }
}

template <typename T>
T* allocate(int64_t bytes) {
    void* memory;
    CHECK_CUDA(cudaMalloc(&memory, static_cast<size_t>(bytes)));
    return static_cast<T*>(memory);
}

unsigned char* randomWeights(int format, int64_t bytes, uint64_t seed) {
    unsigned char* const weights = allocate<unsigned char>(bytes);
    if (format == convoke::kBf16) {
        fillBf16<<<2048, 256>>>(reinterpret_cast<uint16_t*>(weights), bytes / 2, 0.03f, seed);
    } else {
        fillQuantised<<<2048, 256>>>(reinterpret_cast<uint32_t*>(weights), bytes / 4, format, seed);
    }
    CHECK_CUDA(cudaGetLastError());
    return weights;
}

template <typename T>
const T* uploaded(const std::vector<T>& values) {
    T* const to = allocate<T>(static_cast<int64_t>(values.size() * sizeof(T)));
    CHECK_CUDA(cudaMemcpy(to, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
    return to;
}

double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<float> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// Milliseconds of one call: the median of single calls, or of graphs of 16 where a call is short.
template <typename Call>
double timed(double budget, bool graph, Call call) {
    cudaStream_t stream;
    cudaEvent_t from;
    cudaEvent_t to;
    CHECK_CUDA(cudaStreamCreate(&stream));
    CHECK_CUDA(cudaEventCreate(&from));
    CHECK_CUDA(cudaEventCreate(&to));
    const int inner = graph ? 16 : 1;
    cudaGraphExec_t executable = nullptr;
    if (graph) {
        cudaGraph_t recorded;
        CHECK_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
        for (int i = 0; i < inner; i++) {
            call(stream, i);
        }
        CHECK_CUDA(cudaStreamEndCapture(stream, &recorded));
        CHECK_CUDA(cudaGraphInstantiate(&executable, recorded, 0));
    }
    std::vector<float> times;
    const double start = seconds();
    for (int i = 0; i < 200 && (i < 5 || seconds() - start < budget); i++) {
        CHECK_CUDA(cudaEventRecord(from, stream));
        if (graph) {
            CHECK_CUDA(cudaGraphLaunch(executable, stream));
        } else {
            call(stream, i);
        }
        CHECK_CUDA(cudaEventRecord(to, stream));
        CHECK_CUDA(cudaEventSynchronize(to));
        float ms;
        CHECK_CUDA(cudaEventElapsedTime(&ms, from, to));
        if (i >= 2) {
            times.push_back(ms / static_cast<float>(inner));
        }
    }
    CHECK_CUDA(cudaStreamDestroy(stream));
    return median(times);
}

double copyBandwidth() {
    constexpr int64_t kBytes = 2ll << 30;
    unsigned char* const a = randomWeights(convoke::kBf16, kBytes, 1);
    unsigned char* const b = allocate<unsigned char>(kBytes);
    const double ms = timed(0.3, false, [&](cudaStream_t stream, int) { CHECK_CUDA(cudaMemcpyAsync(b, a, kBytes, cudaMemcpyDeviceToDevice, stream)); });
    CHECK_CUDA(cudaFree(a));
    CHECK_CUDA(cudaFree(b));
    return 2.0 * kBytes / ms / 1e6;
}

class Layer {
public:
    Layer(const device::Image& image, const Model& model, int format, int maxRowsEach)
        : kernels(image), m(model), format(format), capacity(maxRowsEach * model.experts) {
        using namespace convoke;
        firstBytes = static_cast<int64_t>(2 * m.middle / kTileOutputs) * blocksOf(m.hidden) * blockBytes(format);
        secondBytes = static_cast<int64_t>(m.hidden / kTileOutputs) * blocksOf(m.middle) * blockBytes(format);
        one = randomWeights(format, firstBytes * m.experts, 2);
        two = randomWeights(format, secondBytes * m.experts, 3);
        std::vector<const unsigned char*> ones;
        std::vector<const unsigned char*> twos;
        for (int e = 0; e < m.experts; e++) {
            ones.push_back(one + e * firstBytes);
            twos.push_back(two + e * secondBytes);
        }
        x = allocate<unsigned char>(2ll * capacity * m.hidden);
        y = allocate<unsigned char>(2ll * capacity * m.hidden);
        fillBf16<<<2048, 256>>>(reinterpret_cast<uint16_t*>(x), static_cast<int64_t>(capacity) * m.hidden, 1.0f, 4);
        const Workspace w = workspaceOf(m.experts, capacity, m.hidden, m.middle, kExpert);
        workspace = allocate<unsigned char>(w.bytes);
        CHECK_CUDA(cudaMemset(workspace, 0, static_cast<size_t>(w.counterBytes)));
        arguments = Arguments{x, nullptr, nullptr, nullptr, uploaded(ones), uploaded(twos), y, workspace, m.experts, capacity, m.hidden, m.hidden, m.hidden, m.middle,
                              m.hidden, kExpert};
        kernels.finish("setup");
    }

    ~Layer() {
        for (void* memory : {static_cast<void*>(one), static_cast<void*>(two), static_cast<void*>(x), static_cast<void*>(y), static_cast<void*>(workspace)}) {
            cudaFree(memory);
        }
    }

    void time(int rowsEach, double budget, double copy) {
        std::vector<int> offsets;
        for (int e = 0; e <= m.experts; e++) {
            offsets.push_back(e * rowsEach);
        }
        const int* const bounds = uploaded(offsets);
        report(std::to_string(rowsEach), m.experts, rowsEach, copy, timed(budget, false, [&](cudaStream_t stream, int) { call(stream, bounds); }));
    }

    // Every call takes other experts, so that no call finds its weights in the cache.
    void timeToken(double budget, double copy) {
        std::vector<const int*> choices;
        for (int i = 0; i < 16; i++) {
            std::vector<int> offsets{0};
            for (int e = 0; e < m.experts; e++) {
                const int turn = (e - i * m.topK % m.experts + m.experts) % m.experts;
                offsets.push_back(offsets.back() + (turn < m.topK ? 1 : 0));
            }
            choices.push_back(uploaded(offsets));
        }
        report("token", m.topK, 1, copy, timed(budget, true, [&](cudaStream_t stream, int i) { call(stream, choices[static_cast<size_t>(i % 16)]); }));
    }

private:
    void call(cudaStream_t stream, const int* bounds) {
        convoke::Arguments a = arguments;
        a.offsets = bounds;
        kernels.grouped(format, a, stream);
    }

    void report(const std::string& rows, int experts, int rowsEach, double copy, double ms) {
        kernels.finish("timing");
        const double all = static_cast<double>(experts) * rowsEach;
        const double bytes = static_cast<double>(experts) * static_cast<double>(firstBytes + secondBytes) + all * m.hidden * 4;
        const double flops = 6.0 * all * m.hidden * m.middle;
        printf("%-15s format %d rows %5s: %9.4f ms %7.0f GB/s (%5.1f %% of copy) %7.1f TFLOP/s\n", m.name, format, rows.c_str(), ms, bytes / ms / 1e6,
               bytes / ms / 1e4 / copy, flops / ms / 1e9);
        fflush(stdout);
    }

    const device::Image& kernels;
    Model m;
    int format;
    int capacity;
    int64_t firstBytes;
    int64_t secondBytes;
    unsigned char* one;
    unsigned char* two;
    unsigned char* x;
    unsigned char* y;
    unsigned char* workspace;
    convoke::Arguments arguments;
};

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    size_t from = 0;
    while (from <= list.size()) {
        const size_t to = std::min(list.find(',', from), list.size());
        parts.push_back(list.substr(from, to - from));
        from = to + 1;
    }
    return parts;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: device_benchmark IMAGE FORMATS MODELS ROWS [SECONDS]\n");
        return 2;
    }
    const device::Image image(argv[1]);
    const double budget = argc > 5 ? atof(argv[5]) : 0.2;
    cudaDeviceProp properties;
    CHECK_CUDA(cudaGetDeviceProperties(&properties, 0));
    const double copy = copyBandwidth();
    printf("%s, image %s, row tile %d, copy %.0f GB/s read and written\n", properties.name, argv[1], image.rowTile(), copy);
    fflush(stdout);
    const std::vector<std::string> rows = split(argv[4]);
    int most = 1;
    for (const std::string& r : rows) {
        most = std::max(most, atoi(r.c_str()));
    }
    for (const char* model = argv[3]; *model != 0; model++) {
        for (const Model& m : kModels) {
            for (const char* format = argv[2]; m.key == *model && *format != 0; format++) {
                Layer layer(image, m, *format - '0', most);
                for (const std::string& r : rows) {
                    if (r == "t") {
                        layer.timeToken(budget, copy);
                    } else {
                        layer.time(atoi(r.c_str()), budget, copy);
                    }
                }
            }
        }
    }
    return 0;
}
