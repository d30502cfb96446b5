package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.transport.FrameCheck;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.HostHoldings;
import dev.convoke.transport.codec.CombineDecoder;
import dev.convoke.transport.codec.DispatchEncoder;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.HostStatusDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import dev.convoke.transport.codec.RefusalDecoder;
import dev.convoke.transport.codec.WelcomeDecoder;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/** A decoder's end of an exchange with one host, its frames encoded for real; what comes back is kept. */
final class DecoderSide implements AutoCloseable {
    /** What one result answers. */
    record Key(long exchangeId, int attempt, int part, int row, int slot, int expert) { }

    /** A Combine but for its rows. */
    record Combine(long decoderId, long incarnation, int part, int parts, int results, long queueNs, long computeNs) { }

    /** A Refusal. */
    record Refusal(ErrorCode code, long exchangeId, int attempt, int part, String text) { }

    /** A Welcome. */
    record Welcome(int part, int parts, long hostId, List<ExpertId> experts) { }

    final FrameIdentity identity = new FrameIdentity();
    final Map<Key, float[]> results = new HashMap<>();
    final List<Combine> combines = new ArrayList<>();
    final List<Refusal> refusals = new ArrayList<>();
    final List<Welcome> welcomes = new ArrayList<>();
    final List<HostHoldings> statuses = new ArrayList<>();
    /** What dispatches say. */
    int hiddenSize;
    int repeatedResults;
    /** What the last refusal says that the host computes. */
    int refusersNumerics;
    /** How often dispatches want to be answered. */
    int answerCopies = 1;
    private final FramePort port;
    private final DType dtype;
    private final int columns;
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();

    DecoderSide(final FramePort port, final HostFixture host, final long decoderId) {
        this.port = port;
        this.dtype = host.bank.dtype();
        this.columns = host.bank.model().hiddenSize();
        this.hiddenSize = columns;
        identity.modelFingerprint(host.bank.fingerprint().value())
            .numericsId(1)
            .decoderId(decoderId)
            .incarnation(decoderId + 1)
            .dtype(dtype);
        poll();
    }

    void hello() {
        send(new FrameWriter().hello(buffer, 0, identity, hiddenSize));
    }

    void requestStatus() {
        send(new FrameWriter().statusRequest(buffer, 0, identity));
    }

    void load(final ExpertId expert, final long checksum) {
        identity.layer(expert.layer());
        send(new FrameWriter().loadExpert(buffer, 0, identity, expert.index(), checksum));
    }

    void free(final ExpertId expert) {
        identity.layer(expert.layer());
        send(new FrameWriter().freeExpert(buffer, 0, identity, expert.index()));
    }

    /** With the layer, attempt and part that {@link #identity} says. */
    void dispatch(final long exchangeId, final List<WireRow> rows) {
        identity.exchangeId(exchangeId);
        send(encode(rows));
    }

    int encode(final List<WireRow> rows) {
        final DispatchEncoder encoder = new DispatchEncoder()
            .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder());
        identity.writeTo(encoder.identity());
        encoder.epoch(1).hiddenSize(hiddenSize).rowCount(rows.size()).answerCopies((short)answerCopies);
        final int assignments = rows.stream().mapToInt(row -> row.experts().length).sum();
        final DispatchEncoder.AssignmentsEncoder group = encoder.assignmentsCount(assignments);
        for (int i = 0; i < rows.size(); i++) {
            final WireRow row = rows.get(i);
            for (int slot = 0; slot < row.experts().length; slot++) {
                group.next().row(row.row()).dataRow(i).expert(row.experts()[slot]).slot((short)slot)
                    .padding((short)0).inputScale(row.scale());
            }
        }
        final byte[] bytes = bytes(rows);
        encoder.putAuthenticationTag(new byte[0], 0, 0).putRows(bytes, 0, bytes.length);
        return MessageHeaderEncoder.ENCODED_LENGTH + encoder.encodedLength();
    }

    private byte[] bytes(final List<WireRow> rows) {
        final DType wireType = identity.dtype();
        final byte[] bytes = new byte[rows.size() * hiddenSize * wireType.bytes()];
        int element = 0;
        for (final WireRow row : rows) {
            for (int column = 0; column < hiddenSize; column++) {
                ElementAccess.write(MemorySegment.ofArray(bytes), wireType, element++, row.values()[column]);
            }
        }
        return bytes;
    }

    /** The frame last encoded, for tests that damage it. */
    ExpandableArrayBuffer buffer() {
        return buffer;
    }

    void send(final int length) {
        assertTrue(port.offer(0, buffer, 0, length) > 0, "no room for a test frame");
    }

    int poll() {
        return port.poll(this::onFrame, Integer.MAX_VALUE);
    }

    /** Takes one frame, if there is one. */
    void pollOne() {
        port.poll(this::onFrame, 1);
    }

    /** Takes what came without looking at it. */
    void drop() {
        port.poll((peer, frame, offset, length) -> { }, Integer.MAX_VALUE);
    }

    private void onFrame(final int peer, final DirectBuffer frame, final int offset, final int length) {
        assertEquals(0, peer);
        assertEquals(FrameCheck.OK, FrameCheck.check(frame, offset, length));
        final MessageHeaderDecoder header = new MessageHeaderDecoder().wrap(frame, offset);
        switch (header.templateId()) {
            case CombineDecoder.TEMPLATE_ID -> onCombine(frame, offset, header);
            case WelcomeDecoder.TEMPLATE_ID -> onWelcome(frame, offset, header);
            case RefusalDecoder.TEMPLATE_ID -> onRefusal(frame, offset, header);
            case HostStatusDecoder.TEMPLATE_ID -> statuses.add(
                HostHoldings.of(new HostStatusDecoder().wrapAndApplyHeader(frame, offset, header)));
            default -> throw new AssertionError("a host sent template " + header.templateId());
        }
    }

    private void onCombine(final DirectBuffer frame, final int offset, final MessageHeaderDecoder header) {
        final CombineDecoder decoder = new CombineDecoder().wrapAndApplyHeader(frame, offset, header);
        final FrameIdentity answered = new FrameIdentity().readFrom(decoder.identity());
        assertEquals(identity.modelFingerprint(), answered.modelFingerprint());
        assertEquals(dtype, answered.dtype());
        assertEquals(columns, decoder.hiddenSize());
        final long queueNs = decoder.queueNs();
        final long computeNs = decoder.computeNs();
        final List<Key> keys = new ArrayList<>();
        for (final CombineDecoder.ResultsDecoder result : decoder.results()) {
            keys.add(new Key(answered.exchangeId(), answered.attempt(), answered.part(), result.row(), result.slot(),
                result.expert()));
        }
        decoder.skipAuthenticationTag();
        final byte[] bytes = new byte[decoder.rowsLength()];
        decoder.getRows(bytes, 0, bytes.length);
        for (int i = 0; i < keys.size(); i++) {
            repeatedResults += results.put(keys.get(i), row(bytes, i)) == null ? 0 : 1;
        }
        combines.add(new Combine(answered.decoderId(), answered.incarnation(), answered.part(), answered.parts(),
            keys.size(), queueNs, computeNs));
    }

    private float[] row(final byte[] bytes, final int index) {
        final float[] row = new float[columns];
        for (int column = 0; column < columns; column++) {
            row[column] = ElementAccess.read(MemorySegment.ofArray(bytes), dtype, (long)index * columns + column);
        }
        return row;
    }

    private void onWelcome(final DirectBuffer frame, final int offset, final MessageHeaderDecoder header) {
        final WelcomeDecoder welcome = new WelcomeDecoder().wrapAndApplyHeader(frame, offset, header);
        final FrameIdentity answered = new FrameIdentity().readFrom(welcome.identity());
        final long hostId = welcome.hostId();
        final List<ExpertId> experts = new ArrayList<>();
        for (final WelcomeDecoder.ExpertsDecoder expert : welcome.experts()) {
            experts.add(new ExpertId(expert.layer(), expert.expert()));
        }
        welcomes.add(new Welcome(answered.part(), answered.parts(), hostId, experts));
    }

    private void onRefusal(final DirectBuffer frame, final int offset, final MessageHeaderDecoder header) {
        final RefusalDecoder refusal = new RefusalDecoder().wrapAndApplyHeader(frame, offset, header);
        final FrameIdentity answered = new FrameIdentity().readFrom(refusal.identity());
        assertEquals(RefusalDecoder.SCHEMA_VERSION, refusal.spokenVersion());
        refusersNumerics = refusal.hostNumericsId();
        refusals.add(new Refusal(refusal.code(), answered.exchangeId(), answered.attempt(), answered.part(),
            refusal.text()));
    }

    /** The only refusal so far. */
    Refusal refusal() {
        assertEquals(1, refusals.size(), refusals::toString);
        return refusals.getFirst();
    }

    /** Bit for bit; fails when a result is missing. */
    static void assertBits(final float[] expected, final float[] actual, final Object what) {
        assertEquals(expected.length, actual == null ? -1 : actual.length, () -> "length of " + what);
        for (int i = 0; i < expected.length; i++) {
            final int column = i;
            assertEquals(Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(actual[i]),
                () -> what + " column " + column + ": " + expected[column] + " but " + actual[column]);
        }
    }

    void assertNothingCame() {
        assertTrue(results.isEmpty(), results::toString);
        assertTrue(refusals.isEmpty(), refusals::toString);
        assertNull(welcomes.isEmpty() ? null : welcomes);
    }

    @Override
    public void close() {
        port.close();
    }
}
