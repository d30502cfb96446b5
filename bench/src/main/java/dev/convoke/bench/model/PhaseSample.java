package dev.convoke.bench.model;

/**
 * One run of a phase.
 *
 * @param tokens      of the prompts that were read, or that were generated
 * @param seconds     it took
 * @param weightBytes of weights that its steps read, each step's once
 * @param operations  of its matrix products
 */
record PhaseSample(long tokens, double seconds, double weightBytes, double operations) {
    double tokensPerSecond() {
        return tokens / seconds;
    }

    double bytesPerSecond() {
        return weightBytes / seconds;
    }

    double operationsPerSecond() {
        return operations / seconds;
    }
}
