package dev.convoke.experthost;

import dev.convoke.transport.codec.CombineEncoder;
import dev.convoke.transport.codec.DispatchDecoder;
import dev.convoke.transport.codec.GroupSizeEncodingEncoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;

/** How much of what fits into one frame, authentication tags being empty. */
final class WireLimits {
    private static final int DISPATCH_ENVELOPE_BYTES = MessageHeaderEncoder.ENCODED_LENGTH
        + DispatchDecoder.BLOCK_LENGTH + DispatchDecoder.AssignmentsDecoder.sbeHeaderSize()
        + DispatchDecoder.rowsHeaderLength() + DispatchDecoder.authenticationTagHeaderLength();
    private static final int COMBINE_ENVELOPE_BYTES = MessageHeaderEncoder.ENCODED_LENGTH
        + CombineEncoder.BLOCK_LENGTH + CombineEncoder.ResultsEncoder.sbeHeaderSize()
        + CombineEncoder.rowsHeaderLength() + CombineEncoder.authenticationTagHeaderLength();

    private WireLimits() {
    }

    /** Most rows a Dispatch can bring. */
    static int dispatchRows(final int frameBytes, final int rowBytes) {
        return inGroup((frameBytes - DISPATCH_ENVELOPE_BYTES) / rowBytes);
    }

    /** Most assignments a Dispatch can bring. */
    static int dispatchAssignments(final int frameBytes) {
        return inGroup((frameBytes - DISPATCH_ENVELOPE_BYTES) / DispatchDecoder.AssignmentsDecoder.sbeBlockLength());
    }

    /** Most results that fit into a Combine. */
    static int combineResults(final int frameBytes, final int rowBytes) {
        return inGroup((frameBytes - COMBINE_ENVELOPE_BYTES)
            / (rowBytes + CombineEncoder.ResultsEncoder.sbeBlockLength()));
    }

    /** Length of a Combine with so many results. */
    static int combineBytes(final int results, final int rowBytes) {
        return COMBINE_ENVELOPE_BYTES + results * (rowBytes + CombineEncoder.ResultsEncoder.sbeBlockLength());
    }

    private static int inGroup(final int entries) {
        return Math.clamp(entries, 0, GroupSizeEncodingEncoder.numInGroupMaxValue());
    }
}
