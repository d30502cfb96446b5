package dev.convoke.bench.exchange;

import java.util.List;

/**
 * What an exchange puts on the wire, frame headers included.
 *
 * @param out  to each host
 * @param back from each host
 */
public record LegBytes(List<Long> out, List<Long> back) {
    /** To all hosts. */
    public long totalOut() {
        return out.stream().mapToLong(Long::longValue).sum();
    }

    /** From all hosts. */
    public long totalBack() {
        return back.stream().mapToLong(Long::longValue).sum();
    }
}
