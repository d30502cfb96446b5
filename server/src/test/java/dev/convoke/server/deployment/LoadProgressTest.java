package dev.convoke.server.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is packed adds up to what was expected, in every role. */
class LoadProgressTest {
    private static final long TINY_PARAMETERS = 12_880_000;

    /** Loads in these tests come from one thread. */
    private static final class Recorded implements LoadProgress {
        private final List<Long> expected = new ArrayList<>();
        private final List<Long> packed = new ArrayList<>();

        @Override
        public void onExpected(final long bytes) {
            assertTrue(packed.isEmpty(), "expected after it was packed");
            expected.add(bytes);
        }

        @Override
        public void onPacked(final long bytes) {
            packed.add(bytes);
        }

        private long total() {
            assertEquals(1, expected.size());
            assertEquals(expected.getFirst(), packed.stream().mapToLong(Long::longValue).sum());
            return expected.getFirst();
        }
    }

    private static ModelSettings settings(final Path model, final DType dtype, final LoadProgress progress) {
        return TestModels.settings(model, dtype).reportingTo(progress);
    }

    @ParameterizedTest
    @CsvSource({"F32, 1", "BF16, 1", "BF16, 3"})
    void shouldAddUpWithExpertsInTheProcess(final DType dtype, final int hosts) {
        for (final Path model : List.of(TestModels.TINY, TestModels.GOLDEN)) {
            final Recorded progress = new Recorded();
            try (ServedDecoder served = TestModels.decoder(settings(model, dtype, progress),
                ExpertSettings.local(ExpertSettings.IN_PROCESS, hosts, TestModels.ROUND_ROBIN, List.of()),
                TestModels.GATE, UnaryOperator.identity())) {
                final long bytes = progress.total();
                assertTrue(!model.equals(TestModels.TINY) || Math.abs(bytes - TINY_PARAMETERS * dtype.bytes())
                    < bytes / 10, served.description() + " has " + bytes);
                assertTrue(progress.packed.size() > 8, "too few reports: " + progress.packed);
            }
        }
    }

    @Test
    void shouldAddUpWhereDecoderAndExpertHostAreApart() throws IOException {
        final List<String> addresses = List.of(ConvokeProcess.freeUdpAddress(), ConvokeProcess.freeUdpAddress());
        final ExpertSettings remote = ExpertSettings.remote("aeron-udp", Map.of(), addresses, TestModels.ROUND_ROBIN,
            List.of());
        final Recorded ofHost = new Recorded();
        final Recorded ofDecoder = new Recorded();
        final ExpertHostProcess host = new ExpertHostProcess(settings(TestModels.TINY, DType.BF16, ofHost), remote,
            new HostPlace.Configured(remote, 1), Duration.ZERO, new Counters());
        host.close();
        TestModels.decoder(settings(TestModels.TINY, DType.BF16, ofDecoder), remote, TestModels.GATE,
            UnaryOperator.identity()).close();
        final Recorded together = new Recorded();
        TestModels.decoder(settings(TestModels.TINY, DType.BF16, together),
            ExpertSettings.local(ExpertSettings.IN_PROCESS, 2, TestModels.ROUND_ROBIN, List.of()), TestModels.GATE,
            UnaryOperator.identity()).close();
        assertEquals(together.total(), 2 * ofHost.total() + ofDecoder.total());
    }
}
