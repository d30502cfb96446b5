package dev.convoke.bench.resilience;

/** Something that is done to a deployment, and what must not come of it. */
interface Trial {
    /** For {@code --trials} and the table. */
    String name();

    /** Does it, and judges. */
    void run(Bench bench, Verdicts verdicts) throws InterruptedException;
}
