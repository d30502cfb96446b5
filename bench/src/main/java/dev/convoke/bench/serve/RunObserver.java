package dev.convoke.bench.serve;

/** Is told how a run goes. Called from many threads at once. */
public interface RunObserver {
    /** Takes no notice. */
    RunObserver NONE = new RunObserver() {
        @Override
        public void onSend() {
        }

        @Override
        public void onOutcome(final RequestOutcome outcome) {
        }
    };

    /** A request is about to be sent. */
    void onSend();

    /** A request has ended, well or not. */
    void onOutcome(RequestOutcome outcome);
}
