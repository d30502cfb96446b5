package dev.convoke.architecture;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Which package of the product uses which other one. */
final class PackageGraph {
    private final Map<String, Set<String>> uses = new TreeMap<>();

    PackageGraph(final Collection<CompiledClass> classes) {
        for (final CompiledClass compiled : classes) {
            final Set<String> used = uses.computeIfAbsent(compiled.packageName(), key -> new TreeSet<>());
            for (final String other : compiled.classes()) {
                final String otherPackage = CompiledClass.packageOf(other);
                if (other.startsWith(ProductClasses.ROOT + ".") && !otherPackage.equals(compiled.packageName())) {
                    used.add(otherPackage);
                }
            }
        }
    }

    Set<String> packages() {
        return uses.keySet();
    }

    Set<String> usedBy(final String packageName) {
        return uses.getOrDefault(packageName, Set.of());
    }

    /** Groups of packages that reach one another: strongly connected components of more than one (Tarjan, 1972). */
    List<Set<String>> cycles() {
        final Search search = new Search();
        uses.keySet().forEach(search::visit);
        return search.components;
    }

    private final class Search {
        private final Map<String, Integer> order = new HashMap<>();
        private final Map<String, Integer> lowest = new HashMap<>();
        private final Deque<String> stack = new ArrayDeque<>();
        private final List<Set<String>> components = new ArrayList<>();

        void visit(final String name) {
            if (order.containsKey(name)) {
                return;
            }
            order.put(name, order.size());
            lowest.put(name, order.get(name));
            stack.push(name);
            for (final String used : usedBy(name)) {
                visit(used);
                if (stack.contains(used)) {
                    lowest.merge(name, lowest.get(used), Math::min);
                }
            }
            if (lowest.get(name).equals(order.get(name))) {
                close(name);
            }
        }

        private void close(final String name) {
            final Set<String> component = new TreeSet<>();
            String member;
            do {
                member = stack.pop();
                component.add(member);
            } while (!member.equals(name));
            if (component.size() > 1) {
                components.add(component);
            }
        }
    }
}
