package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.tensor.KvPages;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SchedulerTest {
    private static final int ROUNDS = 300;

    @Test
    void shouldPutDecodesBesidePromptChunks() {
        final Bench bench = new Bench(100, 2, 8, 8);
        final Sequence first = bench.arrive(4, 10);
        bench.step();
        final Sequence second = bench.arrive(20, 10);
        bench.step();
        assertEquals(1, first.stepRows());
        assertEquals(7, second.stepRows());
        assertEquals(8, bench.batch.rows());
        assertEquals(1, bench.batch.logitRows(), "a prompt that goes on needs no logits");
        bench.step();
        bench.step();
        assertEquals(6, second.stepRows());
        assertTrue(second.stepSamples());
        assertEquals(2, bench.batch.logitRows());
    }

    @Test
    void shouldCutPromptsIntoChunks() {
        final Bench bench = new Bench(100, 2, 64, 7);
        final Sequence sequence = bench.arrive(16, 1);
        bench.scheduler.schedule(bench.batch);
        assertEquals(7, sequence.stepRows());
        sequence.commitStep();
        bench.scheduler.schedule(bench.batch);
        assertEquals(7, sequence.stepRows());
        assertEquals(7, bench.batch.position(0));
        sequence.commitStep();
        bench.scheduler.schedule(bench.batch);
        assertEquals(2, sequence.stepRows());
        assertTrue(sequence.stepSamples());
    }

    @Test
    void shouldPreemptYoungestAndKeepItsPlaceWhenPagesRunOut() {
        final Bench bench = new Bench(4, 4, 64, 64);
        final Sequence old = bench.arrive(17, 40);
        final Sequence young = bench.arrive(15, 30);
        final Sequence late = bench.arrive(33, 1);
        bench.step();
        assertEquals(2, bench.scheduler.runningCount(), "the late one finds no pages");
        while (bench.scheduler.preemptions() == 0) {
            bench.step();
        }
        assertSame(young, bench.scheduler.waiting().peekFirst());
        assertSame(late, bench.scheduler.waiting().peekLast());
        assertEquals(0, young.pages());
        assertTrue(old.stepRows() == 1 && bench.scheduler.scheduled(0) == old);
        bench.runToEnd();
        assertEquals(List.of(old, young, late), bench.ended);
    }

    @Test
    void shouldLimitScoredRowsOfOneStep() {
        final Bench bench = new Bench(100, 1, 256, 256);
        final Sequence sequence = new Sequence(GenerationRequest.of(new int[200]).maxTokens(1).promptLogprobs(true)
            .build(), null);
        bench.arrive(sequence);
        int steps = 0;
        while (!sequence.isComplete()) {
            bench.step();
            steps++;
            assertTrue(sequence.stepScores() <= Scheduler.SCORED_ROWS);
        }
        assertEquals(200, sequence.scoredPrompt());
        assertEquals(4, steps);
    }

    @Test
    void shouldEndEverySequenceAndLoseNoPageWhateverArrives() {
        final SplittableRandom random = Seeds.random("scheduler");
        for (int round = 0; round < ROUNDS; round++) {
            final int sequences = random.nextInt(1, 9);
            final int budget = random.nextInt(sequences, 40);
            final int pages = random.nextInt(4, 24);
            final Bench bench = new Bench(pages, sequences, budget, random.nextInt(1, budget + 1));
            int arrivals = random.nextInt(1, 30);
            final int all = arrivals;
            while (arrivals > 0 || bench.ended.size() < all) {
                while (arrivals > 0 && random.nextInt(3) == 0) {
                    final int positions = pages * KvPages.PAGE_TOKENS;
                    final int prompt = random.nextInt(1, positions);
                    bench.arrive(prompt, random.nextInt(0, Math.min(40, positions - prompt + 2)));
                    arrivals--;
                }
                bench.step();
                if (random.nextInt(20) == 0) {
                    bench.cancelSome(random);
                }
            }
            assertEquals(pages, bench.cache.freePages());
        }
    }

    /** A scheduler whose model samples zeros. */
    private static final class Bench {
        final List<Sequence> ended = new ArrayList<>();
        final List<Sequence> arrived = new ArrayList<>();
        final KvCache cache;
        final Scheduler scheduler;
        final StepBatch batch;
        private final int tokenBudget;

        Bench(final int pages, final int maxSequences, final int tokenBudget, final int prefillChunk) {
            this.tokenBudget = tokenBudget;
            cache = new KvCache(pages);
            scheduler = new Scheduler(new DecoderContext().maxSequences(maxSequences).tokenBudget(tokenBudget)
                .prefillChunk(prefillChunk), cache);
            batch = new StepBatch(tokenBudget, maxSequences + Scheduler.SCORED_ROWS);
        }

        Sequence arrive(final int promptLength, final int maxTokens) {
            return arrive(new Sequence(GenerationRequest.of(new int[promptLength]).maxTokens(maxTokens).build(), null));
        }

        Sequence arrive(final Sequence sequence) {
            arrived.add(sequence);
            scheduler.enqueue(sequence);
            return sequence;
        }

        void step() {
            final boolean idle = scheduler.runningCount() == 0 && scheduler.waiting().isEmpty();
            scheduler.schedule(batch);
            checkStep();
            assertEquals(idle, scheduler.scheduledCount() == 0, "the oldest sequence always goes on");
            for (int i = 0; i < scheduler.scheduledCount(); i++) {
                final Sequence sequence = scheduler.scheduled(i);
                sequence.commitStep();
                if (sequence.stepSamples()) {
                    sequence.append(0);
                }
                if (sequence.isComplete()) {
                    scheduler.finish(sequence);
                    ended.add(sequence);
                }
            }
            checkPages();
            checkOrder();
        }

        void runToEnd() {
            while (ended.size() < arrived.size()) {
                step();
            }
        }

        void cancelSome(final SplittableRandom random) {
            if (scheduler.runningCount() > 0 && random.nextBoolean()) {
                final Sequence victim = scheduler.running(random.nextInt(scheduler.runningCount()));
                scheduler.finish(victim);
                ended.add(victim);
            }
            final Iterator<Sequence> waiting = scheduler.waiting().iterator();
            while (waiting.hasNext()) {
                final Sequence sequence = waiting.next();
                if (random.nextInt(4) == 0) {
                    waiting.remove();
                    ended.add(sequence);
                }
            }
        }

        private void checkStep() {
            assertTrue(batch.rows() <= tokenBudget);
            int row = 0;
            for (int i = 0; i < scheduler.scheduledCount(); i++) {
                final Sequence sequence = scheduler.scheduled(i);
                assertTrue(sequence.stepRows() > 0);
                for (int k = 0; k < sequence.stepRows(); k++, row++) {
                    assertEquals(sequence.computed() + k, batch.position(row));
                    assertSame(sequence.request(), batch.request(row));
                }
                assertTrue(Sequence.pagesFor(sequence.computed() + sequence.stepRows()) <= sequence.pages());
            }
            assertEquals(row, batch.rows());
        }

        private void checkPages() {
            final BitSet held = new BitSet();
            int count = 0;
            for (int i = 0; i < scheduler.runningCount(); i++) {
                final Sequence sequence = scheduler.running(i);
                for (int page = 0; page < sequence.pages(); page++) {
                    assertFalse(held.get(sequence.pageTable()[page]), "a page has two holders");
                    held.set(sequence.pageTable()[page]);
                    count++;
                }
            }
            assertEquals(cache.pages(), count + cache.freePages());
        }

        /** Running sequences are older than waiting ones, and both are in order of arrival. */
        private void checkOrder() {
            int last = -1;
            for (int i = 0; i < scheduler.runningCount(); i++) {
                final int arrival = arrived.indexOf(scheduler.running(i));
                assertTrue(arrival > last);
                last = arrival;
            }
            for (final Sequence sequence : scheduler.waiting()) {
                final int arrival = arrived.indexOf(sequence);
                assertTrue(arrival > last);
                assertEquals(0, sequence.pages());
                last = arrival;
            }
        }
    }
}
