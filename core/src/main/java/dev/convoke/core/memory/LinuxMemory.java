package dev.convoke.core.memory;

import dev.convoke.core.CLibrary;
import dev.convoke.core.ConvokeException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory straight from Linux, on pages of a chosen size: a page keeps the size it was given when it was touched first,
 * and memory from the JVM has been touched already.
 */
public final class LinuxMemory {
    /** Of a huge page on amd64, and on arm64 with small pages of 4 KiB. */
    public static final long HUGE_PAGE_BYTES = 2L << 20;

    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    /** Linux 5.14 and later. */
    private static final int POPULATE_FOR_WRITING = 23;
    /** A multiple of every size that small pages have. */
    private static final long PAGE_BYTES = 64L << 10;
    private static final boolean AVAILABLE = "Linux".equals(System.getProperty("os.name"));

    /** Pages to ask for, with the number that {@code madvise(2)} has for them. */
    public enum Pages {
        /** Of 2 MiB, where the system has and grants them. */
        HUGE(14),
        /** Of the usual size. */
        SMALL(15);

        private final int advice;

        Pages(final int advice) {
            this.advice = advice;
        }
    }

    private LinuxMemory() {
    }

    /** Whether this is Linux. */
    public static boolean isAvailable() {
        return AVAILABLE;
    }

    /**
     * Zeroed memory that begins at a multiple of {@link #HUGE_PAGE_BYTES}; given back when the arena is closed. Its
     * pages are there before it is used, where the kernel can be asked for that, so that no step waits for one. Only
     * the whole huge pages in it become such: the rest lies on small ones, and no more is taken than was asked for.
     * The kernel may not heed which pages are asked for.
     *
     * @throws ConvokeException if the address space has no room
     */
    @SuppressWarnings("restricted")
    public static MemorySegment map(final long bytes, final Pages pages, final Arena arena) {
        final long mappedBytes = roundUp(bytes, PAGE_BYTES) + HUGE_PAGE_BYTES;
        final long mapped = mmap(mappedBytes);
        final long start = roundUp(mapped, HUGE_PAGE_BYTES);
        final long end = start + roundUp(bytes, PAGE_BYTES);
        munmap(mapped, start - mapped);
        munmap(end, mapped + mappedBytes - end);
        advise(start, end - start, pages.advice);
        advise(start, end - start, POPULATE_FOR_WRITING);
        return MemorySegment.ofAddress(start).reinterpret(bytes, arena, memory -> munmap(start, end - start));
    }

    private static long roundUp(final long number, final long multiple) {
        return number + multiple - 1 & -multiple;
    }

    private static long mmap(final long bytes) {
        final long address;
        try {
            address = (long)Functions.MMAP.invokeExact(0L, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
        } catch (final Throwable e) {
            throw new ConvokeException("mmap cannot be called: " + e, e);
        }
        if (address == -1) {
            throw new ConvokeException("The system has no " + bytes + " bytes of memory to give.");
        }
        return address;
    }

    private static void munmap(final long address, final long bytes) {
        if (bytes == 0) {
            return;
        }
        try {
            final int result = (int)Functions.MUNMAP.invokeExact(address, bytes);
            assert result == 0;
        } catch (final Throwable e) {
            throw new ConvokeException("munmap cannot be called: " + e, e);
        }
    }

    private static void advise(final long address, final long bytes, final int advice) {
        try {
            // A kernel that does not know the advice refuses, which changes nothing but the speed.
            final int ignored = (int)Functions.MADVISE.invokeExact(address, bytes, advice);
        } catch (final Throwable e) {
            throw new ConvokeException("madvise cannot be called: " + e, e);
        }
    }

    /** Looked up when the first is called, which systems without them never do. */
    private static final class Functions {
        static final MethodHandle MMAP = function("mmap", FunctionDescriptor.of(ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
        static final MethodHandle MUNMAP = function("munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        static final MethodHandle MADVISE = function("madvise", FunctionDescriptor.of(ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

        private static MethodHandle function(final String name, final FunctionDescriptor descriptor) {
            return CLibrary.function(name, descriptor).orElseThrow(
                () -> new ConvokeException("The C library has no " + name + "."));
        }
    }
}
