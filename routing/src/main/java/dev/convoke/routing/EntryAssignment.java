package dev.convoke.routing;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import java.util.Arrays;

/**
 * Says which host computes which entry of an exchange: all of them when it begins, and those of a host that lets it
 * down afterwards. Of the hosts that hold an expert and can be relied upon, only those of the most preferred numerics
 * are considered, of those only the most reliable, and of those the replica choice picks: what bits a row gets depends
 * on who is there, never on who is fast. On the step path: neither allocates, locks, logs nor throws.
 */
final class EntryAssignment {
    /** Whatever a host computes that is accepted. */
    static final int ANY_RANK = -1;
    private static final int NO_ITEM = -1;
    private static final int UNFIT = -1;

    private final HostRoster roster;
    private final int ranks;
    private final ReplicaChoice choice;
    private final HostCosts costs;
    private final ReplicaDemand demand;
    /** By expert: rows that are missing, or where dealing its entries out has come to. */
    private final int[] missing;
    private final int[] itemOfExpert;
    private final int[] replica;
    private final int[] leftOfReplica;
    /** Of the replicas of one expert. */
    private final int[] fitness;
    private int onlyRank;
    /** Whether an expert has more than one host to choose from. */
    private boolean isChoice;

    EntryAssignment(final RoutingContext context, final HostRoster roster) {
        final int experts = context.model().experts();
        final int hosts = context.hostAddresses().size();
        this.roster = roster;
        this.ranks = context.acceptedNumerics().ranks();
        this.choice = context.replicaChoice();
        this.costs = new HostCosts(hosts);
        this.demand = new ReplicaDemand(experts, hosts);
        this.missing = new int[experts];
        this.itemOfExpert = new int[experts];
        this.replica = new int[experts];
        this.leftOfReplica = new int[experts];
        this.fitness = new int[hosts];
    }

    /**
     * Gives every entry of a new exchange to a host, or to nobody where no host is ready that holds its expert. Returns
     * how many entries went elsewhere than the choice had it, because a replica would have had more than its capacity.
     */
    int assign(final ExchangeHandle handle) {
        final RoutingPlan plan = handle.plan();
        clear(ANY_RANK);
        for (int expert = 0; expert < plan.experts(); expert++) {
            if (plan.count(expert) > 0) {
                addItem(handle, expert, plan.count(expert), handle.nobody().host(), HostLink.Trust.LITTLE);
            }
        }
        final int spilled = choose(handle);
        for (int entry = 0; entry < plan.entries(); entry++) {
            if (!handle.isReceived(entry)) {
                handle.host(entry, nextHost(handle, plan.expert(entry)));
            }
        }
        handle.divide();
        return spilled;
    }

    /**
     * Gives the missing entries of a share to other hosts that hold their experts; returns how many could be given.
     *
     * @param least    how reliable the others must be
     * @param rank     of the numerics that they must compute, or {@link #ANY_RANK}
     * @param orNobody whether entries that no other host can take leave the share, too
     */
    int move(final ExchangeHandle handle, final HostShare from, final HostLink.Trust least, final int rank,
        final boolean orNobody) {
        clear(rank);
        countMissing(handle, from);
        for (int expert = 0; expert < missing.length; expert++) {
            if (missing[expert] > 0) {
                addItem(handle, expert, missing[expert], from.host(), least);
            }
        }
        choose(handle);
        int moved = 0;
        boolean changed = false;
        for (int index = from.first(); index < from.end(); index++) {
            final int entry = handle.entryByHost(index);
            if (!handle.isReceived(entry)) {
                final int host = nextHost(handle, handle.plan().expert(entry));
                final boolean toNobody = host == handle.nobody().host();
                if (!toNobody || orNobody) {
                    changed |= host != from.host();
                    moved += toNobody ? 0 : 1;
                    handle.host(entry, host);
                }
            }
        }
        if (changed) {
            handle.divide();
        }
        return moved;
    }

    private void clear(final int rank) {
        onlyRank = rank;
        demand.clear();
        isChoice = false;
    }

    /** A host whose refusal leaves nobody to wait for, as far as what nobody has is concerned; or null. */
    HostLink hopeless(final ExchangeHandle handle) {
        final HostShare nobody = handle.nobody();
        for (int index = nobody.first(); index < nobody.end(); index++) {
            final int entry = handle.entryByHost(index);
            final HostLink refusing = handle.isReceived(entry) ? null
                : lastRefusing(handle, handle.plan().expert(entry));
            if (refusing != null) {
                return refusing;
            }
        }
        return null;
    }

    /** The first host of the first expert that nobody has; something must be missing there. */
    HostLink awaited(final ExchangeHandle handle) {
        int index = handle.nobody().first();
        while (handle.isReceived(handle.entryByHost(index))) {
            index++;
        }
        final int expert = handle.plan().expert(handle.entryByHost(index));
        return roster.link(roster.placement().host(handle.layer(), expert, 0));
    }

    /** The last of an expert's hosts if all of them refuse for good, else null. */
    private HostLink lastRefusing(final ExchangeHandle handle, final int expert) {
        HostLink link = null;
        for (int i = 0; i < roster.placement().replicas(handle.layer(), expert); i++) {
            link = roster.link(roster.placement().host(handle.layer(), expert, i));
            if (link.state() != HostLink.State.REFUSED) {
                return null;
            }
        }
        return link;
    }

    private void countMissing(final ExchangeHandle handle, final HostShare from) {
        Arrays.fill(missing, 0);
        for (int index = from.first(); index < from.end(); index++) {
            final int entry = handle.entryByHost(index);
            if (!handle.isReceived(entry)) {
                missing[handle.plan().expert(entry)]++;
            }
        }
    }

    /** Adds an expert and the replicas that suit best, or notes that there are none. */
    private void addItem(final ExchangeHandle handle, final int expert, final int rows, final int without,
        final HostLink.Trust least) {
        final Placement placement = roster.placement();
        final int replicas = placement.replicas(handle.layer(), expert);
        int best = 0;
        for (int i = 0; i < replicas; i++) {
            fitness[i] = fitness(handle, expert, placement.host(handle.layer(), expert, i), without, least);
            best = Math.max(best, fitness[i]);
        }
        demand.add(expert, rows);
        int added = 0;
        for (int i = 0; i < replicas; i++) {
            if (fitness[i] == best) {
                demand.addReplica(placement.host(handle.layer(), expert, i));
                added++;
            }
        }
        if (added == 0) {
            demand.removeLast();
            itemOfExpert[expert] = NO_ITEM;
        }
        isChoice |= added > 1;
    }

    /**
     * How well a host suits for an expert, from 0; or that it does not. Numerics count for more than whether a host
     * that answers was late last, and for less than whether it has to prove itself.
     */
    private int fitness(final ExchangeHandle handle, final int expert, final int host, final int without,
        final HostLink.Trust least) {
        final HostLink link = roster.link(host);
        final HostLink.Trust trust = link.trust();
        if (host == without || trust.compareTo(least) < 0 || !link.holds(handle.layer(), expert)
            || handle.share(host).isRefused() || onlyRank != ANY_RANK && link.rank() != onlyRank) {
            return UNFIT;
        }
        final int preference = ranks - 1 - link.rank();
        return switch (trust) {
            case NONE -> UNFIT;
            case LITTLE -> preference;
            case SOME -> ranks + preference;
            case MUCH -> 2 * (ranks + preference);
            case FULL -> 2 * (ranks + preference) + 1;
        };
    }

    private int choose(final ExchangeHandle handle) {
        int spilled = 0;
        if (isChoice) {
            estimateCosts();
            choice.choose(demand, costs);
            spilled = demand.spill(handle.plan().expertCapacity());
        } else {
            allotToOnly();
        }
        for (int item = 0; item < demand.experts(); item++) {
            final int expert = demand.expert(item);
            itemOfExpert[expert] = item;
            replica[expert] = 0;
            leftOfReplica[expert] = demand.allotted(item, 0);
            for (int i = 0; i < demand.replicas(item); i++) {
                final int rows = demand.allotted(item, i);
                if (rows > 0) {
                    final HostPace pace = roster.link(demand.host(item, i)).standing().pace();
                    handle.share(demand.host(item, i)).expect(pace.expertNs(rows), pace.memoryNs(rows));
                }
            }
        }
        return spilled;
    }

    /** What has one host goes there, whatever that costs. */
    private void allotToOnly() {
        for (int item = 0; item < demand.experts(); item++) {
            demand.allotAll(item, 0);
        }
    }

    /** Hosts that have not answered yet count as average. */
    private void estimateCosts() {
        int known = 0;
        double delayNs = 0;
        double expertNs = 0;
        double rowNs = 0;
        for (int host = 0; host < costs.hosts(); host++) {
            final HostPace pace = roster.link(host).standing().pace();
            if (pace.isKnown()) {
                known++;
                delayNs += pace.delayNs();
                expertNs += pace.expertNs(1);
                rowNs += pace.rowNs();
            }
        }
        for (int host = 0; host < costs.hosts(); host++) {
            final HostStanding standing = roster.link(host).standing();
            final HostPace pace = standing.pace();
            if (pace.isKnown() || known == 0) {
                costs.set(host, pace.delayNs() + standing.outstandingNs(), pace.expertNs(1), pace.rowNs());
            } else {
                costs.set(host, delayNs / known + standing.outstandingNs(), expertNs / known, rowNs / known);
            }
        }
    }

    /** Deals out the entries of an expert, in order. */
    private int nextHost(final ExchangeHandle handle, final int expert) {
        final int item = itemOfExpert[expert];
        if (item == NO_ITEM) {
            return handle.nobody().host();
        }
        while (leftOfReplica[expert] == 0) {
            replica[expert]++;
            leftOfReplica[expert] = demand.allotted(item, replica[expert]);
        }
        leftOfReplica[expert]--;
        return demand.host(item, replica[expert]);
    }
}
