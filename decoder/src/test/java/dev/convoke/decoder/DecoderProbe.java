package dev.convoke.decoder;

import com.sun.management.ThreadMXBean;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.decoder.trace.RoutingRecorder;
import dev.convoke.loadbalance.trace.TraceLimits;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemNanoClock;

/** A program of its own, for what depends on the state of a JVM; prints its findings, one a line. */
public final class DecoderProbe {
    /** Steps in a row that must allocate nothing. */
    static final int MEASURED_STEPS = 100;
    private static final int SEQUENCES = 8;
    private static final int MAX_TOKENS = 440;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(45);
    private static final SamplingParameters SAMPLED = SamplingParameters.builder().temperature(0.8f).topK(40)
        .topP(0.95f).seed(7).build();

    private DecoderProbe() {
    }

    /** Arguments: what to find out, {@code bits} or {@code allocation}; the backend; for allocation a dtype. */
    public static void main(final String[] arguments) {
        final String finding = switch (arguments[0]) {
            case "bits" -> bits(arguments[1]);
            case "allocation" -> allocation(arguments[1], DType.valueOf(arguments[2]));
            default -> throw new IllegalArgumentException(arguments[0]);
        };
        System.out.println(finding);
    }

    /** The digests of one request's logits in both operand types. */
    static String bits(final String backend) {
        return "f32 " + Long.toHexString(digest(backend, DType.F32))
            + ", bf16 " + Long.toHexString(digest(backend, DType.BF16));
    }

    private static long digest(final String backend, final DType dtype) {
        final LogitsDigest digest = new LogitsDigest();
        final GenerationRequest request = GenerationRequest.of(5, 136, 267, 398, 29).maxTokens(3)
            .promptLogprobs(true).build();
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL).dtype(dtype).backend(backend)
            .observer(digest).start()) {
            cluster.run(request);
        }
        return digest.of(request);
    }

    /**
     * Bytes that steps of a steady batch allocate on the decoder's thread, which here runs two expert hosts too and
     * records routes. Until the compilers are done a step may allocate, so it is tried again until none does or
     * patience ends.
     */
    private static String allocation(final String backend, final DType dtype) {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        long allocated;
        final RoutingRecorder recorder = new RoutingRecorder("golden", Models.GOLDEN_MIXTRAL.routed(dtype), 256,
            new Counters());
        recorder.tryStart("live", TraceLimits.MOST_BYTES, SystemNanoClock.INSTANCE).orElseThrow();
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL).dtype(dtype).backend(backend).hosts(2)
            .observer(recorder).start()) {
            do {
                allocated = allocatedBySteadySteps(cluster);
            } while (allocated > 0 && System.nanoTime() < deadlineNs);
        }
        return "allocated " + allocated;
    }

    private static long allocatedBySteadySteps(final TestCluster cluster) {
        final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
        final GenerationRequest[] requests = new GenerationRequest[SEQUENCES];
        for (int i = 0; i < SEQUENCES; i++) {
            requests[i] = cluster.submit(GenerationRequest.of(3, 1 + i, 4).maxTokens(MAX_TOKENS)
                .label(i % 2 == 0 ? "even" : "odd")
                .sampling(i % 2 == 0 ? SAMPLED : SamplingParameters.GREEDY).topLogprobs(i % 3).build());
        }
        final TokenStream last = requests[SEQUENCES - 1].stream();
        cluster.runUntil(() -> last.tokens() >= MAX_TOKENS - MEASURED_STEPS - 20);
        final Decoder decoder = cluster.decoder();
        final int before = last.tokens();
        final long bytesBefore = threads.getCurrentThreadAllocatedBytes();
        while (last.tokens() < before + MEASURED_STEPS) {
            decoder.doWork();
        }
        final long allocated = threads.getCurrentThreadAllocatedBytes() - bytesBefore;
        if (last.isFinished() || decoder.running() != SEQUENCES) {
            throw new IllegalStateException("the batch was not steady");
        }
        cluster.runUntilIdle();
        return allocated;
    }
}
