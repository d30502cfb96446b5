package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class KernelsCommandTest {
    @BeforeAll
    static void runBesideOthers() {
        System.setProperty("jmh.ignoreLock", "true");
    }

    @Test
    void shouldMeasureEachKernelWithItsWorkAndFloor() throws IOException {
        final JsonNode results = BenchRun.of("kernels", "Product", "Attention", "Rows", "Routing", "Frames", "-p",
            "rows=16", "-p", "backend=vector", "-p", "weights=q4_0", "-p", "experts=2 of 8", "--quick", "--json")
            .report("kernels").path("results");
        final List<String> kernels = new ArrayList<>();
        results.forEach(row -> {
            kernels.add(row.path("kernel").asText());
            assertTrue(row.path("us").path("median").asDouble() > 0, row::toString);
            assertTrue(row.path("bytes").asDouble() > 0, row::toString);
            assertEquals(1, row.path("gap").asDouble() * row.path("floor_us").asDouble()
                / row.path("us").path("median").asDouble(), 1e-9);
        });
        kernels.sort(null);
        assertEquals(List.of("Attention.attend", "Frames.decode", "Frames.encode", "Product.matmul", "Routing.route",
            "Rows.rmsNorm", "Rows.rotate"), kernels);
        results.forEach(row -> {
            if (row.path("kernel").asText().equals("Product.matmul")) {
                assertEquals(2.0 * 16 * 1024 * 1024, row.path("operations").asDouble(), 1);
                // Q4_0 keeps 18 bytes for 32 weights.
                assertTrue(row.path("bytes").asDouble() < 1024 * 1024, row::toString);
            }
        });
    }

    @Test
    void shouldRefuseWhatIsNoKernel() {
        BenchRun.assertRefused("No kernel is named like Nonsense; choose from Attention", "kernels", "Nonsense");
    }
}
