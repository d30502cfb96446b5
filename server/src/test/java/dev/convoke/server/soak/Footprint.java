package dev.convoke.server.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a process holds. Its virtual machine must run with {@code -XX:NativeMemoryTracking=summary}; Linux only.
 *
 * @param heapBytes       of live objects: counted after a full collection
 * @param offHeapBytes    allocated by Java code outside the heap: arenas and direct buffers
 * @param residentBytes   as the kernel counts them
 * @param virtualThreads  that have not ended
 * @param platformThreads those of the virtual machine included
 * @param files           open descriptors, sockets included
 */
record Footprint(long heapBytes, long offHeapBytes, long residentBytes, int virtualThreads, int platformThreads,
    int files) {
    private static final long MIB = 1L << 20;
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");
    private static final Pattern VIRTUAL = Pattern.compile(
        "(?m)^\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+java\\.lang\\.(?:Thread\\$)?VirtualThread\\b");
    private static final Pattern OTHER = Pattern.compile("Other \\(reserved=\\d+KB, committed=(\\d+)KB\\)");
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final Pattern THREADS = Pattern.compile("Threads:\\s+(\\d+)");
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(60);

    /**
     * How much more a process may hold afterwards than before. The heap and the off-heap memory keep what is cached
     * for each thread and each class that has been used by then; the virtual machine's own threads come and go.
     */
    private static final long MORE_HEAP_BYTES = 8 * MIB;
    private static final long MORE_OFF_HEAP_BYTES = 4 * MIB;
    private static final int MORE_VIRTUAL_THREADS = 2;
    private static final int MORE_PLATFORM_THREADS = 8;
    private static final int MORE_FILES = 4;

    /** Of a process now. */
    static Footprint of(final long pid) {
        final String histogram = ask(pid, "GC.class_histogram");
        final Matcher virtual = VIRTUAL.matcher(histogram);
        int virtualThreads = 0;
        while (virtual.find()) {
            virtualThreads += Integer.parseInt(virtual.group(1));
        }
        final String status = read(Path.of("/proc/" + pid + "/status"));
        return new Footprint(number(TOTAL, histogram), number(OTHER, ask(pid, "VM.native_memory")) << 10,
            number(RESIDENT, status) << 10, virtualThreads, (int)number(THREADS, status), files(pid));
    }

    /** Waits until a process holds no more than this, within the margins; connections take a moment to go. */
    Footprint awaitNoMore(final long pid, final String what) {
        final long deadlineNs = System.nanoTime() + LIMIT_NS;
        Footprint now = of(pid);
        while (!isWithinMargins(now)) {
            if (System.nanoTime() > deadlineNs) {
                throw new AssertionError(what + " left more behind than it should:\nbefore " + this + "\nafter  " + now
                    + "\n" + ask(pid, "GC.class_histogram").lines().limit(30).reduce("", (a, b) -> a + b + "\n"));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            now = of(pid);
        }
        System.out.println(what + "\n  before " + this + "\n  after  " + now);
        return now;
    }

    private boolean isWithinMargins(final Footprint now) {
        return now.heapBytes <= heapBytes + MORE_HEAP_BYTES && now.offHeapBytes <= offHeapBytes + MORE_OFF_HEAP_BYTES
            && now.virtualThreads <= virtualThreads + MORE_VIRTUAL_THREADS
            && now.platformThreads <= platformThreads + MORE_PLATFORM_THREADS && now.files <= files + MORE_FILES;
    }

    private static int files(final long pid) {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return (int)open.count();
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long number(final Pattern pattern, final String text) {
        final Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new AssertionError("no " + pattern + " in:\n" + text);
        }
        return Long.parseLong(matcher.group(1));
    }

    /** A diagnostic command's answer. */
    static String ask(final long pid, final String command) {
        try {
            final Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd")
                .toString(), Long.toString(pid), command).redirectErrorStream(true).start();
            final String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return answer;
        } catch (final IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String read(final Path file) {
        try {
            return Files.readString(file);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public String toString() {
        return "heap %.1f MiB, off-heap %.1f MiB, resident %.1f MiB, %d virtual and %d platform threads, %d files"
            .formatted((double)heapBytes / MIB, (double)offHeapBytes / MIB, (double)residentBytes / MIB,
                virtualThreads, platformThreads, files);
    }
}
