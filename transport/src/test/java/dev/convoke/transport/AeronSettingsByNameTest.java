package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.transport.AeronContext.DriverMode;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AeronSettingsByNameTest {
    private final AeronContext aeron = new AeronContext();

    /** In the order of the names. */
    private static final List<Function<AeronContext, Object>> VALUES = List.of(AeronContext::clientLivenessNs,
        AeronContext::connectionTimeoutNs, AeronContext::directory, AeronContext::driverMode,
        AeronContext::driverActiveWindowNs, AeronContext::driverIdleParkNs, AeronContext::driverParkNs,
        AeronContext::driverTimeoutNs, AeronContext::imageLivenessNs, AeronContext::maxSessions, AeronContext::mtuBytes,
        AeronContext::receiverWindowBytes, AeronContext::reconnectIntervalNs, AeronContext::socketBufferBytes,
        AeronContext::termBytes);

    @Test
    void shouldSetEachAndNoOther() {
        final List<String> names = AeronSettings.names().stream().toList();
        assertEquals(VALUES.size(), names.size());
        for (int i = 0; i < names.size(); i++) {
            final AeronContext changed = new AeronContext();
            AeronSettings.set(changed, names.get(i), i == 2 ? "/tmp/driver" : i == 3 ? "external"
                : names.get(i).endsWith("bytes") || names.get(i).endsWith("sessions") ? "65536" : "777ms");
            for (int other = 0; other < names.size(); other++) {
                final Object before = VALUES.get(other).apply(aeron);
                final Object after = VALUES.get(other).apply(changed);
                if (other == i) {
                    assertNotEquals(before, after, names.get(i));
                } else {
                    assertEquals(before, after, names.get(i) + " changed " + names.get(other));
                }
            }
        }
    }

    @Test
    void shouldReadUnits() {
        AeronSettings.set(aeron, "driver-park", "250us");
        assertEquals(250_000, aeron.driverParkNs());
        AeronSettings.set(aeron, "driver-park", " 900ns ");
        assertEquals(900, aeron.driverParkNs());
        AeronSettings.set(aeron, "client-liveness", "12s");
        assertEquals(TimeUnit.SECONDS.toNanos(12), aeron.clientLivenessNs());
        AeronSettings.set(aeron, "driver", "embedded");
        assertEquals(DriverMode.EMBEDDED, aeron.driverMode());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        mtu            | 1408   | aeron.mtu is no setting; choose from client-liveness, connection-timeout,
        mtu-bytes      | 8k     | aeron.mtu-bytes is '8k'; write a whole number.
        mtu-bytes      | 9999999999 | aeron.mtu-bytes is '9999999999'; write a whole number.
        driver         | native | aeron.driver is 'native'; choose auto, embedded or external.
        driver-park    | 5      | aeron.driver-park is '5'; write a whole number and its unit
        driver-park    | -5ms   | aeron.driver-park is '-5ms'; write a whole number and its unit
        driver-timeout | 1.5s   | aeron.driver-timeout is '1.5s'; write a whole number and its unit
        """)
    void shouldSayWhatCannotBeRead(final String name, final String value, final String message) {
        final String actual =
            assertThrows(ConfigurationException.class, () -> AeronSettings.set(aeron, name, value)).getMessage();
        assertTrue(actual.startsWith(message), actual);
    }
}
