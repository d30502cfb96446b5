package dev.convoke.tensor.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private static final Set<String> AMX = Set.of("avx512_vnni", "amx_tile", "amx_bf16", "amx_int8");
    private static final Set<String> VNNI = Set.of("avx512f", "avx512_bf16", "avx512_vnni");
    private static final Set<String> OLD = Set.of("avx2", "avx512f");

    private int proofs;

    @Test
    void shouldComputeEverythingWithAmx() {
        assertEquals("", on(AMX, "", "").objection(PanelType.BF16));
        assertEquals("", on(AMX, "", "").objection(PanelType.INT8));
        assertEquals(2, proofs);
    }

    @Test
    void shouldComputeIntegersAloneWithoutAmx() {
        assertEquals("this CPU has no AMX for bf16 (amx_bf16), and what else multiplies bf16 has other bits",
            on(VNNI, "", "").objection(PanelType.BF16));
        assertEquals(0, proofs);
        assertEquals("", on(VNNI, "", "").objection(PanelType.INT8));
        assertEquals("", on(Set.of("avx_vnni"), "", "").objection(PanelType.INT8));
    }

    @Test
    void shouldComputeNothingOnAnOldCpuOrAnotherPlatform() {
        assertEquals("this CPU has no products of 8-bit integers (amx_int8, avx512_vnni or avx_vnni)",
            on(OLD, "unasked", "").objection(PanelType.INT8));
        assertEquals("it needs Linux on x86-64, and this is Linux on aarch64", new Readiness(
            Readiness.platformObjection("Linux", "aarch64"), AMX, () -> "", _ -> "").objection(PanelType.BF16));
        assertEquals("", Readiness.platformObjection("Linux", "amd64"));
        assertEquals(0, proofs);
    }

    @Test
    void shouldSayWhatIsWrongWithTheLibraryBeforeItComputes() {
        assertEquals("no library", on(AMX, "no library", "").objection(PanelType.BF16));
        assertEquals(0, proofs);
    }

    @Test
    void shouldBelieveNoCpuWhoseBitsDiffer() {
        assertEquals("other bits", on(AMX, "", "other bits").objection(PanelType.BF16));
    }

    @Test
    void shouldReadTheFlagsOfTheFirstCpu() {
        assertEquals(Set.of("fpu", "amx_tile"), CpuFlags.parse(Stream.of("processor\t: 0", "flags\t\t: fpu amx_tile",
            "bugs\t: ", "flags\t\t: fpu")));
        assertEquals(Set.of(), CpuFlags.parse(Stream.of("Features\t: asimd")));
    }

    private Readiness on(final Set<String> flags, final String library, final String proof) {
        return new Readiness("", flags, () -> library, _ -> {
            proofs++;
            return proof;
        });
    }
}
