package dev.convoke.tensor.vector;

import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.KernelBackendContract;

class Vector128Test extends KernelBackendContract {
    @Override
    protected KernelBackend createBackend() {
        return IsolatedBackend.ofBits(128);
    }
}
