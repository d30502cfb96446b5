package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {
    private static final List<String> NAMES = List.of("expert-hosts", "port", "placement");

    @Test
    void shouldGuessWhatWasMeant() {
        assertEquals("placement", NearestName.of("placment", NAMES));
        assertEquals("port", NearestName.of("prot", NAMES));
        assertEquals("aeron-udp", NearestName.of("aeron-upd", List.of("aeron-ipc", "aeron-udp")));
        assertEquals(" (did you mean 'expert-hosts'?)", NearestName.hint("expert-host", NAMES));
    }

    @Test
    void shouldGuessNothingWhenAllAreFarOff() {
        assertEquals("", NearestName.of("something-else", NAMES));
        assertEquals("", NearestName.of("f64", List.of("f32", "bf16")));
        assertEquals("", NearestName.hint("something-else", NAMES));
    }
}
