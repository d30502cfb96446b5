package dev.convoke.transport;

import dev.convoke.core.ExpertId;
import dev.convoke.core.ForeignText;
import dev.convoke.transport.codec.ExpertState;
import dev.convoke.transport.codec.HostStatusDecoder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an expert host says of its experts; immutable.
 *
 * @param revision         rises whenever what it holds changes
 * @param memoryLimitBytes the most that weights of experts may take
 * @param memoryUsedBytes  what they take, with those being loaded and freed
 * @param expertBytes      what one more takes
 * @param experts          those it has, in whatever state; of a list in parts, those of one part
 * @param failure          why an expert could not be loaded last, in one sentence; empty if none failed
 */
public record HostHoldings(long revision, long memoryLimitBytes, long memoryUsedBytes, long expertBytes,
    Map<ExpertId, ExpertState> experts, String failure) {
    /** The same, with a part of the list. */
    public HostHoldings withExperts(final Map<ExpertId, ExpertState> part) {
        return new HostHoldings(revision, memoryLimitBytes, memoryUsedBytes, expertBytes, part, failure);
    }

    /** Reads a checked frame; text of a stranger loses what a terminal would obey. */
    public static HostHoldings of(final HostStatusDecoder decoder) {
        final Map<ExpertId, ExpertState> experts = new LinkedHashMap<>();
        final long revision = decoder.revision();
        final long limit = decoder.memoryLimitBytes();
        final long used = decoder.memoryUsedBytes();
        final long bytes = decoder.expertBytes();
        for (final HostStatusDecoder.ExpertsDecoder expert : decoder.experts()) {
            experts.put(new ExpertId(expert.layer(), expert.expert()), expert.state());
        }
        return new HostHoldings(revision, limit, used, bytes, experts,
            ForeignText.onOneLine(decoder.failure()));
    }
}
