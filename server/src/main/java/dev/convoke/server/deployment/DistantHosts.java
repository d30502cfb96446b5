package dev.convoke.server.deployment;

import dev.convoke.checkpoint.ExpertChecksum;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.Counters;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NumericsId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.RoutedModel;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FramePort;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The expert hosts of a coordinator that is a process of its own; of the model it reads no more than it has to. */
public final class DistantHosts implements CoordinatedHosts, AutoCloseable {
    /**
     * No row waits for a coordinator, so that its driver need not look often; still often enough for heartbeats. Unless
     * the operator says how often.
     */
    private static final Map<String, String> SPARING = Map.of("driver-active-window", "0us", "driver-park", "5ms",
        "driver-idle-park", "20ms");

    private final ResourceStack resources = new ResourceStack();
    private final ExpertSettings experts;
    private final List<NumericsId> accepted;
    private final OpenedModel model;
    private final ExpertExchange exchange;
    private final Counters counters;

    /**
     * Opens the model and the exchange.
     *
     * @param accepted numerics that hosts and decoders may compute beside this process's own
     */
    public DistantHosts(final ModelSettings settings, final ExpertSettings experts, final List<NumericsId> accepted,
        final Counters counters) {
        this.experts = experts;
        this.accepted = accepted;
        this.counters = counters;
        try {
            model = new OpenedModel(settings, "coordinator");
            resources.push(model::close);
            final Map<String, String> aeron = new HashMap<>(experts.aeron());
            if (Collections.disjoint(aeron.keySet(), SPARING.keySet())) {
                aeron.putAll(SPARING);
            }
            exchange = Exchanges.open(experts.exchange(), aeron, counters);
            resources.push(exchange::close);
        } catch (final RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    @Override
    public FramePort connectToHosts() {
        return exchange.connect(experts.hosts());
    }

    @Override
    public List<String> hostAddresses() {
        return experts.hosts();
    }

    @Override
    public Placement firstPlacement() {
        return Placements.first(model.checkpoint().configuration(), experts);
    }

    @Override
    public RoutedModel routed() {
        return model.routed();
    }

    @Override
    public AcceptedNumerics numerics() {
        return AcceptedNumerics.of(model.routed().numerics(), accepted);
    }

    @Override
    public ModelConfiguration configuration() {
        return model.checkpoint().configuration();
    }

    @Override
    public long checksum(final ExpertId expert) {
        return ExpertChecksum.of(model.checkpoint().expert(expert));
    }

    @Override
    public Counters counters() {
        return counters;
    }

    /** The model in one sentence for the log. */
    public String description() {
        return model.description();
    }

    @Override
    public void close() {
        resources.close();
    }
}
