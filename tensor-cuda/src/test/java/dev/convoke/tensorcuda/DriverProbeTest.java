package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class DriverProbeTest {
    @Test
    void shouldSayWhatPlatformItNeeds() {
        assertEquals("", DriverProbe.platformReason("Linux", "amd64"));
        assertEquals("it needs Linux on x86-64, and this is Mac OS X on aarch64",
            DriverProbe.platformReason("Mac OS X", "aarch64"));
    }

    @Test
    void shouldWriteVersionsAsPeopleDo() {
        assertEquals("12.6", DriverProbe.versionText(12_060));
        assertEquals("13.0", DriverProbe.versionText(13_000));
        assertEquals("9.0", DriverProbe.capabilityText(90));
        assertEquals("12.1", DriverProbe.capabilityText(121));
    }
}
