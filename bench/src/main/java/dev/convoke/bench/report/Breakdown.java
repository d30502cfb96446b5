package dev.convoke.bench.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Amounts that add up, for each of some categories: the stages of each layer, what was waited for at each host.
 *
 * @param subject    what the categories are, in the singular: {@code layer}
 * @param unit       of the amounts
 * @param categories their names
 * @param parts      the names of the parts
 * @param amounts    by category, then part; 0 where there is none
 */
public record Breakdown(String subject, String unit, List<String> categories, List<String> parts,
    List<double[]> amounts) {

    /** Parts of steps in the order in which a step goes through them; others come last. */
    private static final List<String> ORDER = List.of("schedule", "embed", "attention", "gate", "serialise", "dispatch",
        "wait: expert", "wait: queue", "wait: network", "wait", "expert", "queue", "network", "combine", "head",
        "sample", "other");

    /** Parts of steps in that order. */
    public static List<String> order() {
        return ORDER;
    }

    /** The same with the parts of a step in the order in which a step goes through them. */
    public Breakdown inOrder() {
        final List<Integer> order = new ArrayList<>();
        for (int part = 0; part < parts.size(); part++) {
            order.add(part);
        }
        order.sort(Comparator.comparingInt(part -> ORDER.contains(parts.get(part)) ? ORDER.indexOf(parts.get(part))
            : ORDER.size()));
        return new Breakdown(subject, unit, categories, order.stream().map(parts::get).toList(), amounts.stream()
            .map(row -> order.stream().mapToDouble(part -> row[part]).toArray()).toList());
    }

    /** Breakdowns with one category each as one with a category for each, which get these names. */
    public static Breakdown joined(final List<String> names, final List<Breakdown> single) {
        final Set<String> parts = new LinkedHashSet<>();
        single.forEach(breakdown -> parts.addAll(breakdown.parts()));
        final List<double[]> amounts = new ArrayList<>();
        for (final Breakdown own : single) {
            amounts.add(parts.stream().mapToDouble(part -> own.parts().contains(part)
                ? own.amounts().getFirst()[own.parts().indexOf(part)] : 0).toArray());
        }
        return new Breakdown(single.getFirst().subject(), single.getFirst().unit(), names, List.copyOf(parts),
            Collections.unmodifiableList(amounts)).inOrder();
    }

    /** All parts of a category together. */
    public double total(final int category) {
        double total = 0;
        for (final double amount : amounts.get(category)) {
            total += amount;
        }
        return total;
    }

    /** The largest total. */
    public double most() {
        double most = 0;
        for (int category = 0; category < categories.size(); category++) {
            most = Math.max(most, total(category));
        }
        return most;
    }
}
