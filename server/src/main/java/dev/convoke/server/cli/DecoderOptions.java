package dev.convoke.server.cli;

import dev.convoke.core.NamedServices;
import dev.convoke.gating.Gate;
import dev.convoke.server.ChatTemplate;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.chat.JinjaChatTemplate;
import dev.convoke.server.deployment.ServedDecoder;
import java.time.LocalDateTime;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Everything a decoder is made from; commands that need one use this. */
public final class DecoderOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ExpertOptions experts = new ExpertOptions();

    @Mixin
    private NumericsOptions numerics = new NumericsOptions();

    @Mixin
    private LimitOptions limits = new LimitOptions();

    @Option(names = "--gate", paramLabel = "NAME",
        description = "How experts are picked. Default: as the model was trained")
    private String gate;

    /** Throws unless they make sense together. */
    void check() {
        numerics.accepted(experts.settings());
        checkOthers();
    }

    /** Throws unless they make sense together where a coordinator tells which hosts there are. */
    void checkJoined() {
        numerics.accepted(experts.joined());
        checkOthers();
    }

    private void checkOthers() {
        model.settings();
        experts.requireHostsForPace();
        if (gate != null) {
            Setting.requireKnown(options, "gate", gate, NamedServices.all(Gate.class).keySet());
        }
        limits.check();
    }

    /** Loads and starts a decoder. */
    public ServedDecoder start() {
        check();
        return start(experts.settings(), Optional.empty());
    }

    /** Loads and starts a decoder once it is told which hosts there are. */
    ServedDecoder startJoined(final ServedDecoder.Joining joining) {
        checkJoined();
        return start(experts.joined(), Optional.of(joining));
    }

    private ServedDecoder start(final ExpertSettings settings, final Optional<ServedDecoder.Joining> joining) {
        return new ServedDecoder(model.settings(), settings, joining, Optional.ofNullable(gate), limits::decoder,
            routing -> limits.routing(routing).acceptedNumerics(numerics.accepted()),
            tokenizer -> tokenizer.chatTemplate()
                .<ChatTemplate>map(source -> new JinjaChatTemplate(source, LocalDateTime::now)));
    }

    ExpertOptions experts() {
        return experts;
    }
}
