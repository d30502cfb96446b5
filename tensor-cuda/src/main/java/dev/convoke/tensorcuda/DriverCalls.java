package dev.convoke.tensorcuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The functions of the driver that are called for every batch and operation. They go past JCuda, which allocates for
 * each pointer it is given and cannot ask whether something is done without throwing when it is not. Handles and
 * addresses are plain numbers. The class can be initialised only where there is a driver.
 */
final class DriverCalls {
    private static final int NOT_READY = 600;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final MethodHandle LAUNCH = function("cuLaunchKernel", LONG, INT, INT, INT, INT, INT, INT, INT, LONG,
        LONG, LONG);
    private static final MethodHandle TO_DEVICE = function("cuMemcpyHtoDAsync_v2", LONG, LONG, LONG, LONG);
    private static final MethodHandle TO_HOST = function("cuMemcpyDtoHAsync_v2", LONG, LONG, LONG, LONG);
    private static final MethodHandle FILL = function("cuMemsetD8Async", LONG, ValueLayout.JAVA_BYTE, LONG, LONG);
    private static final MethodHandle WRITE = function("cuStreamWriteValue32_v2", LONG, LONG, INT, INT);
    private static final MethodHandle RECORD = function("cuEventRecord", LONG, LONG);
    private static final MethodHandle QUERY = function("cuEventQuery", LONG);
    private static final MethodHandle ELAPSED = function("cuEventElapsedTime", LONG, LONG, LONG);
    private static final MethodHandle WAIT = function("cuStreamWaitEvent", LONG, LONG, INT);
    private static final MethodHandle SYNCHRONIZE = function("cuStreamSynchronize", LONG);
    private static final MethodHandle DESTROY_STREAM = function("cuStreamDestroy_v2", LONG);
    private static final MethodHandle DESTROY_EVENT = function("cuEventDestroy_v2", LONG);
    private static final MethodHandle SET_CONTEXT = function("cuCtxSetCurrent", LONG);

    private DriverCalls() {
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(final String name, final MemoryLayout... parameters) {
        final SymbolLookup driver = SymbolLookup.libraryLookup(DriverProbe.LIBRARY, Arena.global());
        return Linker.nativeLinker().downcallHandle(driver.findOrThrow(name), FunctionDescriptor.of(INT, parameters));
    }

    /**
     * Queues a kernel.
     *
     * @param parameters address of an array of addresses, one for each parameter's value
     */
    static void launch(final long function, final int gridX, final int gridY, final int block, final int sharedBytes,
        final long stream, final long parameters) {
        try {
            check("cuLaunchKernel", (int)LAUNCH.invokeExact(function, gridX, gridY, 1, block, 1, 1, sharedBytes,
                stream, parameters, 0L));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Queues a copy to device memory; returns before it is done only if {@code from} is pinned. */
    static void copyToDevice(final long to, final long from, final long bytes, final long stream) {
        try {
            check("cuMemcpyHtoDAsync", (int)TO_DEVICE.invokeExact(to, from, bytes, stream));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Queues a copy from device memory. */
    static void copyToHost(final long to, final long from, final long bytes, final long stream) {
        try {
            check("cuMemcpyDtoHAsync", (int)TO_HOST.invokeExact(to, from, bytes, stream));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Queues the filling of device memory. */
    static void fill(final long address, final byte value, final long bytes, final long stream) {
        try {
            check("cuMemsetD8Async", (int)FILL.invokeExact(address, value, bytes, stream));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Queues the writing of a number, after which all that was queued before it can be seen by whoever sees it. */
    static void write(final long address, final int value, final long stream) {
        try {
            check("cuStreamWriteValue32", (int)WRITE.invokeExact(stream, address, value, 0));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Marks the point a stream has been queued to. */
    static void record(final long event, final long stream) {
        try {
            check("cuEventRecord", (int)RECORD.invokeExact(event, stream));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Whether the point marked last has been reached; true if none was ever marked. */
    static boolean isReached(final long event) {
        try {
            final int result = (int)QUERY.invokeExact(event);
            if (result == NOT_READY) {
                return false;
            }
            check("cuEventQuery", result);
            return true;
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Writes the milliseconds between two points, both reached, as a float to this address. */
    static void elapsed(final long address, final long from, final long to) {
        try {
            check("cuEventElapsedTime", (int)ELAPSED.invokeExact(address, from, to));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** What is queued on the stream from now on waits for the point marked last. */
    static void await(final long stream, final long event) {
        try {
            check("cuStreamWaitEvent", (int)WAIT.invokeExact(stream, event, 0));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Waits for all that was queued. */
    static void synchronize(final long stream) {
        try {
            check("cuStreamSynchronize", (int)SYNCHRONIZE.invokeExact(stream));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Ends a stream, once what was queued on it is done. */
    static void destroyStream(final long stream) {
        try {
            check("cuStreamDestroy", (int)DESTROY_STREAM.invokeExact(stream));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Ends an event. */
    static void destroyEvent(final long event) {
        try {
            check("cuEventDestroy", (int)DESTROY_EVENT.invokeExact(event));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** The calling thread's calls go to this context from now on. */
    static void use(final long context) {
        try {
            check("cuCtxSetCurrent", (int)SET_CONTEXT.invokeExact(context));
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    private static void check(final String function, final int result) {
        if (result != 0) {
            throw DeviceException.of(function, result);
        }
    }

    private static RuntimeException unexpected(final Throwable thrown) {
        return switch (thrown) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(thrown);
        };
    }
}
