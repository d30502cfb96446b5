package dev.convoke.experthost;

import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameRows;
import dev.convoke.transport.codec.CombineEncoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.MutableDirectBuffer;

/**
 * The answers to a batch on their way out, as its rows are computed: sorted back by dispatch frame, cut into Combine
 * frames. What finds no room stays for the next duty cycle while the other decoders' answers go ahead. Answers that
 * nobody takes until the timeout are given up, and their decoders are not waited for again until they take what they
 * are offered.
 */
final class CombineAnswers {
    /** However slowly answers trickle out, after so many timeouts a batch makes way. */
    private static final int TIMEOUTS_PER_BATCH = 10;
    private static final int PASSES_PER_TIMEOUT = 10;
    private static final byte[] NO_TAG = new byte[0];

    private final FramePort port;
    private final long timeoutNs;
    private final PendingDispatches pending;
    private final GroupedFfn ffn;
    private final PeerStates peers;
    private final HostCounters counters;
    private final int hiddenSize;
    private final int rowBytes;
    private final int frameResults;
    private final FrameRows outputRows;
    private final FrameContent content = this::writeTo;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final CombineEncoder combine = new CombineEncoder();
    /** Rows of the batch, those of one dispatch frame together. */
    private final int[] resultsByFrame;
    private final int[] frameNext;
    /** Answers still to send, parallel. */
    private final int[] answerFrame;
    private final int[] answerFrom;
    private final int[] answerTo;
    private final int[] blockedPeers;
    private final int[] recovering;
    private int answers;
    private int blocked;
    private int recoveries;
    private int offered;
    private long lastPassNs;
    private long waitedNs;
    private long batchWaitedNs;

    CombineAnswers(final ExpertHostContext context, final PendingDispatches pending, final GroupedFfn ffn,
        final PeerStates peers, final HostCounters counters) {
        this.port = context.port();
        this.timeoutNs = context.answerTimeoutNs();
        this.pending = pending;
        this.ffn = ffn;
        this.peers = peers;
        this.counters = counters;
        hiddenSize = context.bank().model().hiddenSize();
        rowBytes = context.rowBytes();
        final int preferred = WireLimits.combineResults(port.preferredFrameBytes(), rowBytes);
        frameResults = preferred > 0 ? preferred : WireLimits.combineResults(port.maxFrameBytes(), rowBytes);
        outputRows = new FrameRows(ffn.output());
        final int capacity = context.computeRows();
        resultsByFrame = new int[capacity];
        answerFrame = new int[capacity];
        answerFrom = new int[capacity];
        answerTo = new int[capacity];
        blockedPeers = new int[capacity];
        recovering = new int[capacity];
        frameNext = new int[PendingDispatches.MAX_FRAMES];
    }

    boolean isEmpty() {
        return answers == 0;
    }

    /** Takes over the results taken last, which must stay until {@link #isEmpty()}. */
    void begin(final long nowNs) {
        lastPassNs = nowNs;
        waitedNs = 0;
        batchWaitedNs = 0;
        final int frames = pending.frames();
        Arrays.fill(frameNext, 0, frames, 0);
        for (int result = ffn.firstResult(); result < ffn.endResult(); result++) {
            frameNext[pending.frame(ffn.assignment(result))]++;
        }
        int start = 0;
        for (int frame = 0; frame < frames; frame++) {
            final int count = frameNext[frame];
            frameNext[frame] = start;
            cut(frame, start, start + count);
            start += count;
        }
        for (int result = ffn.firstResult(); result < ffn.endResult(); result++) {
            resultsByFrame[frameNext[pending.frame(ffn.assignment(result))]++] = result;
        }
    }

    private void cut(final int frame, final int from, final int to) {
        for (int start = from; start < to; start += frameResults) {
            answerFrame[answers] = frame;
            answerFrom[answers] = start;
            answerTo[answers] = Math.min(start + frameResults, to);
            answers++;
        }
    }

    /** Sends what finds room, and gives up what waited too long; returns the frames sent. */
    int send(final long nowNs) {
        int sent = 0;
        int kept = 0;
        blocked = 0;
        for (int i = 0; i < answers; i++) {
            final int peer = pending.peer(answerFrame[i]);
            final long outcome = isBlocked(peer) ? FramePort.BACK_PRESSURED : offer(i, peer);
            if (outcome > 0) {
                sent++;
                sendCopies(i, peer);
                noteRecovery(peer);
            } else if (outcome == FramePort.BACK_PRESSURED) {
                block(peer);
                kept += keepUnlessStalled(i, kept, peer);
            } else {
                counters.answersDropped.increment();
            }
        }
        answers = kept;
        settleRecoveries();
        counters.combines.add(sent);
        waitOrGiveUp(nowNs, sent);
        return sent;
    }

    /** A duty cycle counts as waiting for a part of the timeout at most: the thread may have been busy elsewhere. */
    private void waitOrGiveUp(final long nowNs, final int sent) {
        final long passNs = Math.min(nowNs - lastPassNs, timeoutNs / PASSES_PER_TIMEOUT);
        lastPassNs = nowNs;
        batchWaitedNs += passNs;
        waitedNs = sent > 0 ? 0 : waitedNs + passNs;
        if (waitedNs >= timeoutNs || batchWaitedNs >= timeoutNs * TIMEOUTS_PER_BATCH) {
            giveUp();
        }
    }

    private void giveUp() {
        for (int i = 0; i < answers; i++) {
            peers.stalled(pending.peer(answerFrame[i]), true);
        }
        counters.answersDropped.add(answers);
        answers = 0;
    }

    private int keepUnlessStalled(final int from, final int to, final int peer) {
        if (peers.isStalled(peer)) {
            counters.answersDropped.increment();
            return 0;
        }
        answerFrame[to] = answerFrame[from];
        answerFrom[to] = answerFrom[from];
        answerTo[to] = answerTo[from];
        return 1;
    }

    private void noteRecovery(final int peer) {
        if (peers.isStalled(peer)) {
            recovering[recoveries++] = peer;
        }
    }

    /** A short frame may slip into the room that a deaf decoder left; only one that takes all of a pass is back. */
    private void settleRecoveries() {
        for (int i = 0; i < recoveries; i++) {
            if (!isBlocked(recovering[i])) {
                peers.stalled(recovering[i], false);
            }
        }
        recoveries = 0;
    }

    private boolean isBlocked(final int peer) {
        for (int i = 0; i < blocked; i++) {
            if (blockedPeers[i] == peer) {
                return true;
            }
        }
        return false;
    }

    private void block(final int peer) {
        if (!isBlocked(peer)) {
            blockedPeers[blocked++] = peer;
            counters.backPressured.increment();
        }
    }

    private long offer(final int answer, final int peer) {
        offered = answer;
        return port.offer(peer, WireLimits.combineBytes(answerTo[answer] - answerFrom[answer], rowBytes), content);
    }

    /** An answer that is wanted more often is sent as often as there is room for it now: no copy waits. */
    private void sendCopies(final int answer, final int peer) {
        for (int left = pending.answerCopies(answerFrame[answer]); left > 1 && offer(answer, peer) > 0; left--) {
            counters.combineCopies.increment();
        }
    }

    /** Writes the answer on offer straight from the batch. */
    private void writeTo(final MutableDirectBuffer buffer, final int offset) {
        final int frame = answerFrame[offered];
        final int from = answerFrom[offered];
        final int to = answerTo[offered];
        combine.wrapAndApplyHeader(buffer, offset, header);
        pending.identity(frame).writeTo(combine.identity());
        combine.hiddenSize(hiddenSize)
            .queueNs(ffn.startedNs() - pending.arrivedNs(frame))
            .computeNs(ffn.computeNs());
        final CombineEncoder.ResultsEncoder group = combine.resultsCount(to - from);
        for (int i = from; i < to; i++) {
            final int assignment = ffn.assignment(resultsByFrame[i]);
            group.next()
                .row(pending.row(assignment))
                .expert(pending.expert(assignment))
                .slot((short)pending.slot(assignment))
                .padding((short)0);
        }
        combine.putAuthenticationTag(NO_TAG, 0, 0);
        writeRows(buffer, from, to);
    }

    private void writeRows(final MutableDirectBuffer buffer, final int from, final int to) {
        final int length = combine.limit();
        int next = length + CombineEncoder.rowsHeaderLength();
        for (int i = from; i < to; i++) {
            next += outputRows.write(ffn.outputRow(resultsByFrame[i]), buffer, next);
        }
        buffer.putInt(length, next - length - CombineEncoder.rowsHeaderLength(), ByteOrder.LITTLE_ENDIAN);
        combine.limit(next);
    }
}
