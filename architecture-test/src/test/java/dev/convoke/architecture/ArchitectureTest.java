package dev.convoke.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static List<CompiledClass> classes;
    private static PackageGraph graph;

    @BeforeAll
    static void load() {
        classes = ProductClasses.load();
        graph = new PackageGraph(classes);
    }

    @Test
    void shouldSeeClassesOfEveryModule() {
        final Set<String> modules = graph.packages().stream().map(Rules::moduleOf)
            .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(Rules.MODULES.keySet()), modules);
    }

    @Test
    void shouldUseOnlyModulesBelow() {
        assertEquals(List.of(), Rules.moduleDirection(graph));
    }

    @Test
    void shouldPointUpToTheBasePackageInsideAModule() {
        assertEquals(List.of(), Rules.packageDirection(graph));
    }

    @Test
    void shouldHaveNoPackageCycles() {
        assertEquals(List.of(), graph.cycles());
    }

    @Test
    void shouldUseReservedLibrariesOnlyInTheirPackages() {
        assertEquals(List.of(), Rules.exclusiveLibraries(classes));
    }

    @Test
    void shouldKeepGatingAndLoadbalancePure() {
        assertEquals(List.of(), Rules.purity(classes));
    }

    @Test
    void shouldNotUseMathWhoseBitsAreNotFixed() {
        assertEquals(List.of(), Rules.unstableMath(classes));
    }

    @Test
    void shouldMentionEveryPackageInTheArchitecturePage() throws IOException {
        final Path page = Path.of(System.getProperty("convoke.models")).resolveSibling("docs/architecture.md");
        final String text = Files.readString(page);
        final List<String> missing = graph.packages().stream().filter(name -> !text.contains("`" + name + "`"))
            .toList();
        assertEquals(List.of(), missing);
        assertTrue(graph.packages().size() > 10);
    }
}
