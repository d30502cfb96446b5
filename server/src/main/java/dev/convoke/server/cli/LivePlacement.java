package dev.convoke.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.eplb.EplbMaps;
import dev.convoke.loadbalance.explicit.ExplicitPlacement;
import dev.convoke.server.client.AdminClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The placement of a running server: shown, written as EPLB maps, and changed by them. */
abstract class LivePlacement implements Callable<Integer> {
    private static final String ROUTE = "/admin/v1/placement";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, IOException {
        Logging.quiet();
        try (AdminClient client = server.required()) {
            return ask(client, spec.commandLine().getOut());
        }
    }

    abstract int ask(AdminClient client, PrintWriter out) throws InterruptedException, IOException;

    /** What each host holds, as {@code --experts} writes it. */
    @Command(name = "show", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Shows what each expert host of a running server holds, as --experts writes it.")
    static final class Show extends LivePlacement {
        @Override
        int ask(final AdminClient client, final PrintWriter out) throws InterruptedException, IOException {
            final JsonNode answer = client.get(ROUTE);
            final JsonNode hosts = answer.path("hosts");
            final Placement placement = EplbMaps.of(JSON.treeToValue(answer.path("phy2log"), int[][].class),
                JSON.treeToValue(answer.path("log2phy"), int[][][].class))
                .toPlacement(answer.path("epoch").asLong(), hosts.size());
            out.println("epoch " + placement.epoch());
            for (int host = 0; host < hosts.size(); host++) {
                if (!hosts.get(host).asText().isEmpty()) {
                    out.println(hosts.get(host).asText() + "  " + ExplicitPlacement.format(placement, host));
                }
            }
            out.flush();
            return 0;
        }
    }

    /** The maps into a file. */
    @Command(name = "export", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Writes the placement of a running server as EPLB maps: phy2log, log2phy and logcnt, in JSON.")
    static final class Export extends LivePlacement {
        @Parameters(paramLabel = "FILE", arity = "0..1", description = "Where they go. Default: the terminal")
        private Path file;

        @Override
        int ask(final AdminClient client, final PrintWriter out) throws InterruptedException, IOException {
            final String text = client.get(ROUTE).toString();
            if (file == null) {
                out.println(text);
                out.flush();
                return 0;
            }
            try {
                Files.writeString(file, text + System.lineSeparator());
            } catch (final IOException e) {
                throw new ConvokeException(file + " cannot be written (" + e.getMessage() + ").", e);
            }
            return 0;
        }
    }

    /** Moves replicas. */
    @Command(name = "apply", mixinStandardHelpOptions = true, sortOptions = false, description = "Moves replicas of a "
        + "running server, while requests go on, until they lie as EPLB maps say.")
    static final class Apply extends LivePlacement {
        @Parameters(paramLabel = "FILE", description = "JSON with phy2log, the expert in each slot, [layers][slots], "
            + "the slots of a host side by side and -1 in an empty one; and perhaps log2phy.")
        private Path file;

        @Mixin
        private MoveWait wait = new MoveWait();

        @Override
        int ask(final AdminClient client, final PrintWriter out) throws InterruptedException {
            client.send(ROUTE, read(file));
            return wait.until(client, out);
        }

        private static ObjectNode read(final Path file) {
            final JsonNode maps;
            try {
                maps = JSON.readTree(file.toFile());
            } catch (final JsonProcessingException e) {
                throw new ConfigurationException(file + " is not JSON: " + e.getOriginalMessage() + ".");
            } catch (final IOException e) {
                throw new ConfigurationException(file + " cannot be read (" + e.getMessage() + ").");
            }
            if (!maps.path("phy2log").isArray()) {
                throw new ConfigurationException(file + " has no phy2log; it must be a JSON object with EPLB maps, as "
                    + "placement export writes them.");
            }
            final ObjectNode body = JsonNodeFactory.instance.objectNode();
            body.set("phy2log", maps.path("phy2log"));
            if (maps.path("log2phy").isArray()) {
                body.set("log2phy", maps.path("log2phy"));
            }
            return body;
        }
    }
}
