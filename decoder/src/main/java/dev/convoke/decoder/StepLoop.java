package dev.convoke.decoder;

import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import dev.convoke.routing.RoutedModel;
import dev.convoke.tensor.RowBuffer;
import java.util.Iterator;
import org.agrona.concurrent.NanoClock;

/**
 * Schedule, forward, sample, publish: one step of the whole batch at a time. Everything a step touches belongs to the
 * decoder's thread.
 */
final class StepLoop {
    private static final String BAD_LOGITS = "The model gave logits that are not numbers; the weights or the "
        + "activations they lead to are out of range, try --dtype f32.";

    private static final String NOTHING_LEFT = "The request's sampling parameters leave no token to choose from; allow "
        + "more tokens, or forbid fewer.";

    private final DecoderModel model;
    private final RoutedExperts experts;
    private final StepObserver observer;
    private final StepBatch batch;
    private final Scheduler scheduler;
    private final Sampler sampler;
    private final TokenDelivery delivery;
    private final DecoderCounters counters;
    private final NanoClock clock;
    private final StageClock stages;
    private final Intake intake;
    private final int entriesOfRow;

    StepLoop(final DecoderContext context, final DecoderModel model, final RoutedExperts experts,
        final StepBatch batch, final Scheduler scheduler, final TokenDelivery delivery,
        final Intake intake) {
        this.model = model;
        this.experts = experts;
        this.observer = context.observer();
        this.batch = batch;
        this.scheduler = scheduler;
        this.sampler = new Sampler(context.checkpoint().configuration().vocabularySize());
        this.delivery = delivery;
        this.counters = new DecoderCounters(context.counters());
        this.clock = context.clock();
        this.stages = context.routing().stageClock();
        this.intake = intake;
        final RoutedModel routed = context.routing().model();
        this.entriesOfRow = routed.layers() * routed.topK();
    }

    /** One step, if any sequence has something to compute; returns its rows. */
    int step() {
        stages.enter(Stage.SCHEDULE);
        scheduler.schedule(batch);
        if (batch.rows() == 0) {
            return 0;
        }
        noteStart();
        StepOutcome outcome;
        try {
            outcome = model.forward(batch);
        } catch (final RuntimeException e) {
            failStep(FinishReason.ERROR, "The step failed: " + e.getMessage());
            throw e;
        }
        counters.steps.increment();
        counters.stepTokens.observe(batch.rows());
        stages.enter(Stage.SAMPLE);
        switch (outcome) {
            case COMPLETE -> publish();
            case NOT_A_NUMBER -> failRow(experts.failedRow(), experts.failure());
            case EXPERTS_FAILED -> failUnreached(experts.failure());
            default -> throw new IllegalStateException("outcome " + outcome);
        }
        stages.enter(Stage.OTHER);
        delivery.flush();
        return batch.rows();
    }

    private void noteStart() {
        final long nowNs = clock.nanoTime();
        for (int i = 0; i < scheduler.scheduledCount(); i++) {
            final Sequence sequence = scheduler.scheduled(i);
            if (!sequence.isStarted()) {
                sequence.markStarted();
                sequence.stream().started(nowNs);
                intake.onStarted();
            }
        }
        counters.preemptions.add(scheduler.preemptions() - counters.preemptions.value());
    }

    private void publish() {
        observer.onLogits(batch, model.logits());
        final long nowNs = clock.nanoTime();
        for (int i = 0; i < scheduler.scheduledCount(); i++) {
            advance(scheduler.scheduled(i), nowNs);
        }
    }

    private void advance(final Sequence sequence, final long nowNs) {
        (sequence.pending() == 1 ? counters.decodeRows : counters.promptRows).add(sequence.stepRows());
        for (int row = sequence.firstRow(); row < sequence.firstRow() + sequence.stepRows(); row++) {
            sequence.stream().entries().add(entriesOfRow, batch, row);
        }
        String failure = scorePrompt(sequence) ? null : BAD_LOGITS;
        sequence.commitStep();
        if (failure == null && sequence.stepSamples()) {
            failure = sampler.load(model.logits(), sequence.firstLogit() + sequence.stepScores())
                ? sample(sequence, nowNs) : BAD_LOGITS;
        }
        if (failure != null) {
            end(sequence, NOTHING_LEFT.equals(failure) ? FinishReason.REFUSED : FinishReason.ERROR, failure);
        } else if (sequence.hasSampledEnd()) {
            end(sequence, FinishReason.STOP, null);
        } else if (sequence.isComplete()) {
            end(sequence, FinishReason.LENGTH, null);
        }
    }

    private boolean scorePrompt(final Sequence sequence) {
        final RowBuffer logits = model.logits();
        final TokenScores scores = sequence.stream().promptScores();
        for (int i = 0; i < sequence.stepScores(); i++) {
            if (!sampler.load(logits, sequence.firstLogit() + i)) {
                return false;
            }
            final int position = sequence.scoredPrompt() + i;
            sampler.score(scores, position, sequence.token(position));
        }
        return true;
    }

    /** Adds a token; returns why there is none, or null. */
    private String sample(final Sequence sequence, final long nowNs) {
        final GenerationRequest request = sequence.request();
        final TokenStream stream = request.stream();
        final int token = sampler.sample(sequence);
        if (token < 0) {
            return NOTHING_LEFT;
        }
        if (request.topLogprobs() != GenerationRequest.NO_LOGPROBS) {
            sampler.score(stream.scores(), sequence.sampled(), token);
        }
        if (stream.tokens() > 0) {
            counters.interTokenNs.observe(nowNs - stream.lastTokenNs());
        }
        sequence.append(token);
        stream.append(token, nowNs);
        delivery.changed(stream);
        counters.tokens.increment();
        return null;
    }

    private void failRow(final int row, final String message) {
        final GenerationRequest culprit = batch.request(row);
        for (int i = 0; i < scheduler.scheduledCount(); i++) {
            // The others lose nothing but time: their rows are computed again in the next step.
            if (scheduler.scheduled(i).request() == culprit) {
                end(scheduler.scheduled(i), FinishReason.ERROR, message);
            }
        }
    }

    private void failStep(final FinishReason reason, final String message) {
        for (int i = 0; i < scheduler.scheduledCount(); i++) {
            end(scheduler.scheduled(i), reason, message);
        }
    }

    /** Without any host the next step would only wait as long again. */
    private void failUnreached(final String message) {
        if (experts.reachesHosts()) {
            failStep(FinishReason.UNAVAILABLE, message);
        } else {
            endAll(FinishReason.UNAVAILABLE, message);
        }
    }

    /** Ends what has been cancelled since, running or waiting. */
    void endCancelled() {
        for (int i = scheduler.runningCount() - 1; i >= 0; i--) {
            if (scheduler.running(i).request().isCancelled()) {
                end(scheduler.running(i), FinishReason.CANCELLED, null);
            }
        }
        final Iterator<Sequence> waiting = scheduler.waiting().iterator();
        while (waiting.hasNext()) {
            final Sequence sequence = waiting.next();
            if (sequence.request().isCancelled()) {
                waiting.remove();
                finish(sequence, FinishReason.CANCELLED, null);
            }
        }
        delivery.flush();
    }

    /** Ends everything. */
    void endAll(final FinishReason reason, final String message) {
        while (scheduler.runningCount() > 0) {
            end(scheduler.running(0), reason, message);
        }
        while (!scheduler.waiting().isEmpty()) {
            finish(scheduler.waiting().removeFirst(), reason, message);
        }
        delivery.flush();
    }

    private void end(final Sequence sequence, final FinishReason reason, final String message) {
        scheduler.finish(sequence);
        finish(sequence, reason, message);
    }

    private void finish(final Sequence sequence, final FinishReason reason, final String message) {
        counters.onEnd(reason);
        intake.onEnded(sequence.isStarted());
        sequence.stream().finish(reason, message, clock.nanoTime());
        delivery.changed(sequence.stream());
    }
}
