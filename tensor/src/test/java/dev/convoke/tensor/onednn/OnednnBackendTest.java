package dev.convoke.tensor.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.Precision;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.KernelBackendContract;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever of it works on this machine, bit for bit. */
class OnednnBackendTest extends KernelBackendContract {
    @Override
    protected KernelBackend createBackend() {
        final KernelBackend backend = new OnednnBackend();
        assumeTrue(backend.unsupportedReason().isEmpty(), backend::unsupportedReason);
        return backend;
    }

    @Test
    void shouldBeTheBestInWhatItComputesAndSayWhyNotElsewhere() {
        final Set<String> flags = CpuFlags.read();
        for (final PanelType type : PanelType.values()) {
            final String reason = BackendSelection.of(BackendSelection.AUTO, type.precision()).reason();
            final String missing = type.missing(flags);
            assertTrue(missing.isEmpty() ? reason.startsWith("onednn: oneDNN 3.13, ")
                : reason.contains("; the best here") && reason.contains("; not onednn: " + missing), reason);
        }
        final ConfigurationException e = assertThrows(ConfigurationException.class,
            () -> BackendSelection.of(OnednnBackend.NAME, Precision.F32));
        assertEquals("The backend 'onednn' does not work here: it does not compute in f32; choose another one or "
            + "'auto'.", e.getMessage());
    }
}
