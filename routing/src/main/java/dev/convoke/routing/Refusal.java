package dev.convoke.routing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.convoke.core.ForeignText;
import dev.convoke.core.NumericsId;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.RefusalDecoder;
import java.util.Arrays;
import java.util.Locale;

/** The latest refusal of a host, kept as it came; text is built when somebody asks. */
final class Refusal {
    private static final byte[] NO_TEXT = new byte[0];

    private final byte[] text = new byte[FrameWriter.MAX_TEXT_BYTES];
    private final byte[] newText = new byte[FrameWriter.MAX_TEXT_BYTES];
    private ErrorCode code = ErrorCode.NONE;
    private int textBytes;
    private int version;
    private int numericsId;

    /** Takes over a checked frame whose text comes next; returns whether it says something new. */
    boolean set(final RefusalDecoder decoder) {
        final ErrorCode newCode = decoder.code();
        final int newVersion = decoder.spokenVersion();
        numericsId = decoder.hostNumericsId();
        final int newBytes = decoder.getText(newText, 0, newText.length);
        return set(newCode, newVersion, newText, newBytes);
    }

    /** A frame in another version says nothing but its version. */
    boolean setWrongVersion(final int spoken) {
        return set(ErrorCode.WRONG_VERSION, spoken, NO_TEXT, 0);
    }

    private boolean set(final ErrorCode newCode, final int newVersion, final byte[] source, final int bytes) {
        final boolean isNew = newCode != code || newVersion != version
            || !Arrays.equals(text, 0, textBytes, source, 0, bytes);
        code = newCode;
        version = newVersion;
        textBytes = bytes;
        System.arraycopy(source, 0, text, 0, bytes);
        return isNew;
    }

    void clear() {
        code = ErrorCode.NONE;
        textBytes = 0;
    }

    ErrorCode code() {
        return code;
    }

    /** What the host says, what this decoder is, and the remedy. */
    String sentence(final String address, final RoutedModel model) {
        // The text is a stranger's: no line breaks or escapes of terminals.
        final String said = ForeignText.onOneLine(new String(text, 0, textBytes, UTF_8));
        return "Expert host " + address + " refuses (" + code.name().toLowerCase(Locale.ROOT).replace('_', ' ') + "): "
            + remedy(model) + (said.isEmpty() ? "" : " It says: \"" + said + "\"");
    }

    private String consent() {
        final NumericsId its = new NumericsId(numericsId);
        return NumericsId.named(its.toString()).isEmpty() ? "" : ", or start the decoder with --accept-numerics " + its
            + ", and texts may depend on which hosts compute them";
    }

    private String remedy(final RoutedModel model) {
        return switch (code) {
            case WRONG_MODEL -> "this decoder serves model " + model.fingerprint()
                + "; start the host with the same model directory.";
            case WRONG_NUMERICS -> "it computes " + new NumericsId(numericsId) + " and this decoder "
                + model.numerics() + ", so that their bits differ; start both with the same backend and dtype"
                + consent() + ".";
            case WRONG_OPERAND_TYPE -> "this decoder computes in " + model.operandType()
                + "; start the host with the same dtype.";
            case WRONG_VERSION -> "it speaks protocol version " + version + " and this decoder version "
                + RefusalDecoder.SCHEMA_VERSION + "; run the same release on both.";
            case EXPERT_NOT_LOADED -> "give the host the experts that the placement puts on it.";
            case DRAINING -> "it is shutting down; start a host in its place.";
            default -> "the frame may have been damaged on its way.";
        };
    }
}
