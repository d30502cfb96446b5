package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Figures of a cluster as lines that fit a terminal: the most important first, what does not fit is left out. */
final class TopScreen {
    private static final int NARROW = 60;
    private static final int WIDE = 110;
    private static final int LEAST_HOST = 10;
    private static final int MOST_HOST = 28;
    private static final int LAYER_COLUMN = 38;
    private static final int MOST_STAGES = 6;
    private static final int SECONDS_OF_HOUR = 3600;
    private static final int SECONDS_OF_MINUTE = 60;
    /** A layer whose busiest expert has so many times the mean fills its bar. */
    private static final double FULL_HEAT = 4;
    private static final String FAILOVER = "failover_";
    private static final String RESET = "\u001b[0m";
    private static final Map<String, String> COLOURS = Map.of("gone", "\u001b[31m", "open", "\u001b[31m", "drained",
        "\u001b[33m", "trial", "\u001b[33m");

    private final JsonNode figures;
    private final int width;
    private final boolean isColoured;
    private final char full;
    private final char empty;
    private final List<String> lines = new ArrayList<>();

    private TopScreen(final JsonNode figures, final int width, final boolean isColoured, final Charset charset) {
        this.figures = figures;
        this.width = width;
        this.isColoured = isColoured;
        final boolean blocks = charset.canEncode() && charset.newEncoder().canEncode("\u2588\u2591");
        this.full = blocks ? '\u2588' : '#';
        this.empty = blocks ? '\u2591' : '.';
    }

    /**
     * Draws.
     *
     * @param figures    as {@link dev.convoke.server.client.ClusterFigures} tells them
     * @param server     its address
     * @param width      columns of the terminal
     * @param isColoured whether states may be coloured
     * @param charset    that lines are written in
     */
    static List<String> lines(final JsonNode figures, final String server, final int width, final boolean isColoured,
        final Charset charset) {
        final TopScreen screen = new TopScreen(figures, width, isColoured, charset);
        screen.heading(server);
        screen.hosts();
        screen.moves();
        screen.stages();
        screen.layers();
        return screen.lines;
    }

    private void heading(final String server) {
        final long up = figures.path("uptime_seconds").asLong();
        add("%s at %s, up %d:%02d:%02d%s", text("model"), server, up / SECONDS_OF_HOUR,
            up / SECONDS_OF_MINUTE % SECONDS_OF_MINUTE, up % SECONDS_OF_MINUTE,
            figures.path("idle").asBoolean() ? ", idle (since start)" : "");
        wrap(List.of("%s tokens/s".formatted(number("tokens_per_second")),
            "%s prompt rows/s".formatted(number("prompt_rows_per_second")),
            "%d running".formatted(figures.path("running").asLong()),
            "%d waiting".formatted(figures.path("waiting").asLong()),
            "step %s ms".formatted(number("step_ms")), "%s rows/step".formatted(number("rows_per_step")),
            "KV %d %%".formatted(Math.round(100 * figures.path("kv_cache_share").asDouble()))));
        wrap(state());
    }

    private List<String> state() {
        final List<String> state = new ArrayList<>(List.of("epoch %d%s".formatted(figures.path("epoch").asLong(),
            figures.path("epoch").equals(figures.path("decoder_epoch")) ? ""
                : " (decoder at %d)".formatted(figures.path("decoder_epoch").asLong()))));
        if (figures.path("experts_unreachable").asLong() > 0) {
            state.add("%d experts unreachable".formatted(figures.path("experts_unreachable").asLong()));
        }
        if (figures.path("experts_under_replicated").asLong() > 0) {
            state.add("%d under-replicated".formatted(figures.path("experts_under_replicated").asLong()));
        }
        final double failovers = figures.path("events").properties().stream()
            .filter(event -> event.getKey().startsWith(FAILOVER)).mapToDouble(event -> event.getValue().path("total")
            .asDouble()).sum();
        state.add("%d failovers".formatted((long)failovers));
        figures.path("events").properties().forEach(event -> {
            if (event.getValue().path("total").asLong() > 0) {
                final double perSecond = event.getValue().path("per_second").asDouble();
                state.add("%s %d%s".formatted(event.getKey().replace(FAILOVER, "").replace('_', ' '),
                    event.getValue().path("total").asLong(),
                    perSecond > 0 ? " (%s/s)".formatted(Numbers.of(perSecond)) : ""));
            }
        });
        return state;
    }

    private void hosts() {
        int hostWidth = LEAST_HOST;
        for (final JsonNode host : figures.path("hosts")) {
            hostWidth = Math.max(hostWidth, host.path("address").asText().length());
        }
        final boolean isNarrow = width < NARROW;
        final boolean isWide = width >= WIDE;
        hostWidth = Math.min(hostWidth, isNarrow ? LEAST_HOST : MOST_HOST);
        lines.add("");
        final String name = "%-" + hostWidth + "s";
        final String parts = isWide ? " %8s %7s %7s" : "%s%s%s";
        final String head = name.formatted("host") + " %-7s %-7s".formatted("state", "breaker")
            + (isNarrow ? "" : " %9s %6s".formatted("experts", "out")) + " %7s".formatted("ms")
            + parts.formatted(isWide ? "network" : "", isWide ? "queue" : "", isWide ? "expert" : "") + " share";
        addPlain(head);
        for (final JsonNode host : figures.path("hosts")) {
            final String start = name.formatted(cut(host.path("address").asText(), hostWidth));
            final String experts = host.path("experts_held").asInt() + "/" + host.path("experts_placed").asInt();
            final String middle = (isNarrow ? "" : " %9s %6d".formatted(experts, host.path("outstanding").asLong()))
                + " %7s".formatted(Numbers.of(host.path("latency_ms").asDouble()))
                + parts.formatted(isWide ? Numbers.of(host.path("network_ms").asDouble()) : "",
                    isWide ? Numbers.of(host.path("queue_ms").asDouble()) : "",
                    isWide ? Numbers.of(host.path("expert_ms").asDouble()) : "");
            final double share = host.path("share").asDouble();
            final String percent = " %3d %% ".formatted(Math.round(100 * share));
            final int used = start.length() + 16 + middle.length() + percent.length();
            lines.add(used > width ? cut(start + " %-7s %-7s".formatted(host.path("state").asText(),
                host.path("breaker").asText()) + middle + percent, width)
                : start + " " + coloured(host.path("state").asText(), 7) + " "
                + coloured(host.path("breaker").asText(), 7) + middle + percent + bar(share, width - used));
            if (!host.path("failure").asText().isEmpty()) {
                addPlain("  " + host.path("failure").asText());
            }
            if (host.path("other_numerics_entries").asLong() > 0) {
                addPlain("  computes %s: %d entries in other numerics than the decoder's, %s/s".formatted(
                    host.path("numerics").asText(), host.path("other_numerics_entries").asLong(),
                    Numbers.of(host.path("other_numerics_per_second").asDouble())));
            }
        }
    }

    private void moves() {
        final JsonNode move = figures.path("move");
        if (move.isObject()) {
            add("%s %s, phase %d of %d: %d replicas to load, %d to free",
                move.path("undoing").asBoolean() ? "undoing a move:" : "moving:", move.path("stage").asText(),
                move.path("phase").asInt(), move.path("phases").asInt(), move.path("loads").asInt(),
                move.path("drops").asInt());
        } else {
            addPlain("no replicas are being moved");
        }
        if (!text("last_failure").isEmpty()) {
            addPlain("the last move was rolled back: " + text("last_failure"));
        }
    }

    private void stages() {
        lines.add("");
        addPlain("stages of a step, ms");
        final double step = figures.path("step_ms").asDouble();
        figures.path("stages_ms").properties().stream().limit(MOST_STAGES).forEach(stage -> {
            final double ms = stage.getValue().asDouble();
            final String start = "%-10s %8s ".formatted(stage.getKey(), Numbers.of(ms));
            addPlain(start + bar(step > 0 ? ms / step : 0, Math.max(0, width - start.length())));
        });
    }

    /** Layers side by side, as many as the width takes. */
    private void layers() {
        lines.add("");
        addPlain("load of a layer's busiest expert and host, times the mean");
        final int columns = Math.max(1, width / LAYER_COLUMN);
        final int columnWidth = width / columns;
        final JsonNode layers = figures.path("layers");
        final int rows = Math.ceilDiv(layers.size(), columns);
        for (int row = 0; row < rows; row++) {
            final StringBuilder line = new StringBuilder();
            for (int layer = row; layer < layers.size(); layer += rows) {
                line.append(layer(layers.get(layer), columnWidth));
            }
            addPlain(line.toString());
        }
    }

    private String layer(final JsonNode layer, final int columnWidth) {
        final double heat = layer.path("busiest_expert_over_mean").asDouble();
        final String start = "%3d ".formatted(layer.path("layer").asInt());
        final String end = " %5s %5s  ".formatted(Numbers.of(heat),
            Numbers.of(layer.path("busiest_host_over_mean").asDouble()));
        return start + bar(heat / FULL_HEAT, columnWidth - start.length() - end.length()) + end;
    }

    private String bar(final double share, final int columns) {
        final int cells = Math.max(0, columns);
        final int filled = (int)Math.round(Math.clamp(share, 0, 1) * cells);
        return String.valueOf(full).repeat(filled) + String.valueOf(empty).repeat(cells - filled);
    }

    private String coloured(final String state, final int columns) {
        final String padded = ("%-" + columns + "s").formatted(state);
        return isColoured && COLOURS.containsKey(state) ? COLOURS.get(state) + padded + RESET : padded;
    }

    /** Puts parts into as many lines as they need. */
    private void wrap(final List<String> parts) {
        String line = "";
        for (final String part : parts) {
            if (!line.isEmpty() && line.length() + 2 + part.length() > width) {
                addPlain(line);
                line = "";
            }
            line += (line.isEmpty() ? "" : "  ") + part;
        }
        addPlain(line);
    }

    private void add(final String format, final Object... values) {
        addPlain(String.format(Locale.ROOT, format, values));
    }

    private void addPlain(final String line) {
        lines.add(cut(line.stripTrailing(), width));
    }

    /** As much as fits, and nothing that a terminal would obey. */
    private static String cut(final String text, final int columns) {
        final String harmless = text.replaceAll("\\p{Cntrl}", "?");
        return harmless.length() <= columns ? harmless : harmless.substring(0, columns);
    }

    private String text(final String name) {
        return figures.path(name).asText();
    }

    private String number(final String name) {
        return Numbers.of(figures.path(name).asDouble());
    }

    /** Three digits, without a dot where they are before it. */
    private static final class Numbers {
        private Numbers() {
        }

        static String of(final double value) {
            final int decimals = value >= 100 || value == 0 ? 0 : value >= 10 ? 1 : 2;
            return String.format(Locale.ROOT, "%." + decimals + "f", value);
        }
    }
}
