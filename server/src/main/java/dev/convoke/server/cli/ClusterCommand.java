package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.client.AdminClient;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The expert hosts of a running server. */
@Command(name = "cluster", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
    description = "Shows the expert hosts of a running server, and takes hosts out of service and in again.",
    subcommands = {ClusterCommand.Status.class, ClusterCommand.Drain.class, ClusterCommand.Add.class,
        ClusterCommand.Cancel.class})
final class ClusterCommand implements Runnable {
    static final String ROUTE = "/admin/v1/cluster";

    @Spec
    private CommandSpec spec;

    /** Without a subcommand there is nothing to do. */
    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Which command? Choose "
            + String.join(", ", spec.subcommands().keySet()) + ".");
    }

    /** What all of them need. */
    private abstract static class Asking implements Callable<Integer> {
        @Mixin
        private ServerOptions server = new ServerOptions();

        @Mixin
        private CommonOptions common = new CommonOptions();

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException {
            Logging.quiet();
            try (AdminClient client = server.required()) {
                return ask(client, spec.commandLine().getOut());
            }
        }

        abstract int ask(AdminClient client, PrintWriter out) throws InterruptedException;
    }

    /** How hosts and moves stand. */
    @Command(name = "status", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Shows each expert host: replicas placed, held and moved, room; and what is under way.")
    static final class Status extends Asking {
        @Option(names = "--json", description = "Print the server's answer instead.")
        private boolean json;

        @Override
        int ask(final AdminClient client, final PrintWriter out) throws InterruptedException {
            final JsonNode status = client.get(ROUTE);
            if (json) {
                out.println(status.toPrettyString());
            } else {
                new ClusterTable(out).print(status);
            }
            out.flush();
            return 0;
        }
    }

    /** Moves everything off a host. */
    @Command(name = "drain", mixinStandardHelpOptions = true, sortOptions = false, description = "Moves all replicas "
        + "off a host while requests go on, and puts none on it until it is added again.")
    static final class Drain extends Changing {
        @Override
        String route() {
            return "/drain";
        }
    }

    /** Gives a host its share. */
    @Command(name = "add", mixinStandardHelpOptions = true, sortOptions = false, description = "Gives a host its share "
        + "of the replicas: one that was drained, or has come since they were placed.")
    static final class Add extends Changing {
        @Override
        String route() {
            return "/add";
        }
    }

    /** Undoes what is under way. */
    @Command(name = "cancel", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Undoes the move of replicas that is under way.")
    static final class Cancel extends Asking {
        @Override
        int ask(final AdminClient client, final PrintWriter out) throws InterruptedException {
            client.send(ROUTE + "/cancel", JsonNodeFactory.instance.objectNode());
            return 0;
        }
    }

    private abstract static class Changing extends Asking {
        @Parameters(paramLabel = "HOST", description = "Its address, as --expert-hosts of the server names it.")
        private String host;

        @Mixin
        private MoveWait wait = new MoveWait();

        abstract String route();

        @Override
        int ask(final AdminClient client, final PrintWriter out) throws InterruptedException {
            final ObjectNode body = JsonNodeFactory.instance.objectNode().put("host", host);
            client.send(ROUTE + route(), body);
            return wait.until(client, out);
        }
    }
}
