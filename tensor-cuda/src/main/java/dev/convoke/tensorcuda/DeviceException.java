package dev.convoke.tensorcuda;

import dev.convoke.core.ConvokeException;
import jcuda.driver.CUresult;

/** The GPU or its driver failed. Most failures spoil the context, so the process has to start again. */
final class DeviceException extends ConvokeException {
    private static final long serialVersionUID = 1;

    DeviceException(final String message) {
        super(message);
    }

    /** What a function of the driver gave. */
    static DeviceException of(final String function, final int result) {
        return new DeviceException("The GPU has failed: " + function + " gives " + CUresult.stringFor(result)
            + "; restart the process, and see the system's log if it happens again.");
    }
}
