package dev.convoke.transport;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.transport.codec.CombineEncoder;
import dev.convoke.transport.codec.DispatchEncoder;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.ExpertState;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Valid frames of every template with random contents; each ends exactly where its buffer ends. */
final class SampleFrames {
    private final SplittableRandom random;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final FrameWriter writer = new FrameWriter();

    SampleFrames(final SplittableRandom random) {
        this.random = random;
    }

    UnsafeBuffer ofTemplate(final int templateId) {
        final ExpandableArrayBuffer target = new ExpandableArrayBuffer();
        final int length = switch (templateId) {
            case 1 -> dispatch(target);
            case 2 -> combine(target);
            case 3 -> writer.hello(target, 0, identity(), 1 + random.nextInt(8192));
            case 4 -> writer.welcome(target, 0, identity(), random.nextLong(), random.nextLong(), experts());
            case 6 -> writer.loadExpert(target, 0, identity(), random.nextInt(256), random.nextLong());
            case 7 -> writer.freeExpert(target, 0, identity(), random.nextInt(256));
            case 8 -> writer.statusRequest(target, 0, identity());
            case 9 -> writer.hostStatus(target, 0, identity(), random.nextLong(), holdings());
            case 10 -> writer.fetchExpert(target, 0, identity(), random.nextInt(256), random.nextLong());
            case 11 -> writer.expertPiece(target, 0, identity(), piece());
            default -> writer.refusal(target, 0, identity(), random.nextLong(), random.nextInt(),
                ErrorCode.get((short)random.nextInt(8)), new byte[random.nextInt(200)]);
        };
        final byte[] bytes = new byte[length];
        target.getBytes(0, bytes);
        return new UnsafeBuffer(bytes);
    }

    FrameIdentity identity() {
        final int parts = 1 + random.nextInt(100);
        return new FrameIdentity()
            .modelFingerprint(random.nextLong())
            .decoderId(random.nextLong())
            .incarnation(random.nextLong())
            .exchangeId(random.nextLong())
            .numericsId(random.nextInt())
            .attempt(random.nextInt(65535))
            .part(random.nextInt(parts), parts)
            .layer(random.nextInt(100))
            .dtype(random.nextBoolean() ? DType.F32 : DType.BF16);
    }

    private ExpertPiece piece() {
        final DType[] types = DType.values();
        return new ExpertPiece(random.nextInt(256), random.nextLong(), types[random.nextInt(types.length)],
            types[random.nextInt(types.length)], types[random.nextInt(types.length)], bytes(random.nextInt(300)));
    }

    /** At least one expert. */
    private HostHoldings holdings() {
        final Map<ExpertId, ExpertState> states = new LinkedHashMap<>();
        states.put(new ExpertId(1, 1), ExpertState.HELD);
        experts().forEach(expert -> states.put(expert, ExpertState.get((short)random.nextInt(4))));
        return new HostHoldings(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong(), states,
            "x".repeat(random.nextInt(100)));
    }

    private List<ExpertId> experts() {
        final List<ExpertId> experts = new ArrayList<>();
        final int count = random.nextInt(50);
        for (int i = 0; i < count; i++) {
            experts.add(new ExpertId(random.nextInt(60), random.nextInt(256)));
        }
        return experts;
    }

    private int dispatch(final ExpandableArrayBuffer target) {
        final FrameIdentity identity = identity();
        final int hiddenSize = 1 + random.nextInt(40);
        final int rowCount = 1 + random.nextInt(10);
        final int perRow = 1 + random.nextInt(3);
        final DispatchEncoder encoder = new DispatchEncoder().wrapAndApplyHeader(target, 0, header);
        identity.writeTo(encoder.identity());
        encoder.epoch(random.nextLong()).hiddenSize(hiddenSize).rowCount(rowCount)
            .answerCopies((short)(1 + random.nextInt(3)));
        final DispatchEncoder.AssignmentsEncoder group = encoder.assignmentsCount(rowCount * perRow);
        for (int i = 0; i < rowCount * perRow; i++) {
            group.next().row(random.nextInt(500)).dataRow(i / perRow).expert(random.nextInt(256))
                .slot((short)(i % perRow)).padding((short)0).inputScale(Float.NaN);
        }
        final byte[] rows = bytes(rowCount * hiddenSize * identity.dtype().bytes());
        encoder.putAuthenticationTag(bytes(16), 0, random.nextBoolean() ? 16 : 0).putRows(rows, 0, rows.length);
        return MessageHeaderEncoder.ENCODED_LENGTH + encoder.encodedLength();
    }

    private int combine(final ExpandableArrayBuffer target) {
        final FrameIdentity identity = identity();
        final int hiddenSize = 1 + random.nextInt(40);
        final int count = random.nextInt(20);
        final CombineEncoder encoder = new CombineEncoder().wrapAndApplyHeader(target, 0, header);
        identity.writeTo(encoder.identity());
        encoder.hiddenSize(hiddenSize).queueNs(random.nextInt()).computeNs(random.nextInt());
        final CombineEncoder.ResultsEncoder group = encoder.resultsCount(count);
        for (int i = 0; i < count; i++) {
            group.next().row(random.nextInt(500)).expert(random.nextInt(256)).slot((short)0).padding((short)0);
        }
        final byte[] rows = bytes(count * hiddenSize * identity.dtype().bytes());
        encoder.putAuthenticationTag(bytes(16), 0, random.nextBoolean() ? 16 : 0).putRows(rows, 0, rows.length);
        return MessageHeaderEncoder.ENCODED_LENGTH + encoder.encodedLength();
    }

    private byte[] bytes(final int length) {
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
