// Plain references and random problems, for the emulated tests and those on a device. Independent of the kernels' headers.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace reference {

inline float fromBits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

inline uint32_t toBits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

inline float bf16(uint16_t bits) {
    return fromBits(static_cast<uint32_t>(bits) << 16);
}

inline uint16_t nearest(float value) {
    const uint32_t bits = toBits(value);
    return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

// Ties away from zero, from an exact value: what dequantised weights are.
inline uint16_t away(double value) {
    const float single = static_cast<float>(value);
    return static_cast<uint16_t>((toBits(single) + 0x8000) >> 16);
}

inline double e4m3(unsigned code) {
    const int exponent = code >> 3 & 15;
    const double mantissa = code & 7;
    const double magnitude = exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
    return code & 0x80 ? -magnitude : magnitude;
}

inline double e2m1(unsigned code) {
    static const double kMagnitudes[8] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    return (code & 8 ? -1 : 1) * kMagnitudes[code & 7];
}

inline double half(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const double mantissa = bits & 1023;
    const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
}

// A matrix as a checkpoint holds it and as what it means.
struct Matrix {
    int rows;
    int inputs;
    std::vector<unsigned char> source;
    std::vector<unsigned char> scales;
    std::vector<float> values;
};

class Source {
public:
    explicit Source(unsigned seed) : generator(seed) {}

    float normal(float deviation) {
        return std::normal_distribution<float>(0, deviation)(generator);
    }

    unsigned below(unsigned bound) {
        return static_cast<unsigned>(generator() % bound);
    }

    std::vector<uint16_t> bf16Rows(int rows, int stride, int columns) {
        std::vector<uint16_t> x(static_cast<size_t>(rows) * static_cast<size_t>(stride), 0);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                x[static_cast<size_t>(r) * static_cast<size_t>(stride) + static_cast<size_t>(c)] = nearest(normal(1));
            }
        }
        return x;
    }

    // format: 0 bf16, 1 fp8, 2 mxfp4, 3 int4; weights of deviation about inputs^-0.5.
    Matrix matrix(int format, int rows, int inputs) {
        const size_t count = static_cast<size_t>(rows) * static_cast<size_t>(inputs);
        const float deviation = 1.0f / std::sqrt(static_cast<float>(inputs));
        Matrix m{rows, inputs, {}, {}, std::vector<float>(count)};
        if (format == 0) {
            m.source.resize(count * 2);
            for (size_t i = 0; i < count; i++) {
                const uint16_t bits = nearest(normal(deviation));
                memcpy(&m.source[i * 2], &bits, 2);
                m.values[i] = bf16(bits);
            }
        } else if (format == 1) {
            fp8(m, deviation);
        } else if (format == 2) {
            mxfp4(m, deviation);
        } else {
            int4(m, deviation);
        }
        return m;
    }

private:
    void fp8(Matrix& m, float deviation) {
        const int columns = (m.inputs + 127) / 128;
        std::vector<float> scales(static_cast<size_t>((m.rows + 127) / 128 * columns));
        for (float& s : scales) {
            s = deviation / 60 * (0.5f + static_cast<float>(below(1000)) / 1000);
        }
        m.source.resize(m.values.size());
        for (size_t i = 0; i < m.values.size(); i++) {
            unsigned code = below(256);
            code = (code & 0x7F) == 0x7F ? code ^ 1 : code;
            m.source[i] = static_cast<unsigned char>(code);
            const int row = static_cast<int>(i) / m.inputs;
            const int input = static_cast<int>(i) % m.inputs;
            m.values[i] = bf16(away(static_cast<float>(e4m3(code)) * scales[static_cast<size_t>(row / 128 * columns + input / 128)]));
        }
        m.scales.resize(scales.size() * 4);
        memcpy(m.scales.data(), scales.data(), m.scales.size());
    }

    void mxfp4(Matrix& m, float deviation) {
        m.source.assign(m.values.size() / 2, 0);
        m.scales.resize(m.values.size() / 32);
        const int middle = 127 + static_cast<int>(std::floor(std::log2(deviation / 3)));
        for (unsigned char& s : m.scales) {
            s = static_cast<unsigned char>(middle - 1 + static_cast<int>(below(3)));
        }
        for (size_t i = 0; i < m.values.size(); i++) {
            const unsigned code = below(16);
            m.source[i / 2] |= static_cast<unsigned char>(code << (i % 2 * 4));
            m.values[i] = static_cast<float>(std::ldexp(e2m1(code), m.scales[i / 32] - 127));
        }
    }

    void int4(Matrix& m, float deviation) {
        m.source.assign(m.values.size() / 32 * 18, 0);
        for (size_t block = 0; block < m.values.size() / 32; block++) {
            // A positive or negative f16 near the deviation; exponents from -14 up are normal.
            const int exponent = 25 - 10 + static_cast<int>(std::floor(std::log2(deviation / 5)));
            const uint16_t scale = static_cast<uint16_t>(below(2) << 15 | static_cast<unsigned>(exponent > 0 ? exponent : 1) << 10 | below(1024));
            memcpy(&m.source[block * 18], &scale, 2);
            for (unsigned i = 0; i < 32; i++) {
                const unsigned code = below(16);
                m.source[block * 18 + 2 + i % 16] |= static_cast<unsigned char>(code << (i / 16 * 4));
                m.values[block * 32 + i] = bf16(away((static_cast<int>(code) - 8) * half(scale)));
            }
        }
    }

    std::mt19937 generator;
};

inline float dot(const float* x, const float* w, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += static_cast<double>(x[i]) * w[i];
    }
    return static_cast<float>(sum);
}

inline std::vector<float> product(const std::vector<float>& x, const Matrix& m) {
    std::vector<float> y(static_cast<size_t>(m.rows));
    for (int r = 0; r < m.rows; r++) {
        y[static_cast<size_t>(r)] = dot(x.data(), m.values.data() + static_cast<size_t>(r) * static_cast<size_t>(m.inputs), m.inputs);
    }
    return y;
}

inline std::vector<float> expert(const std::vector<float>& x, const Matrix& gate, const Matrix& up, const Matrix& down) {
    const std::vector<float> g = product(x, gate);
    const std::vector<float> u = product(x, up);
    std::vector<float> h(g.size());
    for (size_t i = 0; i < h.size(); i++) {
        h[i] = bf16(nearest(static_cast<float>(g[i] / (1 + std::exp(-static_cast<double>(g[i]))) * u[i])));
    }
    return product(h, down);
}

// Relative error over a whole output; NaN stays NaN and fails every comparison.
struct Error {
    double difference = 0;
    double norm = 0;

    void add(double actual, double expected) {
        difference += (actual - expected) * (actual - expected);
        norm += expected * expected;
    }

    double relative() const {
        return std::sqrt(difference / norm);
    }
};

inline void check(bool condition, const std::string& what) {
    if (!condition) {
        fprintf(stderr, "FAILED: %s\n", what.c_str());
        exit(1);
    }
}

inline unsigned seedFrom(int argc, char** argv, int position) {
    const unsigned seed = argc > position ? static_cast<unsigned>(strtoul(argv[position], nullptr, 10)) : std::random_device{}();
    printf("seed %u\n", seed);
    return seed;
}

}  // namespace reference
