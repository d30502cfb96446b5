package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ContextTest {
    @Test
    void shouldFreezeOnceConcluded() {
        final Settings settings = new Settings().rows(1);
        settings.conclude();
        assertThrows(IllegalStateException.class, () -> settings.rows(2));
        assertThrows(IllegalStateException.class, settings::conclude);
    }

    @Test
    void shouldRejectWhatCannotWorkAndStayMutable() {
        final Settings settings = new Settings().rows(-1);
        assertThrows(ConfigurationException.class, settings::conclude);
        settings.rows(3).conclude();
    }

    private static final class Settings extends Context {
        private int rows;

        Settings rows(final int count) {
            checkMutable();
            rows = count;
            return this;
        }

        @Override
        protected void validate() {
            require(rows > 0, "rows is " + rows + "; choose 1 or more.");
        }
    }
}
