package dev.convoke.transport;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.convoke.core.ExpertId;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.HelloEncoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import dev.convoke.transport.codec.RefusalEncoder;
import dev.convoke.transport.codec.WelcomeEncoder;
import java.util.List;
import org.agrona.MutableDirectBuffer;

/**
 * Writes the frames that open a conversation or refuse one; every method returns the frame's length in bytes. The
 * frames that carry rows are written where the rows are. Owned by one thread; {@link #hello} and {@link #welcome} are
 * off the step path.
 */
public final class FrameWriter {
    /** A refusal's text is cut to this many bytes. */
    public static final int MAX_TEXT_BYTES = 1024;
    private static final byte[] NO_BYTES = new byte[0];

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final HelloEncoder hello = new HelloEncoder();
    private final WelcomeEncoder welcome = new WelcomeEncoder();
    private final RefusalEncoder refusal = new RefusalEncoder();

    /** How many experts one {@link #welcome} may list; a host with more sends parts. */
    public static int expertsPerWelcome(final int maxFrameBytes) {
        final int fixedBytes = MessageHeaderEncoder.ENCODED_LENGTH + WelcomeEncoder.BLOCK_LENGTH
            + WelcomeEncoder.ExpertsEncoder.HEADER_SIZE + WelcomeEncoder.authenticationTagHeaderLength();
        return Math.min(WelcomeEncoder.ExpertsEncoder.countMaxValue(),
            (maxFrameBytes - fixedBytes) / WelcomeEncoder.ExpertsEncoder.sbeBlockLength());
    }

    /** A decoder introduces itself. */
    public int hello(
        final MutableDirectBuffer target, final int offset, final FrameIdentity identity, final int hiddenSize) {
        hello.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(hello.identity());
        hello.hiddenSize(hiddenSize).putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + hello.encodedLength();
    }

    /** The host accepts the decoder; one part of the list of what it holds. */
    public int welcome(
        final MutableDirectBuffer target,
        final int offset,
        final FrameIdentity identity,
        final long hostId,
        final List<ExpertId> experts) {
        welcome.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(welcome.identity());
        welcome.hostId(hostId);
        final WelcomeEncoder.ExpertsEncoder group = welcome.expertsCount(experts.size());
        for (final ExpertId expert : experts) {
            group.next().layer(expert.layer()).expert(expert.index());
        }
        welcome.putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + welcome.encodedLength();
    }

    /** The host does not do what was asked; the text is prepared ahead, see {@link #text}. */
    public int refusal(
        final MutableDirectBuffer target,
        final int offset,
        final FrameIdentity identity,
        final long hostId,
        final ErrorCode code,
        final byte[] text) {
        refusal.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(refusal.identity());
        refusal.hostId(hostId)
            .code(code)
            .spokenVersion(RefusalEncoder.SCHEMA_VERSION)
            .putText(text, 0, Math.min(text.length, MAX_TEXT_BYTES))
            .putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + refusal.encodedLength();
    }

    /** A sentence as {@link #refusal} wants it. */
    public static byte[] text(final String sentence) {
        return sentence.getBytes(UTF_8);
    }
}
