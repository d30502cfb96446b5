package dev.convoke.decoder;

/** How a forward pass ended. */
public enum StepOutcome {
    /** Every row was computed. */
    COMPLETE,
    /** A router gave a row a logit that is not a number: {@link RoutedExperts#failedRow()}. */
    NOT_A_NUMBER,
    /** Some expert's answer did not come: {@link RoutedExperts#failure()}. */
    EXPERTS_FAILED
}
