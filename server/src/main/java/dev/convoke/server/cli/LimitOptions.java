package dev.convoke.server.cli;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NamedServices;
import dev.convoke.decoder.DecoderContext;
import dev.convoke.gating.Capacity;
import dev.convoke.gating.CapacityPolicy;
import dev.convoke.routing.ReplicaChoice;
import dev.convoke.routing.RoutingContext;
import dev.convoke.tensor.KvPages;
import java.util.function.ToLongFunction;
import org.agrona.SystemUtil;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How much a decoder takes on, and how long it waits. */
public final class LimitOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

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

    @Option(names = "--capacity-policy", paramLabel = "NAME", defaultValue = "dropless", description = "What becomes "
        + "of a step's rows beyond an expert's capacity on one host. dropless: there is none. spill: they go to "
        + "another replica; the output stays the same. expanded-drop and drop change the output: what no replica has "
        + "room for goes to the next likeliest expert that has, and is left out where none has, or is left out at "
        + "once. Default: ${DEFAULT-VALUE}")
    private String capacityPolicy;

    @Option(names = "--capacity-factor", paramLabel = "FACTOR", description = "An expert's capacity on one host, in "
        + "even shares of the rows that a step sends to experts, as 1.5; Infinity for no limit. Default: no limit")
    private Double capacityFactor;

    @Option(names = "--resend-after", paramLabel = "TIME", defaultValue = "1s", description = "The longest silence of "
        + "an expert host, as 500ms or 2s, before another that holds the experts is asked; where there is none, the "
        + "same is after four times as long. It is less once the host has shown how fast it answers. Default: "
        + "${DEFAULT-VALUE}")
    private String resendAfter;

    @Option(names = "--resend-after-least", paramLabel = "TIME", description = "The shortest silence of an expert "
        + "host that is taken for a failure, however fast it usually answers. Default: 40ms, or --resend-after if that "
        + "is shorter")
    private String resendAfterLeast;

    @Option(names = "--hedge-share", paramLabel = "SHARE", defaultValue = "0.1", description = "How many dispatch "
        + "frames may be repeated to another host because the first host answers later than nearly always; 0 for "
        + "none. Default: ${DEFAULT-VALUE}")
    private double hedgeShare;

    @Option(names = "--replica-choice", paramLabel = "NAME", description = "Which host computes an expert that several "
        + "hold: balanced, or the first that answers. Default: ${DEFAULT-VALUE}",
        defaultValue = RoutingContext.DEFAULT_REPLICA_CHOICE)
    private String replicaChoice;

    @Option(names = "--ridge-rows", paramLabel = "N", defaultValue = "0", description = "Rows from which on an expert "
        + "takes longer the more it has; 0 learns it from what hosts take. Default: ${DEFAULT-VALUE}")
    private int ridgeRows;

    @Option(names = "--exchange-deadline", paramLabel = "TIME", defaultValue = "30s", description = "How long a layer "
        + "waits for its experts before the step's requests fail. Default: ${DEFAULT-VALUE}")
    private String exchangeDeadline;

    /** Throws if one is wrong, or two contradict each other. */
    void check() {
        Setting.requireKnown(options, "replica-choice", replicaChoice,
            NamedServices.all(ReplicaChoice.class).keySet());
        requirePositive("max-sequences", maxSequences);
        requirePositive("max-waiting", maxWaiting);
        if (tokenBudget < maxSequences) {
            throw Setting.contradiction(options, "token-budget", "max-sequences", "all sequences have to decode in one "
                + "step, so raise the first or lower the second");
        }
        final long resendNs = duration("resend-after", resendAfter);
        requirePositive("resend-after", resendNs);
        if (resendNs > duration("exchange-deadline", exchangeDeadline)) {
            throw Setting.contradiction(options, "resend-after", "exchange-deadline", "nothing would ever be asked for "
                + "again, so shorten the first or lengthen the second");
        }
        if (resendAfterLeast != null) {
            requirePositive("resend-after-least", duration("resend-after-least", resendAfterLeast));
            if (duration("resend-after-least", resendAfterLeast) > resendNs) {
                throw Setting.contradiction(options, "resend-after-least", "resend-after", "the least is more than the "
                    + "most, so shorten the first or lengthen the second");
            }
        }
        if (!(hedgeShare >= 0 && hedgeShare <= 1)) {
            throw new ConfigurationException("hedge-share is " + hedgeShare + "; choose 0 to 1.");
        }
        if (ridgeRows < 0) {
            throw new ConfigurationException("ridge-rows is " + ridgeRows + "; choose 0 to learn it, or more.");
        }
        requirePositive("kv-bytes", kvCacheBytes());
        checkCapacity();
    }

    private void checkCapacity() {
        Setting.requireKnown(options, "capacity-policy", capacityPolicy, CapacityPolicy.labels());
        final boolean isDropless = CapacityPolicy.named(capacityPolicy) == CapacityPolicy.DROPLESS;
        if (capacityFactor == null && !isDropless) {
            throw Setting.contradiction(options, "capacity-policy", "capacity-factor", "say how many even shares an "
                + "expert takes, as 1.5");
        }
        if (capacityFactor != null && capacityFactor < Double.POSITIVE_INFINITY && isDropless) {
            throw Setting.contradiction(options, "capacity-factor", "capacity-policy", "dropless knows no limit, so "
                + "choose spill, expanded-drop or drop, or leave the factor out");
        }
        capacity();
    }

    private Capacity capacity() {
        return new Capacity(CapacityPolicy.named(capacityPolicy),
            capacityFactor == null ? Double.POSITIVE_INFINITY : capacityFactor);
    }

    private static void requirePositive(final String name, final long value) {
        if (value <= 0) {
            throw new ConfigurationException(name + " is " + value + "; choose more than 0.");
        }
    }

    private long kvCacheBytes() {
        return parse("kv-bytes", kvBytes, "a size such as 512m or 4g",
            value -> SystemUtil.parseSize("kv-bytes", value));
    }

    DecoderContext decoder(final DecoderContext context) {
        requireRoom(context);
        return context.maxSequences(maxSequences).maxWaiting(maxWaiting).maxContext(maxContext)
            .tokenBudget(tokenBudget).kvBytes(kvCacheBytes())
            .capacity(capacity());
    }

    /** A length that was asked for has to fit into the cache; the model's own may be longer than a request gets. */
    private void requireRoom(final DecoderContext context) {
        final ModelConfiguration model = context.checkpoint().configuration();
        final long pages = Math.ceilDiv(maxContext, KvPages.PAGE_TOKENS);
        final long neededBytes = pages * KvPages.pageBytes(context.dtype(), model.layers(), model.kvHeads(),
            model.headDim());
        if (maxContext <= model.maxPositions() && neededBytes > kvCacheBytes()) {
            throw Setting.contradiction(options, "max-context", "kv-bytes", "one sequence of that length takes "
                + neededBytes + " bytes, so raise the second to at least that or lower the first");
        }
    }

    RoutingContext routing(final RoutingContext context) {
        if (resendAfterLeast != null) {
            context.leastResendAfterNs(duration("resend-after-least", resendAfterLeast));
        }
        return context.capacityRows(tokenBudget)
            .replicaChoice(NamedServices.named(ReplicaChoice.class, replicaChoice))
            .resendAfterNs(duration("resend-after", resendAfter)).hedgeShare(hedgeShare).ridgeRows(ridgeRows)
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
