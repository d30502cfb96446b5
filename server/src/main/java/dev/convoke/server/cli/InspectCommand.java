package dev.convoke.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.Precision;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.deployment.Placements;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a checkpoint holds, and what serving it takes. */
@Command(name = "inspect", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Describes a checkpoint: architecture, sizes, what an expert and a token cost, memory of each host.")
final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", arity = "0..1",
        description = "Checkpoint, a directory or a GGUF file. Default: models/tiny-moe",
        defaultValue = "models/tiny-moe")
    private String model;

    @Option(names = "--hosts", paramLabel = "N", defaultValue = "1",
        description = "Expert hosts to share the experts among. Default: ${DEFAULT-VALUE}")
    private int hosts;

    @Option(names = "--placement", paramLabel = "NAME", defaultValue = "round-robin",
        description = "How experts are dealt out to hosts. Default: ${DEFAULT-VALUE}")
    private String placement;

    @Option(names = "--replicas", paramLabel = "N", defaultValue = "1",
        description = "Hosts that each hold a replica of every expert. Default: ${DEFAULT-VALUE}")
    private int replicas;

    @Option(names = "--dtype", paramLabel = "TYPE",
        description = "Type of weights and KV while serving: f32 or bf16; or int8: weights in 8 bits, KV in bf16. "
            + "Default: the checkpoint's own.")
    private String dtype;

    @Option(names = "--json", description = "Print one JSON object instead; sizes in bytes.")
    private boolean json;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws JsonProcessingException {
        if (hosts < 1) {
            throw new ConfigurationException("hosts is " + hosts + "; choose 1 or more.");
        }
        final PrintWriter out = spec.commandLine().getOut();
        try (Checkpoint checkpoint = CheckpointFormat.openAny(ModelOptions.located(model))) {
            final Precision precision = dtype == null ? checkpoint.ownPrecision() : Precision.named(dtype);
            final Map<String, Object> description = ModelDescription.of(checkpoint, precision, Placements.first(
                checkpoint.configuration(), ExpertSettings.local(ExpertSettings.IN_PROCESS, hosts, placement,
                    List.of()).withReplicas(replicas)));
            if (json) {
                out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(description));
            } else {
                new DescriptionTable(out).print(description);
            }
        }
        out.flush();
        return 0;
    }
}
