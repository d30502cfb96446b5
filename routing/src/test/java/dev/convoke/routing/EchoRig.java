package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.codec.CombineEncoder;
import dev.convoke.transport.codec.DispatchDecoder;
import dev.convoke.transport.codec.HelloDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A service over a port that answers every dispatch with its rows, itself allocating nothing. */
final class EchoRig implements AutoCloseable {
    private static final int ROWS = 16;

    private final Arena arena = Arena.ofConfined();
    private final RoutingService service;
    private final ExchangeHandle handle;
    private final RoutingPlan plan;
    private final RowBuffer rows;

    EchoRig() {
        final RoutedModel model = RoutingRig.model(DType.BF16, 64);
        final RoutingContext context = new RoutingContext().port(new EchoPort(model)).model(model)
            .hostAddresses(List.of("echo-0", "echo-1")).capacityRows(ROWS)
            .placement(new RoundRobinPlacement().place(new PlacementRequest(1, 3, 8, 2)));
        context.conclude();
        service = new RoutingService(context);
        handle = new ExchangeHandle(arena, context);
        rows = new RowBuffer(arena, DType.BF16, ROWS, 64);
        plan = new RoutingPlan(8, 2, ROWS);
        plan.start(ROWS);
        for (int row = 0; row < ROWS; row++) {
            plan.choose(row, 0, row % 8, 0.5f);
            plan.choose(row, 1, (row + 3) % 8, 0.5f);
        }
        plan.group();
        for (int i = 0; i < 10; i++) {
            service.poll();
        }
        assertTrue(service.isReady(), service.notReadyReason());
    }

    void exchanges(final int count) {
        for (int i = 0; i < count; i++) {
            service.dispatch(i % 3, plan, rows, handle);
            if (service.await(handle) != ExchangeOutcome.COMPLETE) {
                throw new AssertionError(handle.failure());
            }
            service.poll();
        }
    }

    @Override
    public void close() {
        service.close();
        arena.close();
    }

    private static final class EchoPort implements FramePort {
        private static final byte[] NO_TAG = new byte[0];

        private final RoutedModel model;
        private final FrameIdentity identity = new FrameIdentity();
        private final MessageHeaderDecoder header = new MessageHeaderDecoder();
        private final MessageHeaderEncoder answerHeader = new MessageHeaderEncoder();
        private final HelloDecoder hello = new HelloDecoder();
        private final DispatchDecoder dispatch = new DispatchDecoder();
        private final CombineEncoder combine = new CombineEncoder();
        private final UnsafeBuffer[] answers = {new UnsafeBuffer(new byte[16384]), new UnsafeBuffer(new byte[16384])};
        private final UnsafeBuffer written = new UnsafeBuffer(new byte[4096]);
        private final int[] answerBytes = new int[2];

        EchoPort(final RoutedModel model) {
            this.model = model;
        }

        @Override
        public int peers() {
            return 2;
        }

        @Override
        public boolean isConnected(final int peer) {
            return true;
        }

        @Override
        public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
            if (answerBytes[peer] != 0) {
                return BACK_PRESSURED;
            }
            header.wrap(buffer, offset);
            if (header.templateId() == HelloDecoder.TEMPLATE_ID) {
                welcome(peer, buffer, offset);
            } else {
                answer(peer, buffer, offset);
            }
            return 1;
        }

        @Override
        public long offer(final int peer, final int length, final FrameContent content) {
            if (answerBytes[peer] != 0) {
                return BACK_PRESSURED;
            }
            content.writeTo(written, 0);
            return offer(peer, written, 0, length);
        }

        private void welcome(final int peer, final DirectBuffer buffer, final int offset) {
            hello.wrapAndApplyHeader(buffer, offset, header);
            final List<ExpertId> experts = new ArrayList<>();
            for (int i = 0; i < model.layers() * model.experts(); i++) {
                experts.add(new ExpertId(i / model.experts(), i % model.experts()));
            }
            answerBytes[peer] = new FrameWriter().welcome(answers[peer], 0, identity.readFrom(hello.identity()), 1, 0,
                experts);
        }

        private void answer(final int peer, final DirectBuffer buffer, final int offset) {
            dispatch.wrapAndApplyHeader(buffer, offset, header);
            final DispatchDecoder.AssignmentsDecoder group = dispatch.assignments();
            combine.wrapAndApplyHeader(answers[peer], 0, answerHeader);
            identity.readFrom(dispatch.identity()).writeTo(combine.identity());
            combine.hiddenSize(dispatch.hiddenSize()).queueNs(1).computeNs(1);
            final int count = group.count();
            final CombineEncoder.ResultsEncoder results = combine.resultsCount(count);
            while (group.hasNext()) {
                group.next();
                results.next().row(group.row()).expert(group.expert()).slot(group.slot()).padding((short)0);
            }
            final int rowBytes = model.hiddenSize() * 2;
            combine.putAuthenticationTag(NO_TAG, 0, 0);
            final int limit = combine.limit();
            answers[peer].putInt(limit, count * rowBytes);
            combine.limit(limit + 4 + count * rowBytes);
            answerBytes[peer] = MessageHeaderEncoder.ENCODED_LENGTH + combine.encodedLength();
        }

        @Override
        public int poll(final FrameHandler handler, final int limit) {
            int frames = 0;
            for (int peer = 0; peer < 2; peer++) {
                if (answerBytes[peer] != 0) {
                    final int length = answerBytes[peer];
                    answerBytes[peer] = 0;
                    handler.onFrame(peer, answers[peer], 0, length);
                    frames++;
                }
            }
            return frames;
        }

        @Override
        public int maxFrameBytes() {
            return 4096;
        }

        @Override
        public int preferredFrameBytes() {
            return 4096;
        }

        @Override
        public void close() {
            answerBytes[0] = 0;
        }
    }
}
