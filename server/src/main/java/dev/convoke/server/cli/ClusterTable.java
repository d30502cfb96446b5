package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Locale;

/** Hosts and moves for a terminal. */
final class ClusterTable {
    private static final String ROW = "%-28s %-9s %7s %7s %7s %8s %8s %7s%n";

    private final PrintWriter out;

    ClusterTable(final PrintWriter out) {
        this.out = out;
    }

    void print(final JsonNode status) {
        out.printf(Locale.ROOT, "placement epoch %d, decoder at %d%n", status.path("epoch").asLong(),
            status.path("decoder_epoch").asLong());
        out.printf(Locale.ROOT, ROW, "host", "state", "placed", "held", "room", "loading", "freeing", "failed");
        int free = 0;
        for (final JsonNode host : status.path("hosts")) {
            if (host.path("address").asText().isEmpty()) {
                free++;
                continue;
            }
            final String state = !host.path("up").asBoolean() ? "gone" : host.path("drained").asBoolean() ? "drained"
                : "up";
            out.printf(Locale.ROOT, ROW, host.path("address").asText(), state,
                host.path("replicas_placed").asText(), host.path("replicas_held").asText(),
                host.path("up").asBoolean() ? host.path("room").asText() : "", host.path("loading").asText(),
                host.path("freeing").asText(), host.path("failed").asText());
            if (host.path("up").asBoolean() && !host.path("numerics").equals(status.path("numerics"))) {
                out.printf("  computes %s, not %s%n", host.path("numerics").asText(),
                    status.path("numerics").asText());
            }
            if (!host.path("failure").asText().isEmpty()) {
                out.println("  " + host.path("failure").asText());
            }
        }
        if (free > 0) {
            out.printf(Locale.ROOT, "room for %d more hosts%n", free);
        }
        final JsonNode move = status.path("move");
        if (move.isObject()) {
            out.printf(Locale.ROOT, "%s %s, phase %d of %d: %d replicas to load, %d to free%n",
                move.path("undoing").asBoolean() ? "undoing a move:" : "moving:", move.path("stage").asText(),
                move.path("phase").asInt(), move.path("phases").asInt(), move.path("loads").asInt(),
                move.path("drops").asInt());
        }
        if (!status.path("last_failure").asText().isEmpty()) {
            out.println("the last move was rolled back: " + status.path("last_failure").asText());
        }
    }
}
