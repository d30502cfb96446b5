package dev.convoke.bench.machine;

import dev.convoke.core.CLibrary;
import dev.convoke.core.ConvokeException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Memory straight from Linux, which the JVM would have touched already. */
final class LinuxMemory {
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    private LinuxMemory() {
    }

    /** Untouched memory, unmapped when the arena is closed. */
    @SuppressWarnings("restricted")
    static MemorySegment map(final long bytes, final Arena arena) {
        final MethodHandle mmap = function("mmap", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG));
        final long address;
        try {
            address = (long)mmap.invokeExact(0L, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
        } catch (final Throwable e) {
            throw new ConvokeException("mmap cannot be called: " + e, e);
        }
        if (address == -1) {
            throw new ConvokeException("There is no room for a buffer of " + bytes + " bytes; choose a smaller one.");
        }
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, LinuxMemory::unmap);
    }

    private static void unmap(final MemorySegment memory) {
        final MethodHandle munmap = function("munmap",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        try {
            final int result = (int)munmap.invokeExact(memory.address(), memory.byteSize());
            assert result == 0;
        } catch (final Throwable e) {
            throw new ConvokeException("munmap cannot be called: " + e, e);
        }
    }

    /** Says what pages are wanted; the kernel may not heed it. */
    static void advise(final MemorySegment memory, final int advice) {
        final MethodHandle madvise = function("madvise", FunctionDescriptor.of(ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
        try {
            // A kernel without huge pages refuses; how many there are is counted afterwards.
            final int ignored = (int)madvise.invokeExact(memory.address(), memory.byteSize(), advice);
        } catch (final Throwable e) {
            throw new ConvokeException("madvise cannot be called: " + e, e);
        }
    }

    private static MethodHandle function(final String name, final FunctionDescriptor descriptor) {
        return CLibrary.function(name, descriptor).orElseThrow(
            () -> new ConvokeException("The C library has no " + name + "."));
    }
}
