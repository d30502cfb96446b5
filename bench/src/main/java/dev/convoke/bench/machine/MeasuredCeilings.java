package dev.convoke.bench.machine;

import dev.convoke.bench.Ceilings;
import dev.convoke.bench.Spread;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;

/**
 * Ceilings measured when they are first asked for and kept for as long as this lives: one run of a benchmark. Owned by
 * one thread.
 */
public final class MeasuredCeilings implements Ceilings, AutoCloseable {
    /** Rereading a small buffer so much makes a portion of work. */
    private static final double REREAD_PORTION = 1 << 22;

    private final long runNs;
    private final int repeats;
    private final long bufferBytes;
    private final Map<String, Spread> kept = new HashMap<>();
    private final Map<Pages, Optional<LargeBuffer>> buffers = new HashMap<>();

    /** On what the memory lies that is read. */
    enum Pages {
        /** The machine's usual ones. */
        SMALL,
        /** 2 MiB each. */
        HUGE
    }

    /**
     * Measures nothing yet.
     *
     * @param runNs       that each run takes at least
     * @param repeats     runs of which the median counts; one more comes before them
     * @param bufferBytes to read, much more than the caches hold; 0 chooses
     */
    public MeasuredCeilings(final long runNs, final int repeats, final long bufferBytes) {
        this.runNs = runNs;
        this.repeats = repeats;
        this.bufferBytes = bufferBytes > 0 ? bufferBytes : BufferSize.automatic();
    }

    /** Of the buffer that is read. */
    public long bufferBytes() {
        return bufferBytes;
    }

    @Override
    public Spread readBytesPerSecond(final int threads, final long size) {
        return size >= bufferBytes ? read(threads, Pages.SMALL).orElseThrow() : reread(threads, size);
    }

    /** The same on pages of one size; empty where there are none of it. */
    Optional<Spread> read(final int threads, final Pages pages) {
        final Optional<LargeBuffer> buffer = buffers.computeIfAbsent(pages, this::buffer);
        return buffer.map(memory -> keep("read " + pages + " " + threads,
            () -> new Crew(threads, runNs).perSecond(number -> slice(memory.segment(), number, threads))));
    }

    private Optional<LargeBuffer> buffer(final Pages pages) {
        return pages == Pages.HUGE ? LargeBuffer.onHugePages(bufferBytes)
            : Optional.of(LargeBuffer.onSmallPages(bufferBytes));
    }

    private static Crew.Portion slice(final MemorySegment memory, final int number, final int threads) {
        final long bytes = memory.byteSize() / threads;
        final ReadLoop loop = new ReadLoop();
        return () -> loop.read(memory, bytes / ReadLoop.STRIDE_BYTES * ReadLoop.STRIDE_BYTES * number, bytes);
    }

    private Spread reread(final int threads, final long size) {
        final long bytes = Math.max(1, size / ReadLoop.STRIDE_BYTES / threads) * ReadLoop.STRIDE_BYTES * threads;
        return keep("reread " + bytes + " " + threads, () -> {
            try (LargeBuffer memory = LargeBuffer.onSmallPages(bytes)) {
                return new Crew(threads, runNs).perSecond(number -> {
                    final Crew.Portion once = slice(memory.segment(), number, threads);
                    return () -> {
                        double read = 0;
                        while (read < REREAD_PORTION) {
                            read += once.work();
                        }
                        return read;
                    };
                });
            }
        });
    }

    @Override
    public Spread f32OperationsPerSecond(final int threads) {
        return arithmetic("f32", threads, PeakLoops::f32);
    }

    /** Operations per second of one of the loops. */
    Spread arithmetic(final String name, final int threads, final ToDoubleFunction<PeakLoops> loop) {
        return perSecond(name, threads, _ -> {
            final PeakLoops loops = new PeakLoops();
            return () -> loop.applyAsDouble(loops);
        });
    }

    /** Work per second of whatever each thread does. */
    Spread perSecond(final String name, final int threads, final IntFunction<Crew.Portion> portions) {
        return keep(name + " " + threads, () -> new Crew(threads, runNs).perSecond(portions));
    }

    private Spread keep(final String what, final DoubleSupplier measure) {
        final Spread known = kept.get(what);
        if (known != null) {
            return known;
        }
        measure.getAsDouble();
        final double[] samples = new double[repeats];
        Arrays.setAll(samples, _ -> measure.getAsDouble());
        final Spread spread = Spread.of(samples);
        kept.put(what, spread);
        return spread;
    }

    /** Frees the buffers. */
    @Override
    public void close() {
        buffers.values().forEach(buffer -> buffer.ifPresent(LargeBuffer::close));
        buffers.clear();
    }
}
