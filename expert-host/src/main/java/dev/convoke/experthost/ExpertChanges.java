package dev.convoke.experthost;

import dev.convoke.core.ExpertId;
import dev.convoke.core.Gauge;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.HostHoldings;
import dev.convoke.transport.codec.ExpertState;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Experts that come and go while the host serves. An expert is answered for once it is loaded and installed, between
 * batches; one that is to go is refused at once, and its memory handed back when nothing computes with it any more.
 * Owned by the host's thread, which never waits here.
 */
final class ExpertChanges {
    private final ExpertBank bank;
    private final ExpertLoader loader;
    private final HostCounters counters;
    private final Gauge expertsGauge;
    private final Gauge bytesGauge;
    /** What is not simply held, in order of arrival. */
    private final Map<ExpertId, ExpertState> states = new LinkedHashMap<>();
    private final Map<ExpertId, Withdrawn> withdrawn = new LinkedHashMap<>();
    private final Queue<ExpertLoader.Fetched> pieces = new ArrayDeque<>();
    private final int pieceBytes;
    private final int lanes;
    private String failure = "";
    private int atLoader;

    /** An expert that takes no rows: which lanes may still hold rows for it. */
    private static final class Withdrawn {
        private final boolean[] mayUse;

        Withdrawn(final int lanes) {
            mayUse = new boolean[lanes];
            Arrays.fill(mayUse, true);
        }

        boolean isUsed(final ExpertLane[] all) {
            boolean used = false;
            for (int lane = 0; lane < mayUse.length; lane++) {
                mayUse[lane] &= !all[lane].isEmpty();
                used |= mayUse[lane];
            }
            return used;
        }
    }

    ExpertChanges(final ExpertHostContext context, final HostCounters counters, final int lanes) {
        this.bank = context.bank();
        this.loader = context.loader();
        this.counters = counters;
        this.lanes = lanes;
        if (loader != null) {
            loader.giveWayTo(counters.dispatches::value);
        }
        pieceBytes = FrameWriter.expertPieceBytes(context.port().maxFrameBytes());
        expertsGauge = context.counters().registerGauge("expert_host_experts", "Experts it holds.");
        bytesGauge = context.counters().registerGauge("expert_host_weight_bytes",
            "Memory of the weights of its experts.");
        publish();
    }

    private void publish() {
        expertsGauge.set(bank.experts().size());
        bytesGauge.set(bank.bytes());
    }

    /** The host shall hold an expert; of no effect if it does or is about to. */
    void load(final int layer, final int expert, final long checksum) {
        final ExpertId id = new ExpertId(layer, expert);
        if (layer >= bank.model().layers() || expert >= bank.model().experts()) {
            // No state is kept of it: whoever sends frames could name any number of such experts.
            noteFailure("There is no " + id + " in a model of " + bank.model().layers() + " layers of "
                + bank.model().experts() + " experts.");
        } else if (withdrawn.remove(id) != null) {
            bank.restore(id);
            states.remove(id);
            publish();
        } else if (!bank.holds(layer, expert) && states.get(id) != ExpertState.LOADING
            && states.get(id) != ExpertState.FREEING) {
            order(id, checksum);
        }
    }

    private void order(final ExpertId id, final long checksum) {
        final String refusal = refusal(id);
        if (refusal.isEmpty() && loader.tryLoad(id, checksum)) {
            states.put(id, ExpertState.LOADING);
            atLoader++;
        } else {
            fail(id, refusal.isEmpty() ? "Too many experts are being loaded and freed at the same time." : refusal);
        }
    }

    private String refusal(final ExpertId id) {
        if (loader == null) {
            return "This host cannot load experts while it serves.";
        }
        if (usedBytes() + bank.expertBytes() > loader.memoryLimitBytes()) {
            return "The weights of " + id + " take " + bank.expertBytes() + " bytes beside " + usedBytes()
                + ", and experts may take " + loader.memoryLimitBytes() + "; free others or raise --expert-memory.";
        }
        return "";
    }

    private void fail(final ExpertId id, final String reason) {
        states.put(id, ExpertState.FAILED);
        noteFailure(reason);
    }

    private void noteFailure(final String reason) {
        failure = reason;
        counters.loadsFailed.increment();
    }

    /** A peer wants a piece of an expert; read on the loader's thread, of no effect if there is none. */
    void fetch(final int peer, final FrameIdentity identity, final int expert, final long from) {
        if (loader != null && identity.layer() < bank.model().layers() && expert < bank.model().experts()
            && loader.tryFetch(peer, new FrameIdentity().copyFrom(identity), new ExpertId(identity.layer(), expert),
            from, pieceBytes)) {
            atLoader++;
        }
    }

    /** A piece that was read, or null. */
    ExpertLoader.Fetched pollPiece() {
        return pieces.poll();
    }

    /** The host shall not hold an expert; of no effect if it does not. */
    void free(final int layer, final int expert) {
        final ExpertId id = new ExpertId(layer, expert);
        states.remove(id, ExpertState.FAILED);
        if (bank.holds(layer, expert) && loader != null) {
            bank.withdraw(id);
            withdrawn.put(id, new Withdrawn(lanes));
            states.put(id, ExpertState.FREEING);
            publish();
        }
    }

    /** Takes what is loaded and hands back what is used no more; returns how many. Between batches of the lanes. */
    int advance(final ExpertLane[] all) {
        int work = 0;
        if (atLoader > 0) {
            for (ExpertLoader.Outcome outcome = loader.poll(); outcome != null; outcome = loader.poll()) {
                atLoader--;
                take(outcome);
                work++;
            }
        }
        if (!withdrawn.isEmpty()) {
            work += handBack(all);
        }
        return work;
    }

    private void take(final ExpertLoader.Outcome outcome) {
        switch (outcome) {
            case ExpertLoader.Loaded(final HeldExpert expert) -> {
                bank.install(expert);
                states.remove(expert.id());
                counters.loads.increment();
                publish();
            }
            case ExpertLoader.Freed(final ExpertId id) -> {
                states.remove(id);
                counters.frees.increment();
            }
            case final ExpertLoader.Fetched fetched when fetched.piece() != null -> pieces.add(fetched);
            case ExpertLoader.Fetched _ -> { }
            case ExpertLoader.Failed(final ExpertId id, final String reason) -> fail(id, reason);
        }
    }

    private int handBack(final ExpertLane[] all) {
        int handed = 0;
        final var each = withdrawn.entrySet().iterator();
        while (each.hasNext()) {
            final Map.Entry<ExpertId, Withdrawn> entry = each.next();
            if (!entry.getValue().isUsed(all) && loader.tryFree(bank.held(entry.getKey()))) {
                bank.remove(entry.getKey());
                atLoader++;
                each.remove();
                handed++;
                publish();
            }
        }
        return handed;
    }

    private long usedBytes() {
        final long coming = states.values().stream()
            .filter(state -> state == ExpertState.LOADING || state == ExpertState.FREEING).count() - withdrawn.size();
        return bank.bytes() + coming * bank.expertBytes();
    }

    /** What the host says of its experts. */
    HostHoldings holdings() {
        final Map<ExpertId, ExpertState> all = new LinkedHashMap<>();
        bank.experts().forEach(id -> all.put(id, ExpertState.HELD));
        all.putAll(states);
        return new HostHoldings(bank.revision(), loader == null ? bank.bytes() : loader.memoryLimitBytes(), usedBytes(),
            bank.expertBytes(), all, failure);
    }
}
