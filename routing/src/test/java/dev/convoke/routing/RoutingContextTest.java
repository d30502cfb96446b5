package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NumericsId;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RoutingContextTest {
    @Test
    void shouldRejectWhatContradicts() {
        assertRejected("Routing needs a port, host addresses, a model and a placement.",
            context -> context.placement(null));
        assertRejected("The placement is for 3 layers of 8 experts but the model has 4 layers of 8 experts.",
            context -> context.model(new RoutedModel(new ModelFingerprint(1), NumericsId.CANONICAL_1, DType.F32, 4, 8,
                2, 16)));
        assertRejected("The placement is for 2 hosts but 1 host addresses are given.",
            context -> context.hostAddresses(List.of("a")));
        assertRejected("Rows travel as f32 or bf16, not as f16.",
            context -> context.model(RoutingRig.model(DType.F16, 16)));
        assertRejected("capacity-rows is 65535; choose 1 to 65534.", context -> context.capacityRows(65_535));
        assertRejected("resend-after (20 ns) must be positive and not longer than the exchange deadline (10 ns).",
            context -> context.resendAfterNs(20).exchangeDeadlineNs(10));
        assertRejected("resend-after-least (40 ns) must be positive and not longer than resend-after (20 ns).",
            context -> context.resendAfterNs(20).leastResendAfterNs(40));
        assertRejected("hedge-share is 1.5; choose 0 to 1.", context -> context.hedgeShare(1.5));
        assertRejected("ridge-rows is -1; choose 0 to learn it, or more.", context -> context.ridgeRows(-1));
        assertRejected("hello-interval is 0 ns; choose a positive time.", context -> context.helloIntervalNs(0));
    }

    @Test
    void shouldNotChangeOnceConcluded() {
        final RoutingContext context = valid();
        context.conclude();
        assertThrows(IllegalStateException.class, () -> context.capacityRows(1));
    }

    private static void assertRejected(final String message, final UnaryOperator<RoutingContext> change) {
        final RoutingContext context = change.apply(valid());
        assertEquals(message, assertThrows(ConfigurationException.class, context::conclude).getMessage());
    }

    private static RoutingContext valid() {
        return new RoutingContext().port(new CountingPort(null)).hostAddresses(List.of("a", "b"))
            .model(RoutingRig.model(DType.F32, 16))
            .placement(new RoundRobinPlacement().place(new PlacementRequest(1, 3, 8, 2)));
    }
}
