package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UdpAddressTest {
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:4000", "127.9.8.7:1", "[::1]:4000", "localhost:65534"})
    void shouldKnowLoopback(final String address) {
        assertTrue(UdpAddress.isLoopback(address));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:4000", "192.168.1.2:4000", "[::]:4000", "10.0.0.1:1"})
    void shouldKnowWhatOthersCanReach(final String address) {
        assertFalse(UdpAddress.isLoopback(address));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", ":4000", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65535", "127.0.0.1:x",
        "[::1", "127.0.0.1:-5"})
    void shouldExplainWhatIsNotAnAddress(final String address) {
        final ConfigurationException error =
            assertThrows(ConfigurationException.class, () -> UdpAddress.parse(address));
        assertTrue(error.getMessage().contains("'" + address + "'"), error.getMessage());
    }

    @Test
    void shouldWriteNumericAddressesAsAeronReadsThem() {
        assertEquals("127.0.0.1:4000", UdpAddress.parse("127.0.0.1:4000").toString());
        assertEquals("[0:0:0:0:0:0:0:1]:4001", UdpAddress.parse("[::1]:4000").withPort(4001));
    }
}
