package dev.convoke.experthost;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NumericsId;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import java.util.HexFormat;
import java.util.Locale;

/** The sentence that tells the operators of both sides why a frame was refused and what to do about it. */
final class RefusalText {
    private final String host;
    private final ExpertBank bank;
    private final NumericsId numerics;

    RefusalText(final ExpertHostContext context) {
        host = "Expert host " + HexFormat.of().toHexDigits(context.hostId());
        bank = context.bank();
        numerics = context.numerics();
    }

    /**
     * The sentence.
     *
     * @param identity as the refused frame had it
     * @param detail   the version, hidden size or expert that the frame named, where the code is about one
     */
    String of(final ErrorCode code, final FrameIdentity identity, final long detail) {
        return host + switch (code) {
            case WRONG_MODEL -> " serves model " + bank.fingerprint() + ", the decoder asks for "
                + new ModelFingerprint(identity.modelFingerprint()) + "; start both with the same checkpoint.";
            case WRONG_NUMERICS -> " computes " + numerics + " and is asked for "
                + new NumericsId(identity.numericsId()) + "; start both with the same backend and dtype, or "
                + "who asks with --accept-numerics " + numerics + ".";
            case WRONG_OPERAND_TYPE -> " computes in " + name(bank.dtype()) + ", the decoder in "
                + name(identity.dtype()) + "; start both with the same dtype.";
            case WRONG_VERSION -> " speaks protocol version " + MessageHeaderDecoder.SCHEMA_VERSION
                + ", the decoder version " + detail + "; run the same release of both.";
            case MALFORMED -> " has rows of " + bank.model().hiddenSize() + " elements, the frame says " + detail
                + "; run the same release and checkpoint on both.";
            case EXPERT_NOT_LOADED -> " does not hold " + new ExpertId(identity.layer(), (int)detail)
                + "; correct the placement of one side.";
            case DRAINING -> " is shutting down and takes no new work; send it to another host.";
            case NONE, NULL_VAL -> throw new IllegalArgumentException("no refusal: " + code);
        };
    }

    private static String name(final DType dtype) {
        return dtype.name().toLowerCase(Locale.ROOT);
    }
}
