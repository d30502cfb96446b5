package dev.convoke.transport.faults;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import dev.convoke.core.Quantity;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network as operators write it, by names: {@code delay=200us}, {@code loss=1%}, {@code bandwidth=10Gbit}. A name
 * counts for both directions and all peers unless {@code in.} or {@code out.}, a peer's number, or both go before it,
 * as in {@code 1.in.delay}; the closest counts.
 */
public final class NetworkSettings implements FaultPlan {
    private static final Map<String, String> NAMES = new TreeMap<>(Map.ofEntries(
        Map.entry("delay", "0us"), Map.entry("jitter", "0us"), Map.entry("distribution", "normal"),
        Map.entry("spike", "0%"), Map.entry("spike-delay", "0us"), Map.entry("bandwidth", "0bit"),
        Map.entry("queue", String.valueOf(Network.QUEUE_BYTES)), Map.entry("loss", "0%"),
        Map.entry("duplicate", "0%"), Map.entry("reorder", "0%"), Map.entry("reorder-delay", "0us")));
    private static final String SEED = "seed";
    private static final Pattern KEY = Pattern.compile("(?:(\\d{1,4})\\.)?(?:(in|out)\\.)?([a-z-]+)");
    private static final int MAX_PEERS = 10_000;

    private final Map<String, String> settings;
    /** By direction, for peers of whom nothing is said. */
    private final Faults[] common = new Faults[Direction.values().length];
    /** By peer and direction. */
    private final Faults[][] byPeer;
    private final OptionalLong seed;

    /**
     * Reads them.
     *
     * @throws ConfigurationException if a name is unknown, or a value cannot be read or misses another
     */
    public NetworkSettings(final Map<String, String> settings) {
        this.settings = Map.copyOf(settings);
        int peers = 0;
        for (final String key : new TreeSet<>(settings.keySet())) {
            peers = Math.max(peers, checkKey(key));
        }
        byPeer = new Faults[peers][common.length];
        for (final Direction direction : Direction.values()) {
            common[direction.ordinal()] = faults("", direction);
            for (int peer = 0; peer < peers; peer++) {
                byPeer[peer][direction.ordinal()] = faults(peer + ".", direction);
            }
        }
        seed = settings.containsKey(SEED) ? OptionalLong.of(Quantity.whole("network.seed",
            settings.get(SEED).strip())) : OptionalLong.empty();
    }

    /** One more than the peer that a name is about, or 0. */
    private static int checkKey(final String key) {
        final Matcher matcher = KEY.matcher(key);
        final Set<String> known = new TreeSet<>(NAMES.keySet());
        known.add(SEED);
        if (!matcher.matches() || !known.contains(matcher.group(3))
            || matcher.group(3).equals(SEED) && !key.equals(SEED)) {
            final String name = key.substring(key.lastIndexOf('.') + 1);
            throw new ConfigurationException("network." + key + " is no setting; choose from "
                + String.join(", ", known) + ", all but seed perhaps after a peer's number, in or out, as in 1.in.delay"
                + NearestName.hint(name, known) + ".");
        }
        return matcher.group(1) == null ? 0 : Math.min(MAX_PEERS, Integer.parseInt(matcher.group(1)) + 1);
    }

    private Faults faults(final String peer, final Direction direction) {
        final Function<String, Setting> setting = name -> setting(peer, direction, name);
        final long reorderNs = after(setting.apply("reorder"), setting.apply("reorder-delay"));
        final long spikeNs = after(setting.apply("spike"), setting.apply("spike-delay"));
        final Network network = new Network(setting.apply("delay").duration(), setting.apply("jitter").duration(),
            setting.apply("distribution").distribution(), setting.apply("spike").rate(), spikeNs,
            setting.apply("bandwidth").bandwidth(), setting.apply("queue").size());
        return Faults.NONE.withLoss(setting.apply("loss").rate()).withDuplication(setting.apply("duplicate").rate())
            .withDelay(setting.apply("reorder").rate(), reorderNs).withNetwork(network);
    }

    private Setting setting(final String peer, final Direction direction, final String name) {
        final String way = direction.name().toLowerCase(Locale.ROOT) + ".";
        final Optional<String> key = List.of(peer + way, peer, way, "").stream()
            .map(scope -> scope + name).filter(settings::containsKey).findFirst();
        return new Setting(key.orElse(name), key.map(settings::get).orElse(NAMES.get(name)).strip());
    }

    /** The length of what happens at a rate; needed when that is not 0. */
    private static long after(final Setting rate, final Setting length) {
        if (rate.rate() > 0 && length.duration() == 0) {
            throw new ConfigurationException("network." + rate.name() + " is " + rate.value() + " and network."
                + length.name() + " " + length.value() + "; say for how long, for example " + length.name()
                + "=1ms.");
        }
        return length.duration();
    }

    @Override
    public Faults faults(final Direction direction, final int peer) {
        return peer < byPeer.length ? byPeer[peer][direction.ordinal()] : common[direction.ordinal()];
    }

    /** The seed, if one was given. */
    public OptionalLong seed() {
        return seed;
    }

    /** The highest number of a peer that anything is said about in particular, or -1. */
    public int lastPeer() {
        return byPeer.length - 1;
    }

    /** As it was written, in order of names. */
    @Override
    public String toString() {
        final TreeMap<String, String> sorted = new TreeMap<>(settings);
        sorted.remove(SEED);
        return String.join(", ", sorted.entrySet().stream().map(entry -> entry.getKey() + " "
            + entry.getValue().strip()).toList());
    }

    /** All names, sorted. */
    public static Set<String> names() {
        return Collections.unmodifiableSet(NAMES.keySet());
    }

    private record Setting(String name, String value) {
        private String fullName() {
            return "network." + name;
        }

        long duration() {
            return Quantity.durationNs(fullName(), value);
        }

        double rate() {
            return Quantity.share(fullName(), value);
        }

        long bandwidth() {
            return Math.round(Quantity.of(fullName(), value, "bit"));
        }

        int size() {
            return Quantity.bytes(fullName(), value);
        }

        Distribution distribution() {
            return Arrays.stream(Distribution.values())
                .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(value)).findFirst()
                .orElseThrow(() -> new ConfigurationException(fullName() + " is '" + value + "'; choose normal, "
                    + "uniform, exponential or pareto."));
        }
    }
}
