package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.DType;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NumericsId;
import dev.convoke.loadbalance.trace.TraceEncoder;
import dev.convoke.loadbalance.trace.TraceEnd;
import dev.convoke.loadbalance.trace.TraceHeader;
import dev.convoke.loadbalance.trace.TraceStep;
import dev.convoke.server.TestModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacementStatsTest {
    private static final List<String> DOMAINS = List.of("scripture", "novel", "code");

    @TempDir
    private Path directory;

    private static Path shipped(final String domain) {
        return TestModels.TINY.resolve("traces").resolve(domain + ".trace");
    }

    private static CommandLineRun statsOfShipped(final String... options) {
        final String[] arguments = Arrays.copyOf(options, options.length + DOMAINS.size());
        for (int i = 0; i < DOMAINS.size(); i++) {
            arguments[options.length + i] = shipped(DOMAINS.get(i)).toString();
        }
        return CommandLineRun.of(arguments);
    }

    @Test
    void shouldPrintATableWithTheHeatOfEveryLayerAndDomain() {
        final CommandLineRun run = statsOfShipped("placement", "stats");
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("6 layers of 8 experts, top-2"), run.out());
        for (final String domain : DOMAINS) {
            assertTrue(run.out().contains("\n" + domain + "\nlayer  experts"), run.out());
        }
        assertTrue(run.out().contains("\n(all)\nlayer  experts"), run.out());
        assertEquals(24, run.out().lines()
            .filter(line -> line.matches(" +\\d  \\|[ \u2591\u2592\u2593\u2588]{8}\\| .*")).count(), run.out());
    }

    @Test
    void shouldFitIntoATerminalOfEightyColumns() throws IOException {
        final TraceHeader header = new TraceHeader("large", new ModelFingerprint(7), NumericsId.CANONICAL_1,
            DType.BF16, 58, 256, 8, 16_384, 1 << 24);
        final TraceEncoder encoder = new TraceEncoder(header);
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        add(bytes, encoder.header());
        add(bytes, encoder.label("a label that is as long as labels may be, 64 bytes and none more"));
        final TraceStep step = new TraceStep(header);
        for (int i = 0; i < 13; i++) {
            step.start(i, i);
            step.addRun(i, 0, 1 << i, false, 1);
            step.addLayer(57);
            for (int row = 0; row < 1 << i; row++) {
                for (int slot = 0; slot < 8; slot++) {
                    step.choose(57, row, slot, (248 + slot + row % 2) % 256);
                }
            }
            add(bytes, encoder.step(step));
        }
        add(bytes, encoder.end(5, TraceEnd.Reason.STOPPED));
        final Path large = Files.write(directory.resolve("large.trace"), bytes.toByteArray());
        for (final CommandLineRun run : List.of(statsOfShipped("placement", "stats"),
            CommandLineRun.of("placement", "stats", large.toString()))) {
            assertEquals(0, run.exitCode(), run.err());
            run.out().lines().forEach(line -> assertTrue(line.length() <= 80, line));
        }
    }

    private static void add(final ByteArrayOutputStream bytes, final ByteBuffer piece) {
        while (piece.hasRemaining()) {
            bytes.write(piece.get());
        }
    }

    @Test
    void shouldPrintAllFiguresAsJson() throws IOException {
        final JsonNode all = new ObjectMapper().readTree(statsOfShipped("placement", "stats", "--json").out());
        assertEquals("placement-stats", all.get("benchmark").asText());
        assertEquals("tiny-moe", all.get("model").asText());
        assertEquals(4, all.get("domains").size());
        double shares = 0;
        for (int i = 0; i < DOMAINS.size(); i++) {
            final JsonNode domain = all.get("domains").get(i);
            assertEquals(DOMAINS.get(i), domain.get("name").asText());
            assertEquals(6, domain.get("layers").size());
            domain.get("layers").forEach(layer -> assertConsistent(domain, layer));
            shares += domain.get("share").asDouble();
        }
        assertEquals(1, shares, 1e-9);
        assertEquals(all.get("rows").asLong(), all.get("domains").get(3).get("rows").asLong());
    }

    private static void assertConsistent(final JsonNode domain, final JsonNode layer) {
        final long rows = domain.get("rows").asLong();
        assertEquals(rows, domain.get("prefill_rows").asLong() + domain.get("decode_rows").asLong());
        long tokens = 0;
        long most = 0;
        double together = 0;
        double next = 0;
        for (int expert = 0; expert < 8; expert++) {
            final long load = layer.get("tokens").get(expert).asLong();
            tokens += load;
            most = Math.max(most, load);
            assertTrue(layer.get("active_steps").get(expert).asLong() <= domain.get("steps").asLong());
            for (int other = 0; other < 8; other++) {
                together += layer.get("co_activation").get(expert).get(other).asDouble();
                assertEquals(layer.get("co_activation").get(other).get(expert).asDouble(),
                    layer.get("co_activation").get(expert).get(other).asDouble());
                next += layer.get("next_layer").get(expert).get(other).asDouble();
            }
        }
        assertEquals(2 * rows, tokens);
        assertEquals(2 * rows, together, "each row chooses one pair, which counts in both orders");
        assertEquals(layer.get("layer").asInt() == 5 ? 0 : 4 * rows, next);
        assertEquals(most * 8.0 / tokens, layer.get("max_over_mean").asDouble(), 1e-12);
        assertEquals(tokens / (most * 8.0), layer.get("balancedness").asDouble(), 1e-12);
        long steps = 0;
        for (final JsonNode size : layer.get("active_experts")) {
            steps += size.get("steps").asLong();
            assertTrue(size.get("mean").asDouble() >= 2 && size.get("mean").asDouble() <= 8);
        }
        assertEquals(domain.get("steps").asLong(), steps);
    }

    /** The model's page: the busiest expert of a layer carries 1.2 to 3.4 times the mean, depending on the domain. */
    @Test
    void shouldFindTheSkewThatTheModelWasTrainedTo() throws IOException {
        final JsonNode all = new ObjectMapper().readTree(statsOfShipped("placement", "stats", "--json").out());
        for (int i = 0; i < DOMAINS.size(); i++) {
            all.get("domains").get(i).get("layers").forEach(layer -> {
                final double skew = layer.get("max_over_mean").asDouble();
                assertTrue(skew > 1.15 && skew < 3.5, layer.toString());
            });
        }
    }

    @Test
    void shouldNameFileAndOffsetOfADamagedTrace() throws IOException {
        final byte[] bytes = Files.readAllBytes(shipped("code"));
        bytes[2000] ^= 4;
        final Path damaged = Files.write(directory.resolve("d.trace"), bytes);
        final CommandLineRun run = CommandLineRun.of("placement", "stats", damaged.toString());
        assertEquals(1, run.exitCode());
        assertTrue(run.complaint().matches("convoke: .*d\\.trace is damaged at offset \\d+: .*"), run.err());
        final CommandLineRun absent = CommandLineRun.of("placement", "stats", directory.resolve("no.trace").toString());
        assertTrue(absent.complaint().contains("cannot be read"), absent.err());
        final CommandLineRun empty = CommandLineRun.of("placement", "stats",
            Files.createFile(directory.resolve("empty.trace")).toString());
        assertTrue(empty.complaint().contains("is not a routing trace"), empty.err());
    }

    @Test
    void shouldDrawHeatWithPunctuationWhereBlocksCannotBeWrittenAndShareCells() {
        final HeatMap plain = HeatMap.ofCharset(StandardCharsets.US_ASCII);
        assertEquals(" .+#@", plain.line(0, 3, 10, 15, 22));
        assertEquals("\u2592\u2592", HeatMap.ofCharset(StandardCharsets.UTF_8).line(4, 4));
        final long[] many = new long[256];
        Arrays.fill(many, 10);
        many[7] = 90;
        assertEquals("+@" + "+".repeat(62), plain.line(many));
        assertEquals(4, HeatMap.expertsInACell(256));
    }
}
