package dev.convoke.server.deployment;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.Counters;
import dev.convoke.core.ExpertId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.RoutedModel;
import dev.convoke.transport.FramePort;
import java.util.List;

/** Expert hosts and their model, as far as a coordinator has to do with them. */
public interface CoordinatedHosts {
    /** A port to the hosts; closed by whoever asks for it, before this. */
    FramePort connectToHosts();

    /** Addresses by number; {@link dev.convoke.transport.ExpertExchange#NOBODY} for one that is free. */
    List<String> hostAddresses();

    /** Where replicas lie at the start. */
    Placement firstPlacement();

    /** What the experts belong to. */
    RoutedModel routed();

    /** Whose bits are taken. */
    AcceptedNumerics numerics();

    /** Sizes and constants of the model. */
    ModelConfiguration configuration();

    /** Reads all the weights of an expert and returns their checksum. Any thread. */
    long checksum(ExpertId expert);

    /** Where the process counts. */
    Counters counters();
}
