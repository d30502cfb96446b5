package dev.convoke.loadbalance.explicit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExplicitPlacementTest {
    @Test
    void shouldReadLayersAndExperts() {
        final Placement placement = parse(8, 6, "*:0-3", "0-5:4;0-5:5  6,7:4-5");
        assertEquals(0, placement.host(7, 3, 0));
        assertEquals(1, placement.host(0, 4, 0));
        assertEquals(1, placement.host(6, 5, 0));
        assertEquals(1, placement.replicas(6, 5));
    }

    @Test
    void shouldMakeReplicasInTheOrderOfTheHosts() {
        final Placement placement = parse(2, 4, "*:0-1", "*:*", "1:1");
        assertEquals(2, placement.replicas(0, 1));
        assertEquals(3, placement.replicas(1, 1));
        assertEquals(0, placement.host(1, 1, 0));
        assertEquals(1, placement.host(1, 1, 1));
        assertEquals(2, placement.host(1, 1, 2));
        assertEquals(1, placement.host(1, 3, 0));
    }

    @Test
    void shouldAcceptAHostThatHoldsNothing() {
        assertEquals("", ExplicitPlacement.format(parse(1, 2, "0:0,1", ""), 1));
    }

    @Test
    void shouldNameExpertsThatNoHostHolds() {
        assertError("No host holds layer 1 expert 3; add it to a host's expert list.", "0:* 1:0-2");
        assertError("No host holds layer 0 expert 0, layer 0 expert 1, layer 0 expert 2, layer 0 expert 3,"
            + " layer 1 expert 0 and 3 more; add them to a host's expert list.", "");
    }

    @Test
    void shouldSayWhatIsWrongWithAList() {
        assertError("'0-3' in expert list '0-3' of host 0 is not of the form layers:experts, such as *:0-3.", "0-3");
        assertError("'x' in expert list '*:x' of host 0 is not a number, a range like 0-3 or *.", "*:x");
        assertError("'' in expert list '*:0,' of host 0 is not a number, a range like 0-3 or *.", "*:0,");
        assertError("'2-4' in expert list '*:2-4' of host 0 is not a range of experts; the model has experts 0 to 3.",
            "*:2-4");
        assertError("'1-0' in expert list '1-0:*' of host 0 is not a range of layers; the model has layers 0 to 1.",
            "1-0:*");
        assertError("2 expert lists are given for 1 hosts; give one list for each host, in their order.", "*:*", "*:*");
    }

    @Test
    void shouldReadBackWhatItFormats() {
        final long seed = Long.getLong("convoke.seed", System.nanoTime());
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 300; i++) {
            final int hosts = 1 + random.nextInt(5);
            final PlacementRequest request =
                new PlacementRequest(i, 1 + random.nextInt(5), 1 + random.nextInt(9), hosts);
            final int[][] hostsOfExpert = new int[request.layers() * request.experts()][];
            Arrays.setAll(hostsOfExpert, expert -> {
                final int certain = random.nextInt(hosts);
                return IntStream.range(0, hosts).filter(host -> host == certain || random.nextInt(4) == 0).toArray();
            });
            final Placement placement = new Placement(i, request.layers(), request.experts(), hosts, hostsOfExpert);
            final List<String> lists = IntStream.range(0, hosts)
                .mapToObj(host -> ExplicitPlacement.format(placement, host)).toList();
            assertEquals(placement, ExplicitPlacement.parse(request, lists), lists.toString());
        }
    }

    @Test
    void shouldFormatBriefly() {
        final Placement placement = parse(3, 8, "*:0-3,6", "0,2:4-5,7 1:4 1:5 1:7");
        assertEquals("*:0-3,6", ExplicitPlacement.format(placement, 0));
        assertEquals("*:4-5,7", ExplicitPlacement.format(placement, 1));
    }

    private static Placement parse(final int layers, final int experts, final String... lists) {
        return ExplicitPlacement.parse(new PlacementRequest(1, layers, experts, lists.length), List.of(lists));
    }

    private static void assertError(final String message, final String... lists) {
        assertEquals(message, assertThrows(ConfigurationException.class,
            () -> ExplicitPlacement.parse(new PlacementRequest(1, 2, 4, 1), List.of(lists))).getMessage());
    }
}
