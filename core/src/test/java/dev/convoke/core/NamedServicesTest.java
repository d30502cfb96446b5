package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Set;
import org.junit.jupiter.api.Test;

class NamedServicesTest {
    @Test
    void shouldFindAnImplementationByName() {
        assertEquals("Red", NamedServices.named(Colour.class, "red").getClass().getSimpleName());
        assertEquals(Set.of("red", "blue"), NamedServices.all(Colour.class).keySet());
    }

    @Test
    void shouldListWhatExistsWhenTheNameIsUnknown() {
        final ConfigurationException error =
            assertThrows(ConfigurationException.class, () -> NamedServices.named(Colour.class, "green"));
        assertEquals("There is no Colour named 'green'; choose one of blue, red.", error.getMessage());
    }

    @Test
    void shouldRefuseTwoOfOneName() {
        assertThrows(ConfigurationException.class, () -> NamedServices.all(Shape.class));
    }

    /** Something with a name. */
    public interface Colour extends Named {
    }

    /** A colour. */
    public static final class Red implements Colour {
        @Override
        public String name() {
            return "red";
        }
    }

    /** Another colour. */
    public static final class Blue implements Colour {
        @Override
        public String name() {
            return "blue";
        }
    }

    /** Something whose two implementations share a name. */
    public interface Shape extends Named {
        @Override
        default String name() {
            return "round";
        }
    }

    /** A shape. */
    public static final class Circle implements Shape {
    }

    /** A shape of the same name. */
    public static final class Disc implements Shape {
    }
}
