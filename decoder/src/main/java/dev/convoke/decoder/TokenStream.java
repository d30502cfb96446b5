package dev.convoke.decoder;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * The tokens of one request as they are sampled: an append-only log with all its memory from the start. Written by the
 * decoder's thread, read by one consumer, which may be a virtual thread. What lies below {@link #tokens()} never
 * changes. Scores of the prompt are complete once there is a token or the stream has ended.
 */
public final class TokenStream {
    private static final VarHandle TOKENS;
    private static final VarHandle QUEUED;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            TOKENS = lookup.findVarHandle(TokenStream.class, "tokens", int.class);
            QUEUED = lookup.findVarHandle(TokenStream.class, "queued", boolean.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int[] tokenIds;
    private final TokenScores tokenScores;
    private final TokenScores promptScores;
    private final EntryUse entries = new EntryUse();
    private int tokens;
    private volatile FinishReason finishReason;
    private String error;
    private long submittedNs;
    private long startedNs;
    private long firstTokenNs;
    private long lastTokenNs;
    private long finishedNs;
    private volatile Thread waiter;
    private boolean queued;

    TokenStream(final int scoredPromptTokens, final int maxTokens, final int topLogprobs) {
        final boolean scored = topLogprobs != GenerationRequest.NO_LOGPROBS;
        tokenIds = new int[maxTokens];
        tokenScores = new TokenScores(scored ? maxTokens : 0, Math.max(0, topLogprobs));
        promptScores = new TokenScores(scoredPromptTokens, Math.max(0, topLogprobs));
    }

    /**
     * Waits until there are more than {@code seen} tokens or the stream has ended.
     *
     * @return {@link #tokens()}
     */
    public int awaitBeyond(final int seen) throws InterruptedException {
        waiter = Thread.currentThread();
        try {
            while (tokens() <= seen && !isFinished()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                LockSupport.park(this);
            }
        } finally {
            waiter = null;
        }
        return tokens();
    }

    /** Waits for the end. */
    public FinishReason awaitFinish() throws InterruptedException {
        int seen = 0;
        while (!isFinished()) {
            seen = awaitBeyond(seen);
        }
        return finishReason;
    }

    /** Tokens sampled so far. */
    public int tokens() {
        return (int)TOKENS.getVolatile(this);
    }

    /** The id of one of them. */
    public int token(final int index) {
        return tokenIds[index];
    }

    /** Scores of the sampled tokens, by index; empty unless the request asked for them. */
    public TokenScores scores() {
        return tokenScores;
    }

    /** Scores of the prompt's tokens, by index; the first has none (NaN). Empty unless the request asked for them. */
    public TokenScores promptScores() {
        return promptScores;
    }

    /** What became of its expert choices so far. */
    public EntryUse entries() {
        return entries;
    }

    /** Whether no more tokens will come. */
    public boolean isFinished() {
        return finishReason != null;
    }

    /** Why the stream ended, or null while it goes on. */
    public FinishReason finishReason() {
        return finishReason;
    }

    /** One sentence if it ended with {@link FinishReason#ERROR} or {@link FinishReason#REFUSED}, else null. */
    public String error() {
        return isFinished() ? error : null;
    }

    /** When it was submitted, on the decoder's clock. */
    public long submittedNs() {
        return submittedNs;
    }

    /** When its first rows were scheduled; valid once there is a token. */
    public long startedNs() {
        return startedNs;
    }

    /** When the first token was sampled; valid once there is one. */
    public long firstTokenNs() {
        return firstTokenNs;
    }

    /** When the last token so far was sampled. For the decoder's thread. */
    long lastTokenNs() {
        return lastTokenNs;
    }

    /** When it ended; valid once it has. */
    public long finishedNs() {
        return finishedNs;
    }

    void submitted(final long nowNs) {
        submittedNs = nowNs;
    }

    void started(final long nowNs) {
        if (startedNs == 0) {
            startedNs = nowNs;
        }
    }

    /** Makes one more token visible; its scores have been written. */
    void append(final int token, final long nowNs) {
        final int index = tokens;
        tokenIds[index] = token;
        if (index == 0) {
            firstTokenNs = nowNs;
        }
        lastTokenNs = nowNs;
        TOKENS.setVolatile(this, index + 1);
    }

    void finish(final FinishReason reason, final String message, final long nowNs) {
        error = message;
        finishedNs = nowNs;
        finishReason = reason;
    }

    /** True for the caller that must hand the stream to the delivery thread. */
    boolean tryMarkQueued() {
        return !(boolean)QUEUED.getAndSet(this, true);
    }

    /** By the delivery thread, after it took the stream from its queue. */
    void wakeConsumer() {
        QUEUED.setVolatile(this, false);
        final Thread thread = waiter;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }
}
