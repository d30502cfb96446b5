package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConfigurationException;
import dev.convoke.decoder.trace.TraceTransfer;
import dev.convoke.loadbalance.trace.TraceLimits;
import dev.convoke.server.client.AdminClient;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.agrona.SystemUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes a routing trace. */
@Command(name = "record", mixinStandardHelpOptions = true, sortOptions = false, description = "Records which experts "
    + "rows choose: while a running server answers its clients (--server), or while a decoder in this process answers "
    + "prompts (--prompts).")
final class PlacementRecordCommand implements Callable<Integer>, Checkable {
    private static final String SERVER = "server";
    /** What a running server does not have of its own. */
    private static final Set<String> OF_BOTH = Set.of("--output", "--bytes", "--steps", "--seconds", "--domain",
        "--server", "--admin-key-file", "--server-certificate", ConfigFile.OPTION, "--debug", "--help", "--version");

    @Option(names = "--output", paramLabel = "FILE", required = true, description = "Where the trace goes; a file that "
        + "is there is replaced.")
    private Path output;

    @Option(names = "--bytes", paramLabel = "SIZE", defaultValue = "64m",
        description = "The largest trace; the recording ends before it gets larger. Default: ${DEFAULT-VALUE}")
    private String bytes;

    @Option(names = "--steps", paramLabel = "N", description = "The recording ends after so many steps. Default: any")
    private Long steps;

    @Option(names = "--seconds", paramLabel = "N", description = "The recording ends after so long. Default: any time")
    private Long seconds;

    @Option(names = "--domain", paramLabel = "NAME", description = "Labels the rows. With --prompts: only the prompts "
        + "of this domain; if the file gives none, all of them are of it.")
    private String domain;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(names = "--prompts", paramLabel = "FILE", description = "Prompts to answer: a JSON array of objects with "
        + "text and domain, JSON lines with prompt and domain (.jsonl), or a prompt a line.")
    private Path prompts;

    @Mixin
    private SamplingOptions sampling = new SamplingOptions();

    @Mixin
    private DecoderOptions decoder = new DecoderOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public void check() {
        if (server.isGiven()) {
            spec.options().stream().map(OptionSpec::longestName).filter(name -> !OF_BOTH.contains(name))
                .map(name -> name.substring(2)).filter(name -> Setting.isGiven(spec, name)).findFirst()
                .ifPresent(name -> {
                    throw Setting.contradiction(spec, name, SERVER, "a running server has a model and clients of its "
                        + "own, so leave one of them out");
                });
        } else if (prompts == null) {
            throw new ConfigurationException("There is nothing to record; name a running server with --server, or "
                + "prompts to answer here with --prompts.");
        } else {
            decoder.check();
        }
        mostBytes();
        atLeastOne("steps", steps);
        atLeastOne("seconds", seconds);
        if (domain != null && !TraceLimits.isLabel(domain)) {
            throw new ConfigurationException("--domain cannot label rows; give 1 to " + TraceLimits.MOST_LABEL_BYTES
                + " bytes of text that can be printed, without blanks around it.");
        }
    }

    private long mostBytes() {
        final long most = LimitOptions.parse("bytes", bytes, "a size such as 64m",
            value -> SystemUtil.parseSize("bytes", value));
        if (most < TraceLimits.LEAST_BYTES || most > TraceLimits.MOST_BYTES) {
            throw new ConfigurationException("bytes is " + bytes + "; choose at least " + TraceLimits.LEAST_BYTES
                + ", and at most " + TraceLimits.MOST_BYTES + ", which is what a trace can hold.");
        }
        return most;
    }

    private static void atLeastOne(final String name, final Long value) {
        if (value != null && value < 1) {
            throw new ConfigurationException(name + " is " + value + "; give 1 or more, or leave it out.");
        }
    }

    @Override
    public Integer call() throws Exception {
        Logging.quiet();
        check();
        final RecordedTrace trace = new RecordedTrace(output, spec.commandLine().getErr());
        if (server.isGiven()) {
            try (AdminClient client = server.client()) {
                LiveRecording.run(client, settings(), trace);
            }
        } else {
            OfflineRecording.run(decoder, sampling, PromptFile.read(prompts, domain), trace, mostBytes(),
                new TraceTransfer.Limits(Optional.ofNullable(seconds).map(TimeUnit.SECONDS::toNanos)
                    .orElse(Long.MAX_VALUE), Optional.ofNullable(steps).orElse(Long.MAX_VALUE)));
        }
        return 0;
    }

    private ObjectNode settings() {
        return JsonNodeFactory.instance.objectNode().put("domain", domain).put("max_bytes", mostBytes())
            .put("max_steps", steps).put("max_seconds", seconds);
    }
}
