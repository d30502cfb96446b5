package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.client.AdminClient;
import dev.convoke.server.client.ClusterFigures;
import dev.convoke.server.http.BearerKeys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A view of a running server that is drawn again and again. */
@Command(name = "top", mixinStandardHelpOptions = true, sortOptions = false, description = "Shows what a running "
    + "server and its expert hosts do, live: hosts, load, moves, failovers, stages and layers. q or Ctrl-C ends it. "
    + "Where there is no terminal it is shown once.")
final class TopCommand implements Callable<Integer> {
    private static final long KEY_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int PLAIN_COLUMNS = 120;
    private static final int LEAST_COLUMNS = 20;
    private static final int MOST_COLUMNS = 1000;
    private static final double NS = 1e-9;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(names = "--api-key-file", paramLabel = "FILE", description = "File whose first line is an API key of the "
        + "server, if it has any, for its metrics. Default: the environment variable " + ApiOptions.KEYS_VARIABLE)
    private Path apiKeyFile;

    @Option(names = "--interval", paramLabel = "TIME", defaultValue = "1s",
        description = "From one look to the next; rates are of that time. Default: ${DEFAULT-VALUE}")
    private String interval;

    @Option(names = "--once", description = "Print one view, after one interval, and end.")
    private boolean once;

    @Option(names = "--json", description = "The same as one JSON object.")
    private boolean json;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public Integer call() throws Exception {
        Logging.quiet();
        final long intervalNs = LimitOptions.duration("interval", interval);
        if (intervalNs <= 0) {
            throw new ConfigurationException("interval is " + interval + "; choose more than 0.");
        }
        try (AdminClient client = server.required()) {
            if (once || json || !Terminal.isThere()) {
                printOnce(client, intervalNs);
                return 0;
            }
            return live(client, intervalNs);
        }
    }

    private void printOnce(final AdminClient client, final long intervalNs) throws InterruptedException {
        final ClusterFigures.Look first = look(client);
        TimeUnit.NANOSECONDS.sleep(intervalNs);
        final ObjectNode figures = ClusterFigures.of(first, look(client));
        if (json) {
            System.out.println(figures.toPrettyString());
        } else {
            TopScreen.lines(figures, client.server().toString(), plainColumns(), false, System.out.charset())
                .forEach(System.out::println);
        }
        System.out.flush();
    }

    /** As shells tell it, for output that goes elsewhere. */
    private static int plainColumns() {
        final String columns = System.getenv("COLUMNS");
        return columns != null && columns.matches("\\d{1,4}")
            ? Math.clamp(Integer.parseInt(columns), LEAST_COLUMNS, MOST_COLUMNS) : PLAIN_COLUMNS;
    }

    private int live(final AdminClient client, final long intervalNs) throws Exception {
        final CountDownLatch stop = new CountDownLatch(1);
        return StopSignal.run(() -> {
            final ClusterFigures.Look first = look(client);
            try (Terminal terminal = new Terminal(System.out, System.in)) {
                draw(client, terminal, first, intervalNs, stop);
            }
            return 0;
        }, stop::countDown);
    }

    private void draw(final AdminClient client, final Terminal terminal, final ClusterFigures.Look first,
        final long intervalNs, final CountDownLatch stop) throws InterruptedException {
        final boolean isColoured = System.getenv("NO_COLOR") == null;
        ClusterFigures.Look before = first;
        List<String> lines = page(client, ClusterFigures.of(first, first), terminal, isColoured);
        String trouble = "";
        do {
            final List<String> shown = new ArrayList<>(lines);
            if (!trouble.isEmpty()) {
                shown.addFirst(trouble);
            }
            terminal.draw(shown, terminal.size().rows());
            if (isLeft(terminal, intervalNs, stop)) {
                return;
            }
            try {
                final ClusterFigures.Look now = look(client);
                lines = page(client, ClusterFigures.of(before, now), terminal, isColoured);
                before = now;
                trouble = "";
            } catch (final ConvokeException e) {
                // It may come back; until then the last view stays.
                trouble = e.getMessage();
            }
        } while (stop.getCount() > 0);
    }

    private static List<String> page(final AdminClient client, final ObjectNode figures, final Terminal terminal,
        final boolean isColoured) {
        return TopScreen.lines(figures, client.server().toString(), terminal.size().columns(), isColoured,
            System.out.charset());
    }

    /** Waits for the next look; true once somebody wants to leave. */
    private static boolean isLeft(final Terminal terminal, final long intervalNs, final CountDownLatch stop)
        throws InterruptedException {
        final long dueNs = System.nanoTime() + intervalNs;
        for (long leftNs = intervalNs; leftNs > 0; leftNs = dueNs - System.nanoTime()) {
            final int key = terminal.pollKey();
            if (key == 'q' || key == 'Q' || stop.await(Math.min(leftNs, KEY_INTERVAL_NS), TimeUnit.NANOSECONDS)) {
                return true;
            }
        }
        return false;
    }

    private ClusterFigures.Look look(final AdminClient client) throws InterruptedException {
        return new ClusterFigures.Look(System.nanoTime() * NS, client.get(ClusterCommand.ROUTE),
            client.metrics(apiKey()));
    }

    private Optional<String> apiKey() {
        if (apiKeyFile != null) {
            return Optional.of(BearerKeys.read(apiKeyFile, "api-key-file").getFirst());
        }
        final String variable = System.getenv(ApiOptions.KEYS_VARIABLE);
        return Arrays.stream(variable == null ? new String[0] : variable.split(",")).map(String::strip)
            .filter(key -> !key.isEmpty()).findFirst();
    }
}
