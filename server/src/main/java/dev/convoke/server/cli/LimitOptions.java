package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.decoder.DecoderContext;
import dev.convoke.routing.RoutingContext;
import java.util.function.ToLongFunction;
import org.agrona.SystemUtil;
import picocli.CommandLine.Option;

/** How much a decoder takes on, and how long it waits. */
public final class LimitOptions {
    @Option(names = "--max-sequences", paramLabel = "N", defaultValue = "16",
        description = "Sequences that run together. Default: ${DEFAULT-VALUE}")
    private int maxSequences;

    @Option(names = "--max-waiting", paramLabel = "N", defaultValue = "256",
        description = "Requests that may wait for their turn. Default: ${DEFAULT-VALUE}")
    private int maxWaiting;

    @Option(names = "--max-context", paramLabel = "N", defaultValue = "0", description = "Positions of the longest "
        + "sequence, prompt and answer together; 0 takes the model's. Default: ${DEFAULT-VALUE}")
    private int maxContext;

    @Option(names = "--token-budget", paramLabel = "N", defaultValue = "256", description = "The most rows of a step: "
        + "decodes first, prompt chunks fill what is left. Default: ${DEFAULT-VALUE}")
    private int tokenBudget;

    @Option(names = "--kv-bytes", paramLabel = "SIZE", defaultValue = "256m",
        description = "Memory of the key-value cache, as 512m or 4g. Default: ${DEFAULT-VALUE}")
    private String kvBytes;

    @Option(names = "--capacity-factor", paramLabel = "FACTOR", defaultValue = "Infinity", description = "Counts rows "
        + "beyond FACTOR times an expert's even share; none is dropped. Default: no limit")
    private double capacityFactor;

    @Option(names = "--resend-after", paramLabel = "TIME", defaultValue = "1s", description = "Silence of an expert "
        + "host after which it is asked again, as 500ms or 2s. Default: ${DEFAULT-VALUE}")
    private String resendAfter;

    @Option(names = "--exchange-deadline", paramLabel = "TIME", defaultValue = "30s", description = "How long a layer "
        + "waits for its experts before the step's requests fail. Default: ${DEFAULT-VALUE}")
    private String exchangeDeadline;

    DecoderContext decoder(final DecoderContext context) {
        return context.maxSequences(maxSequences).maxWaiting(maxWaiting).maxContext(maxContext)
            .tokenBudget(tokenBudget).kvBytes(parse("kv-bytes", kvBytes, "a size such as 512m or 4g",
                value -> SystemUtil.parseSize("kv-bytes", value)))
            .capacityFactor(capacityFactor);
    }

    RoutingContext routing(final RoutingContext context) {
        return context.capacityRows(tokenBudget).resendAfterNs(duration("resend-after", resendAfter))
            .exchangeDeadlineNs(duration("exchange-deadline", exchangeDeadline));
    }

    static long duration(final String name, final String text) {
        return parse(name, text, "a time such as 500ms or 2s", value -> SystemUtil.parseDuration(name, value));
    }

    static long parse(final String name, final String text, final String form,
        final ToLongFunction<String> parser) {
        try {
            return parser.applyAsLong(text);
        } catch (final NumberFormatException e) {
            throw new ConfigurationException(name + " is '" + text + "'; give " + form + ".", e);
        }
    }
}
