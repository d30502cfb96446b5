// What the device tests and the benchmark share: loading an image of the kernels and launching from it.
#pragma once

#include "pack.cuh"
#include "schedule.cuh"

#include <cuda_runtime.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace device {

inline void checkCuda(cudaError_t error, const char* what) {
    if (error != cudaSuccess) {
        fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
        exit(2);
    }
}

#define CHECK_CUDA(call) device::checkCuda(call, #call)

// An image (fat binary, cubin or PTX) and what it says about its launches.
class Image {
public:
    explicit Image(const char* path) {
        CHECK_CUDA(cudaLibraryLoadFromFile(&library, path, nullptr, nullptr, 0, nullptr, nullptr, 0));
        void* variable;
        size_t bytes;
        CHECK_CUDA(cudaLibraryGetGlobal(&variable, &bytes, library, "convoke_launch"));
        CHECK_CUDA(cudaMemcpy(launchInfo, variable, sizeof launchInfo, cudaMemcpyDeviceToHost));
        int multiprocessors;
        CHECK_CUDA(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, 0));
        const int cluster = launchInfo[6];
        gridBlocks = multiprocessors * launchInfo[3] / cluster * cluster;
        static const char* const kNames[] = {"convoke_grouped_bf16", "convoke_grouped_fp8", "convoke_grouped_mxfp4", "convoke_grouped_int4"};
        for (int format = 0; format < 4; format++) {
            products[format] = kernel(kNames[format]);
            CHECK_CUDA(cudaFuncSetAttribute(reinterpret_cast<const void*>(products[format]), cudaFuncAttributeMaxDynamicSharedMemorySize, launchInfo[2]));
        }
#ifdef CONVOKE_BOUNDED_WAITS
        // Test images with bounded waits say where they were stuck.
        CHECK_CUDA(cudaLibraryGetGlobal(&variable, &bytes, library, "_ZN7convoke12convokeStuckE"));
        CHECK_CUDA(cudaMallocHost(&stuck, 64));
        memset(stuck, 0, 64);
        CHECK_CUDA(cudaMemcpy(variable, &stuck, sizeof stuck, cudaMemcpyHostToDevice));
#endif
    }

    cudaKernel_t kernel(const char* name) const {
        cudaKernel_t k;
        CHECK_CUDA(cudaLibraryGetKernel(&k, library, name));
        return k;
    }

    int rowTile() const {
        return launchInfo[4];
    }

    template <typename... Values>
    void launch(cudaKernel_t k, dim3 grid, int threads, size_t shared, cudaStream_t stream, Values... values) const {
        void* pointers[] = {&values...};
        CHECK_CUDA(cudaLaunchKernel(reinterpret_cast<const void*>(k), grid, dim3(static_cast<unsigned>(threads)), pointers, shared, stream));
    }

    void grouped(int format, const convoke::Arguments& a, cudaStream_t stream) const {
        launch(products[format], dim3(static_cast<unsigned>(gridBlocks)), launchInfo[1], static_cast<size_t>(launchInfo[2]), stream, a.x, a.sources, a.inputScales, a.offsets,
               a.first, a.second, a.y, a.workspace, a.groups, a.rows, a.xStride, a.yStride, a.inputs, a.middle, a.outputs, a.mode);
    }

    void finish(const char* what) const {
        const cudaError_t error = cudaDeviceSynchronize();
        if (error != cudaSuccess && stuck != nullptr) {
            for (int i = 0; i < 16; i++) {
                fprintf(stderr, "stuck[%d] block %u\n", i, stuck[i]);
            }
        }
        checkCuda(error, what);
    }

private:
    cudaLibrary_t library;
    int launchInfo[8];
    int gridBlocks;
    cudaKernel_t products[4];
    unsigned* stuck = nullptr;
};

}  // namespace device
