package dev.convoke.transport;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.convoke.core.ExpertId;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.ExpertPieceEncoder;
import dev.convoke.transport.codec.FetchExpertEncoder;
import dev.convoke.transport.codec.FreeExpertEncoder;
import dev.convoke.transport.codec.HelloEncoder;
import dev.convoke.transport.codec.HostStatusEncoder;
import dev.convoke.transport.codec.LoadExpertEncoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import dev.convoke.transport.codec.RefusalEncoder;
import dev.convoke.transport.codec.StatusRequestEncoder;
import dev.convoke.transport.codec.WelcomeEncoder;
import java.util.List;
import org.agrona.MutableDirectBuffer;

/**
 * Writes the frames that open a conversation, refuse one, or are about what a host holds; every method returns the
 * frame's length in bytes. The frames that carry rows are written where the rows are. Owned by one thread; all but
 * {@link #refusal} are off the step path.
 */
public final class FrameWriter {
    /** A refusal's text is cut to this many bytes. */
    public static final int MAX_TEXT_BYTES = 1024;
    private static final int MAX_FAILURE_BYTES = 256;
    private static final byte[] NO_BYTES = new byte[0];

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final HelloEncoder hello = new HelloEncoder();
    private final WelcomeEncoder welcome = new WelcomeEncoder();
    private final RefusalEncoder refusal = new RefusalEncoder();
    private final LoadExpertEncoder loadExpert = new LoadExpertEncoder();
    private final FreeExpertEncoder freeExpert = new FreeExpertEncoder();
    private final StatusRequestEncoder statusRequest = new StatusRequestEncoder();
    private final HostStatusEncoder hostStatus = new HostStatusEncoder();
    private final FetchExpertEncoder fetchExpert = new FetchExpertEncoder();
    private final ExpertPieceEncoder expertPiece = new ExpertPieceEncoder();

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

    /**
     * The host accepts the decoder; one part of the list of what it holds.
     *
     * @param revision rises whenever that changes
     */
    public int welcome(
        final MutableDirectBuffer target,
        final int offset,
        final FrameIdentity identity,
        final long hostId,
        final long revision,
        final List<ExpertId> experts) {
        welcome.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(welcome.identity());
        welcome.hostId(hostId).revision(revision);
        final WelcomeEncoder.ExpertsEncoder group = welcome.expertsCount(experts.size());
        for (final ExpertId expert : experts) {
            group.next().layer(expert.layer()).expert(expert.index());
        }
        welcome.putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + welcome.encodedLength();
    }

    /**
     * The host does not do what was asked; the text is prepared ahead, see {@link #text}.
     *
     * @param numericsId the set of bits that the host computes
     */
    public int refusal(
        final MutableDirectBuffer target,
        final int offset,
        final FrameIdentity identity,
        final long hostId,
        final int numericsId,
        final ErrorCode code,
        final byte[] text) {
        refusal.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(refusal.identity());
        refusal.hostId(hostId)
            .code(code)
            .spokenVersion(RefusalEncoder.SCHEMA_VERSION)
            .hostNumericsId(numericsId)
            .putText(text, 0, Math.min(text.length, MAX_TEXT_BYTES))
            .putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + refusal.encodedLength();
    }

    /** The host shall hold an expert, whose tensors have a checksum. */
    public int loadExpert(final MutableDirectBuffer target, final int offset, final FrameIdentity identity,
        final int expert, final long checksum) {
        loadExpert.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(loadExpert.identity());
        loadExpert.checksum(checksum).expert(expert).putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + loadExpert.encodedLength();
    }

    /** The host shall no longer hold an expert. */
    public int freeExpert(final MutableDirectBuffer target, final int offset, final FrameIdentity identity,
        final int expert) {
        freeExpert.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(freeExpert.identity());
        freeExpert.expert(expert).putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + freeExpert.encodedLength();
    }

    /** The host shall say what it holds. */
    public int statusRequest(final MutableDirectBuffer target, final int offset, final FrameIdentity identity) {
        statusRequest.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(statusRequest.identity());
        statusRequest.putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + statusRequest.encodedLength();
    }

    /** How many experts one {@link #hostStatus} may list; a host with more sends parts. */
    public static int expertsPerHostStatus(final int maxFrameBytes) {
        final int fixedBytes = MessageHeaderEncoder.ENCODED_LENGTH + HostStatusEncoder.BLOCK_LENGTH
            + HostStatusEncoder.ExpertsEncoder.HEADER_SIZE + HostStatusEncoder.failureHeaderLength() + MAX_FAILURE_BYTES
            + HostStatusEncoder.authenticationTagHeaderLength();
        return Math.min(HostStatusEncoder.ExpertsEncoder.countMaxValue(),
            (maxFrameBytes - fixedBytes) / HostStatusEncoder.ExpertsEncoder.sbeBlockLength());
    }

    /** What a host holds; one part of the list. */
    public int hostStatus(final MutableDirectBuffer target, final int offset, final FrameIdentity identity,
        final long hostId, final HostHoldings holdings) {
        hostStatus.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(hostStatus.identity());
        hostStatus.hostId(hostId).revision(holdings.revision()).memoryLimitBytes(holdings.memoryLimitBytes())
            .memoryUsedBytes(holdings.memoryUsedBytes()).expertBytes(holdings.expertBytes());
        final HostStatusEncoder.ExpertsEncoder group = hostStatus.expertsCount(holdings.experts().size());
        holdings.experts().forEach((expert, state) -> group.next().layer(expert.layer()).expert(expert.index())
            .state(state).padding((short)0));
        final byte[] failure = text(holdings.failure());
        hostStatus.putFailure(failure, 0, Math.min(failure.length, MAX_FAILURE_BYTES))
            .putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + hostStatus.encodedLength();
    }

    /** The host shall send a piece of an expert, from a byte on. */
    public int fetchExpert(final MutableDirectBuffer target, final int offset, final FrameIdentity identity,
        final int expert, final long from) {
        fetchExpert.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(fetchExpert.identity());
        fetchExpert.from(from).expert(expert).putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + fetchExpert.encodedLength();
    }

    /** How many bytes of an expert one {@link #expertPiece} holds. */
    public static int expertPieceBytes(final int maxFrameBytes) {
        return maxFrameBytes - MessageHeaderEncoder.ENCODED_LENGTH - ExpertPieceEncoder.BLOCK_LENGTH
            - ExpertPieceEncoder.bytesHeaderLength() - ExpertPieceEncoder.authenticationTagHeaderLength();
    }

    /** A piece of an expert of the identity's layer. */
    public int expertPiece(final MutableDirectBuffer target, final int offset, final FrameIdentity identity,
        final ExpertPiece piece) {
        expertPiece.wrapAndApplyHeader(target, offset, header);
        identity.writeTo(expertPiece.identity());
        expertPiece.from(piece.from()).expert(piece.expert()).gateType((short)piece.gate().ordinal())
            .upType((short)piece.up().ordinal()).downType((short)piece.down().ordinal())
            .putBytes(piece.bytes(), 0, piece.bytes().length).putAuthenticationTag(NO_BYTES, 0, 0);
        return MessageHeaderEncoder.ENCODED_LENGTH + expertPiece.encodedLength();
    }

    /** A sentence as {@link #refusal} wants it. */
    public static byte[] text(final String sentence) {
        return sentence.getBytes(UTF_8);
    }
}
