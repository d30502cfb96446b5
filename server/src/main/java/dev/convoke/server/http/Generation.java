package dev.convoke.server.http;

import dev.convoke.decoder.Admission;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.server.Refusal;
import dev.convoke.server.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** The sequences of one request: admitted together, followed at the same time, cancelled together. */
final class Generation implements AutoCloseable {
    private static final String PROMPT = "prompt";

    private final List<Choice> choices;

    private Generation(final List<Choice> choices) {
        this.choices = choices;
    }

    /** Submits all, or none of them. */
    static Generation submit(final ServedModel model, final List<Choice> choices) {
        final List<GenerationRequest> requests = choices.stream().map(Choice::request).toList();
        final Admission admission = model.submit(requests);
        if (admission != Admission.ACCEPTED) {
            throw answer(Refusal.of(admission, model, requests));
        }
        return new Generation(choices);
    }

    private static ApiException answer(final Refusal refusal) {
        return switch (refusal.admission()) {
            case QUEUE_FULL -> ApiException.queueFull(refusal.message());
            case TOO_LONG -> ApiException.tooLong(PROMPT, refusal.message());
            case UNKNOWN_TOKEN -> ApiException.invalid(PROMPT, refusal.message());
            case NOT_READY, ACCEPTED -> ApiException.notReady(refusal.message());
        };
    }

    /** Follows every sequence to its end; deltas of different sequences come from different threads. */
    void follow(final Choice.Listener listener) throws InterruptedException {
        if (choices.size() == 1) {
            choices.getFirst().follow(listener);
            return;
        }
        final AtomicReference<RuntimeException> failure = new AtomicReference<>();
        final List<Thread> threads = new ArrayList<>();
        for (final Choice choice : choices) {
            threads.add(Thread.ofVirtual().name("choice-" + choice.index())
                .start(() -> followOne(choice, listener, failure)));
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    private void followOne(final Choice choice, final Choice.Listener listener,
        final AtomicReference<RuntimeException> failure) {
        try {
            choice.follow(listener);
        } catch (final RuntimeException e) {
            failure.compareAndSet(null, e);
            cancel();
        } catch (final InterruptedException e) {
            cancel();
        }
    }

    /** By any thread. */
    void cancel() {
        choices.forEach(Choice::cancel);
    }

    List<Choice> choices() {
        return choices;
    }

    /** Cancels what is not finished. */
    @Override
    public void close() {
        cancel();
    }
}
