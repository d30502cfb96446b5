package dev.convoke.server.coordinator;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.Placement;
import dev.convoke.transport.ExpertExchange;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a coordinator begins with: what its log says, brought together with what it is told at its start. */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private final CoordinatorContext context;

    Recovery(final CoordinatorContext context) {
        this.context = context;
    }

    /** From the log if there is one that is not empty, else from the placement of the options. */
    Command.Begin begin() {
        final Optional<CommandLog.Content> content = context.log().flatMap(CommandLog::read);
        if (content.isEmpty() || content.get().entries().isEmpty()) {
            return new Command.Begin(context.placement(), null, List.of(), configured());
        }
        final Path path = context.log().get();
        final List<CommandLog.Entry> entries = content.get().entries();
        final Coordinator replayed = new Coordinator(begun(path, entries.getFirst()).hosts(), context.limits());
        entries.forEach(entry -> replayed.apply(entry.atNs(), entry.command()));
        if (content.get().dropped() > 0) {
            LOG.warn("The coordinator's log {} ended in the middle of an entry; its last {} bytes were dropped.", path,
                content.get().dropped());
        }
        LOG.info("The coordinator goes on from epoch {} of its log {}.", replayed.published().epoch(), path);
        final Command.Begin last = replayed.begin();
        final int hosts = context.placement().hosts();
        return new Command.Begin(last.placement().withHosts(hosts),
            last.target() == null ? null : last.target().withHosts(hosts), last.drained(), members(last.members()));
    }

    private Placement begun(final Path path, final CommandLog.Entry first) {
        final Placement own = context.placement();
        if (!(first.command() instanceof final Command.Begin begin)
            || begin.placement().layers() != own.layers() || begin.placement().experts() != own.experts()
            || begin.placement().hosts() > own.hosts()) {
            throw new ConfigurationException("The coordinator's log " + path + " is of another deployment than this "
                + "one of " + own.layers() + " layers, " + own.experts() + " experts and at most " + own.hosts()
                + " hosts; remove it, name another with --coordinator-log, or raise --max-hosts.");
        }
        return begin.placement();
    }

    private Map<Integer, Member> configured() {
        final Map<Integer, Member> members = new TreeMap<>();
        final List<String> addresses = context.hostAddresses();
        for (int host = 0; host < addresses.size(); host++) {
            if (!addresses.get(host).equals(ExpertExchange.NOBODY)) {
                members.put(host, Member.configured(addresses.get(host)));
            }
        }
        return members;
    }

    /** Who was known keeps its number; who is only named by the options gets one that is free. */
    private Map<Integer, Member> members(final Map<Integer, Member> logged) {
        if (logged.isEmpty()) {
            return configured();
        }
        final Set<String> addresses = new HashSet<>(context.hostAddresses());
        final Map<Integer, Member> members = new TreeMap<>();
        logged.forEach((host, member) -> members.put(host, new Member(member.address(),
            addresses.remove(member.address()), member.speed(), member.newcomer(), member.leaving())));
        for (final String address : context.hostAddresses()) {
            if (!address.equals(ExpertExchange.NOBODY) && addresses.contains(address)) {
                members.put(free(members), Member.configured(address));
            }
        }
        return members;
    }

    private int free(final Map<Integer, Member> members) {
        int free = 0;
        while (members.containsKey(free)) {
            free++;
        }
        if (free >= context.placement().hosts()) {
            throw new ConfigurationException("The coordinator's log " + context.log().orElseThrow() + " knows "
                + members.size() + " hosts, and --expert-hosts names others; raise --max-hosts, or remove the log.");
        }
        return free;
    }
}
