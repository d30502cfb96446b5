package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NumericsId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.RefusalDecoder;
import dev.convoke.transport.codec.WelcomeDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.MutableInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.AbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** What the operator reads about a host: each change once, damage now and then. */
class HostLogTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Placement placement = new RoundRobinPlacement().place(new PlacementRequest(1, 3, 8, 1));
    private final HostLink link = new HostLink(0, new RoutingContext()
        .hostAddresses(List.of("10.0.0.7:9000")).model(RoutingRig.model(DType.F32, 16)), new MutableInteger());
    private final RecordingLogger logger = new RecordingLogger();
    private long nowNs;

    @Test
    void shouldReportComingAndGoingOnce() {
        link.onConnected(true, 0);
        log();
        welcome();
        log();
        log();
        link.onConnected(false, 0);
        log();
        log();
        assertEquals(List.of("INFO Expert host 10.0.0.7:9000 is ready with 2 experts.",
            "WARN Expert host 10.0.0.7:9000 is gone; its experts are out of reach until it is back."), logger.lines);
    }

    @Test
    void shouldReportARefusalOnceForEachCause() {
        link.onConnected(true, 0);
        refuse(ErrorCode.WRONG_NUMERICS, "first\nline");
        log();
        for (int i = 0; i < 5; i++) {
            refuse(ErrorCode.WRONG_NUMERICS, "first\nline");
            log();
        }
        refuse(ErrorCode.WRONG_MODEL, "");
        log();
        assertEquals(List.of("WARN Expert host 10.0.0.7:9000 refuses (wrong numerics): it computes int8-1 and this"
            + " decoder canonical-1, so that their bits differ; start both with the same backend and dtype, or start"
            + " the decoder with --accept-numerics int8-1, and texts may depend on which hosts compute them. It says:"
            + " \"first line\"",
            "WARN Expert host 10.0.0.7:9000 refuses (wrong model): this decoder serves model 000000000000abcd;"
            + " start the host with the same model directory."), logger.lines);
    }

    @Test
    void shouldReportAtMostOneRefusalASecondHoweverTheTextsDiffer() {
        link.onConnected(true, 0);
        for (int i = 0; i < 100; i++) {
            refuse(ErrorCode.MALFORMED, "text " + i);
            link.log(logger, i * SECOND / 100);
        }
        assertEquals(1, logger.lines.stream().filter(line -> line.contains("malformed")).count());
    }

    @Test
    void shouldReportOnceThatAHostIsSilentAndThatItAnswersAgain() {
        link.onConnected(true, 0);
        welcome();
        log();
        for (int i = 0; i < 3; i++) {
            link.standing().breaker().onLate(true, nowNs);
            log();
        }
        link.onHeard(nowNs);
        log();
        for (int i = 0; i < 3; i++) {
            link.standing().breaker().onTimely();
            log();
        }
        assertEquals(List.of("WARN Expert host 10.0.0.7:9000 does not answer; what others hold of its experts they"
            + " compute.", "INFO Expert host 10.0.0.7:9000 answers again."), logger.lines.subList(1, 3));
        assertEquals(3, logger.lines.size());
    }

    @Test
    void shouldReportDamagedFramesNowAndThen() {
        for (int i = 0; i < 25; i++) {
            link.onDamagedFrame();
            link.log(logger, i * SECOND);
        }
        assertEquals(List.of(1, 10, 10), logger.lines.stream()
            .map(line -> Integer.parseInt(line.split(" ")[1])).toList());
    }

    private void log() {
        nowNs += 2 * SECOND;
        link.log(logger, nowNs);
    }

    private void welcome() {
        final ExpandableArrayBuffer frame = new ExpandableArrayBuffer();
        new FrameWriter().welcome(frame, 0, new FrameIdentity(), 5, 0, List.of(new ExpertId(0, 1), new ExpertId(2, 7),
            new ExpertId(9, 0), new ExpertId(0, 8)));
        link.onWelcome(new WelcomeDecoder().wrapAndApplyHeader(frame, 0, new MessageHeaderDecoder()), placement);
    }

    private void refuse(final ErrorCode code, final String text) {
        final ExpandableArrayBuffer frame = new ExpandableArrayBuffer();
        new FrameWriter().refusal(frame, 0, new FrameIdentity(), 5, NumericsId.INT8_1.value(), code,
            FrameWriter.text(text));
        link.onRefusal(new RefusalDecoder().wrapAndApplyHeader(frame, 0, new MessageHeaderDecoder()));
    }

    private static final class RecordingLogger extends AbstractLogger {
        private static final long serialVersionUID = 1L;
        private final ArrayList<String> lines = new ArrayList<>();

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(final Level level, final Marker marker, final String pattern,
            final Object[] arguments, final Throwable throwable) {
            lines.add(level + " " + MessageFormatter.basicArrayFormat(pattern, arguments));
        }

        @Override
        public boolean isTraceEnabled() {
            return true;
        }

        @Override
        public boolean isTraceEnabled(final Marker marker) {
            return true;
        }

        @Override
        public boolean isDebugEnabled() {
            return true;
        }

        @Override
        public boolean isDebugEnabled(final Marker marker) {
            return true;
        }

        @Override
        public boolean isInfoEnabled() {
            return true;
        }

        @Override
        public boolean isInfoEnabled(final Marker marker) {
            return true;
        }

        @Override
        public boolean isWarnEnabled() {
            return true;
        }

        @Override
        public boolean isWarnEnabled(final Marker marker) {
            return true;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }

        @Override
        public boolean isErrorEnabled(final Marker marker) {
            return true;
        }
    }
}
