package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.trace.TraceLimits;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.agrona.SystemUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes a routing trace. */
@Command(name = "record", mixinStandardHelpOptions = true, sortOptions = false, description = "Records which experts "
    + "rows choose while prompts are answered by a decoder in this process, one trace for all of them.")
final class PlacementRecordCommand implements Callable<Integer>, Checkable {
    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where the trace goes; a file that is "
        + "there is replaced.")
    private Path out;

    @Option(names = "--max-bytes", paramLabel = "SIZE", defaultValue = "64m",
        description = "The largest trace; the recording ends before it gets larger. Default: ${DEFAULT-VALUE}")
    private String maxBytes;

    @Option(names = "--prompts", paramLabel = "FILE", required = true, description = "Prompts to answer: a JSON array "
        + "of objects with text and domain, JSON lines with prompt and domain (.jsonl), or a prompt a line.")
    private Path prompts;

    @Option(names = "--domain", paramLabel = "NAME", description = "Only the prompts of this domain; if the file gives "
        + "none, all of them are of it.")
    private String domain;

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
        decoder.check();
        mostBytes();
    }

    private long mostBytes() {
        final long bytes = LimitOptions.parse("max-bytes", maxBytes, "a size such as 64m",
            value -> SystemUtil.parseSize("max-bytes", value));
        if (bytes < 1 || bytes > TraceLimits.MOST_BYTES) {
            throw new ConfigurationException("max-bytes is " + maxBytes + "; choose at most "
                + TraceLimits.MOST_BYTES + ", which is what a trace can hold.");
        }
        return bytes;
    }

    @Override
    public Integer call() throws Exception {
        Logging.quiet();
        check();
        OfflineRecording.run(decoder, sampling, PromptFile.read(prompts, domain),
            new RecordedTrace(out, spec.commandLine().getErr()), mostBytes());
        return 0;
    }
}
