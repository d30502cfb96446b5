package dev.convoke.loadbalance.trace;

import dev.convoke.core.ConfigurationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What traces of one model say together: of all rows, and of the rows of each label, called a domain here. Adds up as
 * many traces as it is given; owned by one thread.
 */
public final class TraceStatistics {
    /** The name of the domain of rows without a label. */
    public static final String UNLABELLED = "(unlabelled)";
    /** The name of the domain of all rows. */
    public static final String ALL = "(all)";

    private final Map<String, DomainStatistics> domains = new LinkedHashMap<>();
    private TraceHeader header;
    private String firstName;
    private DomainStatistics all;
    private long steps;
    private long droppedSteps;

    /**
     * Adds a whole trace. After one that is damaged the statistics are of no use.
     *
     * @throws ConfigurationException if it is of another model than those before; nothing is added then
     */
    public void add(final String name, final TraceReader reader) {
        if (header == null) {
            header = reader.header();
            firstName = name;
            all = new DomainStatistics(ALL, header);
        } else if (!header.isOfSameModel(reader.header())) {
            throw new ConfigurationException(name + " is of " + described(reader.header()) + ", but " + firstName
                + " of " + described(header) + "; give traces of one model.");
        }
        final TraceStep step = new TraceStep(reader.header());
        final List<DomainStatistics> ofLabel = new ArrayList<>();
        while (reader.next(step)) {
            while (ofLabel.size() < reader.labels().size()) {
                ofLabel.add(null);
            }
            addStep(step, reader.labels(), ofLabel);
        }
        steps += reader.end().steps();
        droppedSteps += reader.end().droppedSteps();
    }

    private void addStep(final TraceStep step, final List<String> labels, final List<DomainStatistics> ofLabel) {
        all.add(step, DomainStatistics.ANY_LABEL);
        for (int run = 0; run < step.runs(); run++) {
            final int label = step.label(run);
            if (isFirstOfItsLabel(step, run)) {
                if (ofLabel.get(label) == null) {
                    ofLabel.set(label, domain(label == 0 ? UNLABELLED : labels.get(label)));
                }
                ofLabel.get(label).add(step, label);
            }
        }
    }

    private DomainStatistics domain(final String name) {
        return domains.computeIfAbsent(name, key -> new DomainStatistics(key, header));
    }

    private static boolean isFirstOfItsLabel(final TraceStep step, final int run) {
        for (int before = 0; before < run; before++) {
            if (step.label(before) == step.label(run)) {
                return false;
            }
        }
        return true;
    }

    private static String described(final TraceHeader header) {
        return header.model() + " (" + header.fingerprint() + ", " + header.layers() + " layers, " + header.experts()
            + " experts, top-" + header.topK() + ")";
    }

    /** Of the first trace; null while there is none. */
    public TraceHeader header() {
        return header;
    }

    /** All rows; null while there is no trace. */
    public DomainStatistics all() {
        return all;
    }

    /** The rows of each label, in order of their first appearance. */
    public List<DomainStatistics> domains() {
        return List.copyOf(domains.values());
    }

    /** Steps of all traces. */
    public long steps() {
        return steps;
    }

    /** Steps that happened while they were recorded, and are not in them. */
    public long droppedSteps() {
        return droppedSteps;
    }
}
