package dev.convoke.server;

import dev.convoke.core.DType;
import dev.convoke.core.Precision;
import dev.convoke.decoder.DecoderContext;
import dev.convoke.server.chat.JinjaChatTemplate;
import dev.convoke.server.deployment.ServedDecoder;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The models of the repository, and decoders of them. */
public final class TestModels {
    public static final Path TINY = Path.of(System.getProperty("convoke.models"), "tiny-moe");
    public static final Path GOLDEN = Path.of(System.getProperty("convoke.models"), "golden", "mixtral");
    public static final String ROUND_ROBIN = "round-robin";
    public static final String GATE = "softmax-top-k";

    private TestModels() {
    }

    public static ModelSettings settings(final Path model, final DType dtype) {
        return new ModelSettings(model, Optional.of(Precision.of(dtype)), "auto", 1);
    }

    /** A decoder with so many expert hosts on its thread. */
    public static ServedDecoder local(final Path model, final DType dtype, final int hosts,
        final UnaryOperator<DecoderContext> customise) {
        return decoder(settings(model, dtype),
            ExpertSettings.local(ExpertSettings.IN_PROCESS, hosts, ROUND_ROBIN, List.of()), GATE, customise);
    }

    public static ServedDecoder decoder(final ModelSettings model, final ExpertSettings experts, final String gate,
        final UnaryOperator<DecoderContext> customise) {
        return new ServedDecoder(model, experts, Optional.of(gate), customise, UnaryOperator.identity(),
            tokenizer -> tokenizer.chatTemplate().<ChatTemplate>map(
                source -> new JinjaChatTemplate(source, LocalDateTime::now)));
    }
}
