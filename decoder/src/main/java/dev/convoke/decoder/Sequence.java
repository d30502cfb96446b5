package dev.convoke.decoder;

import dev.convoke.tensor.KvPages;

/**
 * A request on its way: its tokens so far, how many of them have keys and values in the cache, and in which pages.
 * Allocated whole by the submitting thread; owned by the decoder's thread from then on.
 */
final class Sequence {
    private final GenerationRequest request;
    private final SharedPrompt sharedPrompt;
    private final int[] tokens;
    private final int[] pageTable;
    private int length;
    private int computed;
    private int pages;
    private int scoredPrompt = 1;
    private boolean started;
    private int firstRow;
    private int stepRows;
    private int stepScores;
    private int firstLogit;
    private boolean stepSamples;

    Sequence(final GenerationRequest request, final SharedPrompt sharedPrompt) {
        this.request = request;
        this.sharedPrompt = sharedPrompt;
        this.length = request.promptLength();
        this.tokens = new int[length + request.maxTokens()];
        this.pageTable = new int[pagesFor(positions(request))];
        System.arraycopy(request.promptTokens(), 0, tokens, 0, length);
    }

    /** Positions that need keys and values: all but the last sampled token's, which nobody attends to. */
    static int positions(final GenerationRequest request) {
        return request.promptLength() + Math.max(0, request.maxTokens() - 1);
    }

    /** Pages that hold so many positions. */
    static int pagesFor(final int positions) {
        return (positions + KvPages.PAGE_TOKENS - 1) / KvPages.PAGE_TOKENS;
    }

    GenerationRequest request() {
        return request;
    }

    /** What it has in common with others; null if nothing. */
    SharedPrompt sharedPrompt() {
        return sharedPrompt;
    }

    TokenStream stream() {
        return request.stream();
    }

    /** Tokens known so far, prompt and sampled. */
    int length() {
        return length;
    }

    int token(final int position) {
        return tokens[position];
    }

    /** Tokens that are known but not in the cache yet; 1 while decoding. */
    int pending() {
        return length - computed;
    }

    int computed() {
        return computed;
    }

    int[] pageTable() {
        return pageTable;
    }

    int pages() {
        return pages;
    }

    void addPage(final int page) {
        pageTable[pages++] = page;
    }

    /** Gives up the last page. */
    int removePage() {
        return pageTable[--pages];
    }

    /** Its pages are gone: everything must be computed again. */
    void forgetComputed() {
        computed = 0;
    }

    /** Its first positions are in pages that it shares. */
    void skipComputed(final int positions) {
        computed = positions;
    }

    /** Whether a row of it has ever been scheduled. */
    boolean isStarted() {
        return started;
    }

    void markStarted() {
        started = true;
    }

    /** Whether prompt tokens still wait for their scores. */
    boolean scoresPrompt() {
        return request.promptLogprobs() && scoredPrompt < request.promptLength();
    }

    /** Puts the next rows of this sequence into a step. */
    void addTo(final StepBatch batch, final int rows) {
        stepRows = rows;
        stepScores = 0;
        firstLogit = batch.logitRows();
        firstRow = batch.rows();
        for (int position = computed; position < computed + rows; position++) {
            final int row = batch.add(request, tokens[position], position, pageTable);
            if (request.promptLogprobs() && position + 1 >= scoredPrompt && position + 1 < request.promptLength()) {
                batch.wantLogits(row);
                stepScores++;
            } else if (position + 1 == length && request.maxTokens() > 0) {
                batch.wantLogits(row);
            }
        }
        stepSamples = computed + rows == length && request.maxTokens() > 0;
    }

    /** Rows of it in this step. */
    int stepRows() {
        return stepRows;
    }

    /** Its first row in this step. */
    int firstRow() {
        return firstRow;
    }

    /** Number of this step's first logits of this sequence. */
    int firstLogit() {
        return firstLogit;
    }

    /** How many of this step's logits score prompt tokens; they come first. */
    int stepScores() {
        return stepScores;
    }

    /** Whether this step's last logits give a token. */
    boolean stepSamples() {
        return stepSamples;
    }

    /** The next prompt position to score. */
    int scoredPrompt() {
        return scoredPrompt;
    }

    /** The step is done: its rows are in the cache. */
    void commitStep() {
        computed += stepRows;
        scoredPrompt += stepScores;
    }

    /** Adds a sampled token. */
    void append(final int token) {
        tokens[length++] = token;
    }

    /** Tokens sampled so far. */
    int sampled() {
        return length - request.promptLength();
    }

    /** Whether the last token is a sampled one that ends the sequence. */
    boolean hasSampledEnd() {
        return sampled() > 0 && request.isEndToken(tokens[length - 1]);
    }

    /** Whether nothing is left to compute. */
    boolean isComplete() {
        return sampled() == request.maxTokens() && (request.maxTokens() > 0 || pending() == 0);
    }
}
