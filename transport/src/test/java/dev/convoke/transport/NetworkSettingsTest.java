package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.transport.faults.Direction;
import dev.convoke.transport.faults.Distribution;
import dev.convoke.transport.faults.Faults;
import dev.convoke.transport.faults.Network;
import dev.convoke.transport.faults.NetworkSettings;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkSettingsTest {
    @Test
    void shouldReadEveryName() {
        final NetworkSettings settings = new NetworkSettings(Map.ofEntries(Map.entry("delay", "200us"),
            Map.entry("jitter", "50us"), Map.entry("distribution", "pareto"), Map.entry("spike", "0.1%"),
            Map.entry("spike-delay", "5ms"), Map.entry("bandwidth", "2.5Gbit"), Map.entry("queue", "4m"),
            Map.entry("loss", "1%"), Map.entry("duplicate", "0.02"), Map.entry("reorder", "3%"),
            Map.entry("reorder-delay", "1s"), Map.entry("seed", "7")));
        final Faults expected = Faults.NONE.withLoss(0.01).withDuplication(0.02).withDelay(0.03, 1_000_000_000)
            .withNetwork(new Network(200_000, 50_000, Distribution.PARETO, 0.001, 5_000_000, 2_500_000_000L, 4 << 20));
        for (final Direction direction : Direction.values()) {
            assertEquals(expected, settings.faults(direction, 0));
            assertEquals(expected, settings.faults(direction, 99));
        }
        assertEquals(OptionalLong.of(7), settings.seed());
        assertEquals(-1, settings.lastPeer());
        assertTrue(settings.toString().startsWith("bandwidth 2.5Gbit, delay 200us, "), settings.toString());
    }

    @Test
    void shouldHaveNoFaultsWhenNothingIsSaid() {
        final NetworkSettings settings = new NetworkSettings(Map.of());
        assertEquals(Faults.NONE.withNetwork(Network.NONE.withJitter(0, Distribution.NORMAL)),
            settings.faults(Direction.OUT, 3));
        assertEquals(OptionalLong.empty(), settings.seed());
    }

    @Test
    void shouldTakeTheClosestWhenSaidForPeersAndDirections() {
        final NetworkSettings settings = new NetworkSettings(Map.of("delay", "1us", "in.delay", "2us", "1.delay", "3us",
            "1.out.delay", "4us", "2.loss", "50%"));
        assertEquals(1000, delayNs(settings, Direction.OUT, 0));
        assertEquals(2000, delayNs(settings, Direction.IN, 0));
        assertEquals(4000, delayNs(settings, Direction.OUT, 1));
        assertEquals(3000, delayNs(settings, Direction.IN, 1));
        assertEquals(1000, delayNs(settings, Direction.OUT, 2));
        assertEquals(0.5, settings.faults(Direction.IN, 2).loss());
        assertEquals(0, settings.faults(Direction.IN, 3).loss());
        assertEquals(2, settings.lastPeer());
    }

    private static long delayNs(final NetworkSettings settings, final Direction direction, final int peer) {
        return settings.faults(direction, peer).network().delayNs();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "delya | 1us | network.delya is no setting | did you mean 'delay'?",
        "in.out.delay | 1us | network.in.out.delay is no setting | choose from bandwidth, delay",
        "1.seed | 3 | network.1.seed is no setting | seed",
        "delay | fast | network.delay is 'fast' | for example 200us",
        "delay | -1us | network.delay is '-1us' | for example 200us",
        "loss | 101% | network.loss is '101%' | at most 100%",
        "loss | most | network.loss is 'most' | for example 1%",
        "bandwidth | 10 | network.bandwidth is '10' | for example 10Gbit",
        "distribution | bimodal | network.distribution is 'bimodal' | exponential or pareto",
        "queue | 0 | network.queue is '0' | a size from 1 byte",
        "queue | 9g | network.queue is '9g' | a size from 1 byte",
        "queue | some | network.queue is 'some' | a size from 1 byte",
        "seed | x | network.seed is 'x' | whole number",
        "reorder | 1% | network.reorder is 1% and network.reorder-delay 0us | reorder-delay=1ms",
        "spike | 1% | network.spike is 1% and network.spike-delay 0us | spike-delay=1ms"})
    void shouldNameTheSettingAndTheRemedyWhenItCannotBe(final String name, final String value, final String fault,
        final String remedy) {
        final String message = assertThrows(ConfigurationException.class,
            () -> new NetworkSettings(Map.of(name, value))).getMessage();
        assertTrue(message.startsWith(fault) && message.contains(remedy) && message.endsWith("."), message);
    }
}
