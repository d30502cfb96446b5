package dev.convoke.tensor;

import com.sun.management.ThreadMXBean;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Computes a {@link KernelSample} in a JVM of its own and prints the hashes of what came out. {@code warm} repeats
 * until everything is compiled and prints what a hundred more runs allocate.
 */
public final class KernelProbe {
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(100);
    private static final int RUNS = 100;

    private KernelProbe() {
    }

    /** Takes the backend's name, the seed, and {@code once}, {@code warm} or {@code why} for the choice alone. */
    public static void main(final String[] arguments) {
        if (arguments[2].equals("why")) {
            System.out.println(why(arguments[0]));
        } else {
            compute(NamedServices.named(KernelBackend.class, arguments[0]), Long.parseLong(arguments[1]), arguments[2]);
        }
    }

    private static String why(final String name) {
        try {
            return BackendSelection.of(name).reason();
        } catch (final ConfigurationException e) {
            return e.getMessage();
        }
    }

    private static void compute(final KernelBackend backend, final long seed, final String mode) {
        try (KernelSample sample = new KernelSample(backend, operands(backend), 1, seed)) {
            print("hashes", sample.hashes());
            if (mode.equals("warm")) {
                final long allocated = allocatedOnceWarm(sample);
                print("hashes", sample.hashes());
                print("allocated", allocated);
            }
        }
    }

    /** What it takes here. */
    static List<DType> operands(final KernelBackend backend) {
        return Stream.of(DType.F32, DType.BF16).filter(backend::takes).toList();
    }

    private static long allocatedOnceWarm(final KernelSample sample) {
        final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
        final long start = System.nanoTime();
        long allocated;
        do {
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < RUNS; i++) {
                sample.run();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        } while (allocated > 0 && System.nanoTime() - start < PATIENCE_NS);
        return allocated;
    }

    private static void print(final String what, final Object value) {
        System.out.println(what + " " + value);
    }

    /** The line that {@link #main} prints for these hashes. */
    public static String line(final List<Long> hashes) {
        return "hashes " + hashes;
    }
}
