package dev.convoke.server;

import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.Counters;
import dev.convoke.core.timing.Timings;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.trace.RoutingRecorder;
import dev.convoke.gating.Capacity;
import java.util.List;
import java.util.Optional;

/** A model that answers requests, as the API sees it. Thread-safe. */
public interface ServedModel {
    /** The name clients give. */
    String id();

    /** Seconds since 1970 at which it was loaded. */
    long createdEpochSeconds();

    /**
     * Names model, operand type and numerics: equal fingerprints give equal bits, unless they name a capacity policy
     * that drops, or accepted numerics, too.
     */
    String systemFingerprint();

    /** Text to ids and back. */
    Tokenizer tokenizer();

    /** What holds where a request says nothing. */
    GenerationDefaults generationDefaults();

    /** Its chat template, if it has one. */
    Optional<ChatTemplate> chatTemplate();

    /** The most tokens of prompt and completion together. */
    int maxSequenceTokens();

    /** How many ids the model knows. */
    int vocabularySize();

    /** How many rows of a step an expert takes, and what becomes of more. */
    Capacity capacity();

    /** Whose bits are taken. */
    AcceptedNumerics numerics();

    /** Hands requests to the decoder, all or none; returns at once. Prompts that are equal are computed once. */
    Admission submit(List<GenerationRequest> requests);

    /** Ends a request early; returns at once. */
    void cancel(GenerationRequest request);

    /** How much it has to do. */
    Load load();

    /** What its components count and measure. */
    Counters counters();

    /** What its steps and exchanges take. */
    Timings timings();

    /** Records the routes of its steps. */
    RoutingRecorder recorder();

    /** Whether it can answer now. */
    Health health();
}
