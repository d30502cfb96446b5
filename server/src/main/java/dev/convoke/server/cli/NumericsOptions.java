package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NumericsId;
import dev.convoke.server.ExpertSettings;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Whether hosts may compute that have other bits. */
final class NumericsOptions {
    private static final String NAME = "accept-numerics";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--" + NAME, paramLabel = "ID", split = ",", description = "Let expert hosts compute whose bits "
        + "are not those of this process, such as GPUs for CPUs: their numerics, canonical-1, int8-1, cuda-sm90-1 and "
        + "the like, the most preferred first. They compute an expert where no host of this process's own numerics, "
        + "or of one before in the list, holds it and answers; its own come first unless the list says where. Texts "
        + "may then depend on which hosts are there. Default: none")
    private List<String> accepted = new ArrayList<>();

    /** The ids, in order; throws unless each is known and named once. */
    List<NumericsId> accepted() {
        final List<NumericsId> ids = accepted.stream().map(name -> NumericsId.named(name).orElseThrow(() ->
            new ConfigurationException(Setting.written(options, NAME) + " names '" + name + "', which is no numerics "
                + "of this release; choose " + NumericsId.KNOWN + "."))).toList();
        if (ids.stream().distinct().count() < ids.size()) {
            throw new ConfigurationException(Setting.written(options, NAME) + " names one twice; name each once.");
        }
        return ids;
    }

    /** The same for hosts that are elsewhere. */
    List<NumericsId> accepted(final ExpertSettings hosts) {
        if (hosts.local() && Setting.isGiven(options, NAME)) {
            throw Setting.contradiction(options, NAME, "exchange", "hosts in this process compute as it does, so leave "
                + "the first out, or choose aeron-udp or aeron-ipc");
        }
        return accepted();
    }
}
