package dev.convoke.tensor.scalar;

import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.KernelBackendContract;

class ScalarBackendTest extends KernelBackendContract {
    @Override
    protected KernelBackend createBackend() {
        return new ScalarBackend();
    }
}
