package dev.convoke.server.http;

import dev.convoke.decoder.Admission;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.server.ServedModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** The sequences of one request: admitted together, followed at the same time, cancelled together. */
final class Generation implements AutoCloseable {
    private final List<Choice> choices;

    private Generation(final List<Choice> choices) {
        this.choices = choices;
    }

    /** Submits all, or none of them. */
    static Generation submit(final ServedModel model, final List<Choice> choices) {
        final Admission admission = model.submit(choices.stream().map(Choice::request).toList());
        if (admission != Admission.ACCEPTED) {
            throw refusal(model, choices, admission);
        }
        return new Generation(choices);
    }

    private static ApiException refusal(final ServedModel model, final List<Choice> choices,
        final Admission admission) {
        return switch (admission) {
            case QUEUE_FULL -> ApiException.queueFull();
            case TOO_LONG -> ApiException.tooLong("prompt", "The prompt has " + longest(choices).promptLength()
                + " tokens and " + longest(choices).maxTokens() + " more are asked for, which does not fit into the "
                + "key-value cache; ask for less.");
            case UNKNOWN_TOKEN -> ApiException.invalid("prompt", "'prompt' holds a token id that the model lacks.");
            case NOT_READY -> ApiException.notReady(String.join(" ", model.health().reasons()));
            case ACCEPTED -> throw new IllegalStateException("accepted is no refusal");
        };
    }

    private static GenerationRequest longest(final List<Choice> choices) {
        return choices.stream().map(Choice::request)
            .max(Comparator.comparingInt(request -> request.promptLength() + request.maxTokens())).orElseThrow();
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
