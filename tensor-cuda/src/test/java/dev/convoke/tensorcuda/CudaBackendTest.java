package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.KernelBackendContract;
import org.junit.jupiter.api.Tag;

@Tag("device")
class CudaBackendTest extends KernelBackendContract {
    @Override
    protected KernelBackend createBackend() {
        return backend();
    }

    @Override
    protected int repetitions() {
        return 20;
    }

    /** A new one; skips the test where there is no GPU. */
    static CudaBackend backend() {
        final CudaBackend backend = new CudaBackend();
        final String reason = backend.unsupportedReason();
        assumeTrue(reason.isEmpty(), reason);
        return backend;
    }
}
