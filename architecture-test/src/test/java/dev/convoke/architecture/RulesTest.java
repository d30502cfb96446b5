package dev.convoke.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.junit.jupiter.api.Test;

/** Every rule finds what it is there to find. */
class RulesTest {
    @Test
    void shouldFindAModuleThatLooksUp() {
        assertEquals(1, Rules.moduleDirection(graph("dev.convoke.core.A", "dev.convoke.tensor.B")).size());
        assertEquals(1, Rules.moduleDirection(graph("dev.convoke.decoder.A", "dev.convoke.experthost.B")).size());
        assertEquals(0, Rules.moduleDirection(graph("dev.convoke.tensor.A", "dev.convoke.core.B")).size());
    }

    @Test
    void shouldFindASiblingAndABaseThatLooksDown() {
        assertEquals(1, Rules.packageDirection(graph("dev.convoke.tensor.scalar.A", "dev.convoke.tensor.vector.B"))
            .size());
        assertEquals(1, Rules.packageDirection(graph("dev.convoke.tensor.A", "dev.convoke.tensor.vector.B")).size());
        assertEquals(0, Rules.packageDirection(graph("dev.convoke.tensor.vector.A", "dev.convoke.tensor.B")).size());
    }

    @Test
    void shouldFindACycle() {
        final PackageGraph cyclic = new PackageGraph(List.of(
            compiled("dev.convoke.a.A", "dev.convoke.b.B"), compiled("dev.convoke.b.B", "dev.convoke.c.C"),
            compiled("dev.convoke.c.C", "dev.convoke.a.A"), compiled("dev.convoke.d.D", "dev.convoke.a.A")));
        assertEquals(List.of(Set.of("dev.convoke.a", "dev.convoke.b", "dev.convoke.c")), cyclic.cycles());
    }

    @Test
    void shouldFindReservedLibrariesElsewhere() {
        assertEquals(1, Rules.exclusiveLibraries(List.of(compiled("dev.convoke.routing.A", "io.aeron.Aeron"))).size());
        assertEquals(1, Rules.exclusiveLibraries(
            List.of(compiled("dev.convoke.tensor.scalar.A", "jdk.incubator.vector.FloatVector"))).size());
        assertEquals(1, Rules.exclusiveLibraries(List.of(compiled("dev.convoke.decoder.A", "jcuda.Pointer"))).size());
    }

    @Test
    void shouldFindThreadsAndFilesInPureModules() {
        assertEquals(2, Rules.purity(List.of(compiled("dev.convoke.gating.A", "java.lang.Thread", "java.nio.file.Path",
            "java.util.Arrays"))).size());
    }

    @Test
    void shouldFindMathWhoseBitsAreNotFixed() throws IOException {
        final CompiledClass unstable = parse(UnstableKernel.class);
        final CompiledClass inTensor =
            new CompiledClass("dev.convoke.tensor.UnstableKernel", unstable.classes(), unstable.members());
        final List<String> violations = Rules.unstableMath(List.of(inTensor));
        assertEquals(3, violations.size(), violations::toString);
        assertTrue(violations.toString().contains("reduceLanes"));
        assertTrue(violations.toString().contains("EXP"));
        assertTrue(violations.toString().contains("Math.exp"));
    }

    private static PackageGraph graph(final String from, final String to) {
        return new PackageGraph(List.of(compiled(from, to)));
    }

    private static CompiledClass compiled(final String name, final String... uses) {
        return new CompiledClass(name, Set.of(uses), Set.of());
    }

    private static CompiledClass parse(final Class<?> type) throws IOException {
        try (InputStream bytes = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
            return CompiledClass.parse(bytes.readAllBytes());
        }
    }

    /** Holds one of each banned operation; only read as a class file. */
    static final class UnstableKernel {
        private UnstableKernel() {
        }

        static double sum(final FloatVector vector) {
            return vector.lanewise(VectorOperators.EXP).reduceLanes(VectorOperators.ADD) + Math.exp(1.0);
        }
    }
}
