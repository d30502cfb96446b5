// Runs the row kernels and attention on the CPU (emulator.h). Usage: emulated_rows_test [seed]; the seed is printed.

#include "kernels.cu"

template <typename T>
using Buffer = std::vector<T>;

#define LAUNCH(blocks, rowsOfBlocks, threads, kernel, ...) \
    emulator::launchEach(blocks, rowsOfBlocks, threads, 1, [&] { kernel(__VA_ARGS__); })

#include "rows_test.h"

int main(int argc, char** argv) {
    reference::Source random(reference::seedFrom(argc, argv, 1));
    rows_test::testAll(random);
    printf("ok\n");
    return 0;
}
