package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NamedServices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackendSelectionTest {
    private static final String WIDTH = "convoke.vector.bits";

    @AfterEach
    void restore() {
        System.clearProperty(WIDTH);
    }

    @Test
    void shouldTakeABackendByName() {
        final BackendSelection selection = BackendSelection.of("scalar");
        assertEquals("scalar", selection.backend().name());
        assertEquals("scalar; chosen by name", selection.reason());
    }

    @Test
    void shouldTakeTheBestThatWorksHere() {
        final BackendSelection selection = BackendSelection.of(BackendSelection.AUTO);
        assertEquals("", selection.backend().unsupportedReason());
        assertTrue(selection.reason().startsWith(selection.backend().name()), selection.reason());
        final KernelBackend vector = NamedServices.named(KernelBackend.class, "vector");
        if (vector.unsupportedReason().isEmpty()) {
            assertEquals("vector", selection.backend().name());
            assertTrue(selection.reason().matches("vector: (128|256|512)-bit; the best here"
                + "; not onednn: it does not compute in f32"), selection.reason());
        }
    }

    @Test
    void shouldListTheBackendsWhenTheNameIsUnknown() {
        final ConfigurationException e =
            assertThrows(ConfigurationException.class, () -> BackendSelection.of("abacus"));
        assertTrue(e.getMessage().contains("'abacus'") && e.getMessage().contains("scalar, vector"), e.getMessage());
    }

    @Test
    void shouldRefuseAVectorWidthThatDoesNotExist() {
        System.setProperty(WIDTH, "100");
        for (final String name : new String[] {"vector", BackendSelection.AUTO}) {
            final ConfigurationException e =
                assertThrows(ConfigurationException.class, () -> BackendSelection.of(name));
            assertEquals("There is no vector width '100'; set convoke.vector.bits to 128, 256 or 512, or leave it out.",
                e.getMessage());
        }
        assertEquals("scalar", BackendSelection.of("scalar").backend().name());
    }
}
