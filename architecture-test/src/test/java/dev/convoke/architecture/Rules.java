package dev.convoke.architecture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The rules of the architecture; each returns a sentence for every violation. */
final class Rules {
    /** Modules that a module may use, beside itself. What these use may be used as well. */
    static final Map<String, Set<String>> MODULES = Map.ofEntries(
        Map.entry("core", Set.of()),
        Map.entry("tensor", Set.of("core")),
        Map.entry("tensorcuda", Set.of("tensor", "core")),
        Map.entry("checkpoint", Set.of("tensor", "core")),
        Map.entry("gating", Set.of("tensor", "core")),
        Map.entry("transport", Set.of("tensor", "core")),
        Map.entry("loadbalance", Set.of("core")),
        Map.entry("routing", Set.of("gating", "transport", "loadbalance", "tensor", "core")),
        Map.entry("experthost", Set.of("routing", "checkpoint", "gating", "transport", "loadbalance", "tensor",
            "core")),
        Map.entry("decoder", Set.of("routing", "checkpoint", "gating", "transport", "loadbalance", "tensor", "core")),
        Map.entry("server", Set.of("decoder", "experthost", "routing", "checkpoint", "gating", "transport",
            "loadbalance", "tensor", "core")),
        Map.entry("bench", Set.of("server", "decoder", "experthost", "routing", "checkpoint", "gating", "transport",
            "loadbalance", "tensor", "core")));

    /** Packages that put the others together, and so may see siblings. */
    static final Set<String> COMPOSITION_ROOTS = Set.of("dev.convoke.server.cli", "dev.convoke.bench.cli");
    /** Generated from a schema; a leaf that its base package may see. */
    static final String GENERATED = "dev.convoke.transport.codec";

    private static final List<Exclusive> EXCLUSIVE_LIBRARIES = List.of(
        new Exclusive("jcuda.", Set.of("dev.convoke.tensorcuda")),
        new Exclusive("jdk.incubator.vector.", Set.of("dev.convoke.tensor.vector",
            // Measures what vectors can do at most.
            "dev.convoke.bench.machine")),
        new Exclusive("io.aeron.", Set.of("dev.convoke.transport.aeron", "dev.convoke.server.cli",
            // The ping-pong that exchanges are compared with.
            "dev.convoke.bench.exchange.raw")));

    private static final Set<String> PURE_MODULES = Set.of("gating", "loadbalance");
    private static final List<String> IMPURE = List.of("java.lang.Thread", "java.util.concurrent.", "java.io.File",
        "java.io.InputStream", "java.io.OutputStream", "java.nio.file.", "java.nio.channels.", "java.net.",
        "java.util.Random", "java.util.SplittableRandom", "org.slf4j.", "org.agrona.concurrent.");

    /** Modules whose values reach a model's output. */
    private static final Set<String> NUMERIC_MODULES = Set.of("tensor", "gating", "routing", "experthost", "decoder");
    private static final Pattern REDUCED_FLOATS =
        Pattern.compile("jdk\\.incubator\\.vector\\.(Float|Double)?Vector\\.reduceLanes(ToLong)?\\(.*");
    private static final Pattern TRANSCENDENTAL_LANES = Pattern.compile("jdk\\.incubator\\.vector\\.VectorOperators\\."
        + "(EXP|EXPM1|LOG|LOG10|LOG1P|POW|SIN|COS|TAN|ASIN|ACOS|ATAN|ATAN2|SINH|COSH|TANH|CBRT|HYPOT):.*");
    private static final Pattern PLATFORM_MATH = Pattern.compile("java\\.lang\\.Math\\."
        + "(exp|expm1|log|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|hypot)\\(.*");

    private Rules() {
    }

    record Exclusive(String prefix, Set<String> packages) {
    }

    static String moduleOf(final String packageName) {
        final String[] parts = packageName.split("\\.");
        return parts.length > 2 ? parts[2] : "";
    }

    static List<String> moduleDirection(final PackageGraph graph) {
        return edges(graph, (from, to) -> {
            final String module = moduleOf(from);
            return !module.equals(moduleOf(to)) && !MODULES.getOrDefault(module, Set.of()).contains(moduleOf(to));
        }, "uses a module that is not below it");
    }

    static List<String> packageDirection(final PackageGraph graph) {
        return edges(graph, (from, to) -> moduleOf(from).equals(moduleOf(to)) && !to.equals(GENERATED)
            && !COMPOSITION_ROOTS.contains(from) && !from.startsWith(to + "."),
            "may use only packages above it in its own module");
    }

    private static List<String> edges(final PackageGraph graph, final BiPredicate<String, String> forbidden,
        final String why) {
        final List<String> violations = new ArrayList<>();
        for (final String from : graph.packages()) {
            for (final String to : graph.usedBy(from)) {
                if (forbidden.test(from, to)) {
                    violations.add(from + " -> " + to + ": " + why);
                }
            }
        }
        return violations;
    }

    static List<String> exclusiveLibraries(final Collection<CompiledClass> classes) {
        final List<String> violations = new ArrayList<>();
        for (final Exclusive library : EXCLUSIVE_LIBRARIES) {
            violations.addAll(uses(classes, compiled -> !library.packages().contains(compiled.packageName()),
                List.of(library.prefix()), "is reserved for " + library.packages()));
        }
        return violations;
    }

    static List<String> purity(final Collection<CompiledClass> classes) {
        return uses(classes, compiled -> PURE_MODULES.contains(moduleOf(compiled.packageName())), IMPURE,
            "has no place in a pure module");
    }

    private static List<String> uses(final Collection<CompiledClass> classes, final Predicate<CompiledClass> in,
        final List<String> prefixes, final String why) {
        final List<String> violations = new ArrayList<>();
        for (final CompiledClass compiled : classes) {
            if (in.test(compiled)) {
                compiled.classes().stream().filter(used -> prefixes.stream().anyMatch(used::startsWith))
                    .forEach(used -> violations.add(compiled.name() + " uses " + used + ", which " + why));
            }
        }
        return violations;
    }

    /** Operations whose bits differ before and after compilation, or from machine to machine. */
    static List<String> unstableMath(final Collection<CompiledClass> classes) {
        final List<String> violations = new ArrayList<>();
        for (final CompiledClass compiled : classes) {
            final boolean numeric = NUMERIC_MODULES.contains(moduleOf(compiled.packageName()));
            for (final String member : compiled.members()) {
                if (REDUCED_FLOATS.matcher(member).matches() || TRANSCENDENTAL_LANES.matcher(member).matches()
                    || numeric && PLATFORM_MATH.matcher(member).matches()) {
                    violations.add(compiled.name() + " uses " + member + ", whose bits are not fixed");
                }
            }
        }
        return violations;
    }
}
