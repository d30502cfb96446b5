package dev.convoke.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Colours by what they are for, each in a light and a dark variant. Series and parts are after Okabe and Ito, and Tol:
 * they stay apart for people who do not see all colours, and differ in lightness.
 */
public enum Ink {
    /** Behind everything. */
    PAGE("#ffffff", "#14171c"),
    /** Words. */
    TEXT("#1c2128", "#e6e9ed"),
    /** Words that may be overlooked. */
    FAINT_TEXT("#5b6470", "#9aa4b0"),
    /** Lines of axes. */
    AXIS("#8b949e", "#6b7480"),
    /** Lines across plots. */
    RULE("#e4e8ec", "#2a3038"),

    /** The first run. */
    SERIES_1("#0072b2", "#4aa8e0"),
    /** The second, and so on. */
    SERIES_2("#d55e00", "#f0853a"),
    /** See {@link #SERIES_1}. */
    SERIES_3("#009e73", "#2cc79b"),
    /** See {@link #SERIES_1}. */
    SERIES_4("#aa3377", "#dd77aa"),
    /** See {@link #SERIES_1}. */
    SERIES_5("#b8860b", "#e6b93c"),
    /** See {@link #SERIES_1}. */
    SERIES_6("#56b4e9", "#8fd0f5"),
    /** See {@link #SERIES_1}. */
    SERIES_7("#555f6b", "#aeb7c2"),
    /** See {@link #SERIES_1}. */
    SERIES_8("#7a4b1e", "#c79060"),

    /** The least of runs that are in an order, such as that of their rates. */
    ORDER_1("#7ad151", "#8a6fd1"),
    /** See {@link #ORDER_1}. */
    ORDER_2("#42be71", "#6f83d8"),
    /** See {@link #ORDER_1}. */
    ORDER_3("#22a884", "#4f9bd4"),
    /** See {@link #ORDER_1}. */
    ORDER_4("#21918c", "#36b3c0"),
    /** See {@link #ORDER_1}. */
    ORDER_5("#2d708e", "#3fc99a"),
    /** See {@link #ORDER_1}. */
    ORDER_6("#3b528b", "#7ad86a"),
    /** See {@link #ORDER_1}. */
    ORDER_7("#472d7b", "#bfe04a"),
    /** See {@link #ORDER_1}. */
    ORDER_8("#440154", "#fde725"),

    /** Attention. */
    PART_ATTENTION("#332288", "#8b7fe0"),
    /** The gate. */
    PART_GATE("#88ccee", "#88ccee"),
    /** Writing frames. */
    PART_SERIALISE("#44aa99", "#44aa99"),
    /** Handing frames over. */
    PART_DISPATCH("#117733", "#4fae6e"),
    /** Expert computation. */
    PART_EXPERT("#ddcc77", "#ddcc77"),
    /** Queues of hosts. */
    PART_QUEUE("#cc6677", "#e07f90"),
    /** The network. */
    PART_NETWORK("#882255", "#c2588c"),
    /** Combining. */
    PART_COMBINE("#aa4499", "#d47cc5"),
    /** The head. */
    PART_HEAD("#999933", "#b5b548"),
    /** The sampler. */
    PART_SAMPLE("#e08a3c", "#e8a565"),
    /** Small stages. */
    PART_MINOR("#a3acb5", "#79828d"),
    /** Anything else. */
    PART_OTHER("#ccd2d8", "#4c545e"),

    /** Far below the mean. */
    HEAT_1("#2166ac", "#5aa0e6"),
    /** See {@link #HEAT_1}. */
    HEAT_2("#4393c3", "#3f7fbb"),
    /** See {@link #HEAT_1}. */
    HEAT_3("#92c5de", "#2f5f8c"),
    /** See {@link #HEAT_1}. */
    HEAT_4("#d1e5f0", "#2a4058"),
    /** About the mean. */
    HEAT_5("#f1f2f3", "#2c3138"),
    /** See {@link #HEAT_5}. */
    HEAT_6("#fee0b6", "#564226"),
    /** See {@link #HEAT_5}. */
    HEAT_7("#fdb863", "#8a5a1e"),
    /** See {@link #HEAT_5}. */
    HEAT_8("#e08214", "#c9781a"),
    /** Far above the mean. */
    HEAT_9("#b35806", "#f5a03c");

    private final String light;
    private final String dark;

    Ink(final String light, final String dark) {
        this.light = light;
        this.dark = dark;
    }

    /** {@code #rrggbb} on light ground. */
    public String light() {
        return light;
    }

    /** {@code #rrggbb} on dark ground. */
    public String dark() {
        return dark;
    }

    /** As style sheets spell it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Of a family, those of a prefix, in order. */
    private static List<Ink> family(final String prefix) {
        return Arrays.stream(values()).filter(ink -> ink.name().startsWith(prefix)).toList();
    }

    /** Colours for so many runs that are in no order; the eighth is used for all beyond. */
    public static List<Ink> series(final int count) {
        return spread(family("SERIES_"), count, false);
    }

    /** Colours for so many runs in an order, as far apart as can be. */
    public static List<Ink> order(final int count) {
        return spread(family("ORDER_"), count, true);
    }

    private static List<Ink> spread(final List<Ink> family, final int count, final boolean wide) {
        final List<Ink> inks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final int step = wide && count > 1 && count < family.size() ? i * (family.size() - 1) / (count - 1) : i;
            inks.add(family.get(Math.min(step, family.size() - 1)));
        }
        return inks;
    }

    /** The steps from far below to far above. */
    public static List<Ink> heat() {
        return family("HEAT_");
    }

    /** For a part of a step, by its name; the same in every figure. */
    public static Ink ofPart(final String part) {
        return switch (part) {
            case "attention" -> PART_ATTENTION;
            case "gate" -> PART_GATE;
            case "serialise" -> PART_SERIALISE;
            case "dispatch" -> PART_DISPATCH;
            case "wait", "wait: expert", "expert" -> PART_EXPERT;
            case "wait: queue", "queue" -> PART_QUEUE;
            case "wait: network", "network" -> PART_NETWORK;
            case "combine" -> PART_COMBINE;
            case "head" -> PART_HEAD;
            case "sample" -> PART_SAMPLE;
            case "other" -> PART_OTHER;
            default -> PART_MINOR;
        };
    }
}
