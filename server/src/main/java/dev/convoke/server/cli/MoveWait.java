package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.client.AdminClient;
import java.io.PrintWriter;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Waits for the end of a move of replicas that a running server has begun. */
final class MoveWait {
    private static final String ROUTE = "/admin/v1/cluster";
    private static final Duration INTERVAL = Duration.ofMillis(200);

    @Option(names = "--no-wait", description = "Return when the server has begun; cluster status shows how far it is.")
    private boolean noWait;

    /** Says how far it is; an error where it was rolled back. */
    int until(final AdminClient client, final PrintWriter out) throws InterruptedException {
        String last = "";
        JsonNode status = client.get(ROUTE);
        while (!noWait && !status.path("move").isNull()) {
            final JsonNode move = status.path("move");
            final String now = (move.path("undoing").asBoolean() ? "undoing, " : "") + move.path("stage").asText()
                + ", phase " + move.path("phase").asInt() + " of " + move.path("phases").asInt() + ": "
                + move.path("loads").asInt() + " replicas to load, " + move.path("drops").asInt() + " to free";
            if (!now.equals(last)) {
                out.println(now);
                out.flush();
                last = now;
            }
            Thread.sleep(INTERVAL);
            status = client.get(ROUTE);
        }
        final String failure = status.path("last_failure").asText();
        if (!noWait && !failure.isEmpty()) {
            throw new ConvokeException("It was rolled back: " + failure);
        }
        out.println(noWait ? "begun" : "done, epoch " + status.path("epoch").asLong());
        out.flush();
        return 0;
    }
}
