package dev.convoke.experthost;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import dev.convoke.core.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How fast the device is that a paced host stands for. A batch takes a fixed time, the time to read the weights of each
 * expert that has rows, and the time for the operations of each row; or so many times what it takes in reality.
 *
 * @param fixedNs             of each batch
 * @param bytesPerSecond      of weights; 0 for at once
 * @param operationsPerSecond a multiplication or an addition each; 0 for at once
 * @param slowdown            what all but the fixed time is multiplied by; without the two before, what a batch takes
 *                            in reality is. 0 for not at all
 */
public record Pace(long fixedNs, double bytesPerSecond, double operationsPerSecond, double slowdown) {
    /** As fast as it goes: nothing is modelled. */
    public static final Pace REAL = new Pace(0, 0, 0, 0);

    private static final double NS_PER_SECOND = 1e9;
    private static final double NS_PER_US = 1e3;
    private static final double GIGA = 1e9;
    private static final Map<String, String> NAMES =
        new TreeMap<>(Map.of("fixed", "0us", "bandwidth", "0B", "rate", "0flop", "slowdown", "0"));
    private static final Pattern KEY = Pattern.compile("(?:(\\d{1,4})\\.)?([a-z]+)");

    /** Checks the ranges. */
    public Pace {
        if (fixedNs < 0 || !(bytesPerSecond >= 0) || !(operationsPerSecond >= 0) || !(slowdown >= 0)) {
            throw new IllegalArgumentException("a pace has no negative parts");
        }
    }

    /**
     * The pace of one host as operators write it: {@code bandwidth=200GB}, {@code rate=40Tflop}, {@code fixed=20us},
     * {@code slowdown=3}. A name with a host's number before it, as in {@code 1.slowdown}, is for that host and
     * counts there instead of the plain one.
     *
     * @throws ConfigurationException if a name is unknown, a value cannot be read, or the number is of no host
     */
    public static Pace of(final Map<String, String> settings, final int host, final int hosts) {
        for (final String key : new TreeSet<>(settings.keySet())) {
            check(key, hosts);
        }
        final Map<String, String> values = new TreeMap<>(NAMES);
        values.replaceAll((name, none) -> settings.getOrDefault(host + "." + name,
            settings.getOrDefault(name, none)).strip());
        return new Pace(Quantity.durationNs("pace.fixed", values.get("fixed")),
            Quantity.of("pace.bandwidth", values.get("bandwidth"), "B"),
            Quantity.of("pace.rate", values.get("rate"), "flop"),
            Quantity.factor("pace.slowdown", values.get("slowdown")));
    }

    private static void check(final String key, final int hosts) {
        final Matcher matcher = KEY.matcher(key);
        final Set<String> known = NAMES.keySet();
        if (!matcher.matches() || !known.contains(matcher.group(2))) {
            throw new ConfigurationException("pace." + key + " is no setting; choose from " + String.join(", ", known)
                + ", perhaps after a host's number, as in 1.slowdown"
                + NearestName.hint(key.substring(key.lastIndexOf('.') + 1), known) + ".");
        }
        if (matcher.group(1) != null && Integer.parseInt(matcher.group(1)) >= hosts) {
            throw new ConfigurationException("pace." + key + " is about host " + matcher.group(1) + ", but there are "
                + hosts + " hosts; number them from 0.");
        }
    }

    /** What a batch takes, in words. */
    @Override
    public String toString() {
        final List<String> parts = new ArrayList<>();
        if (fixedNs > 0) {
            parts.add("%.1f us for each batch".formatted(fixedNs / NS_PER_US));
        }
        final String times = slowdown > 0 ? "%s times ".formatted(slowdown) : "";
        if (bytesPerSecond > 0) {
            parts.add(times + "the time to read weights at %.1f GB/s".formatted(bytesPerSecond / GIGA));
        }
        if (operationsPerSecond > 0) {
            parts.add(times + "the time to compute at %.1f Gflop/s".formatted(operationsPerSecond / GIGA));
        }
        if (slowdown > 0 && bytesPerSecond == 0 && operationsPerSecond == 0) {
            parts.add(times + "its own time");
        }
        return parts.isEmpty() ? "its own time" : String.join(", ", parts);
    }

    /** Whether nothing is modelled. */
    public boolean isReal() {
        return equals(REAL);
    }

    /** How long a batch takes; the real time counts only if nothing else says how long. */
    long batchNs(final long weightBytes, final long operations, final long realNs) {
        final boolean modelled = bytesPerSecond > 0 || operationsPerSecond > 0;
        final double readingNs = bytesPerSecond > 0 ? weightBytes / bytesPerSecond * NS_PER_SECOND : 0;
        final double computingNs = operationsPerSecond > 0 ? operations / operationsPerSecond * NS_PER_SECOND : 0;
        final double once = modelled ? readingNs + computingNs : slowdown > 0 ? realNs : 0;
        return fixedNs + Math.round(once * (slowdown > 0 ? slowdown : 1));
    }
}
