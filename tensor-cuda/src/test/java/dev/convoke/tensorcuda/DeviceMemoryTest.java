package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.tensor.Rows;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Addresses and sizes, without a device. */
class DeviceMemoryTest {
    private final Set<Long> taken = new HashSet<>();
    private long nextAddress = 1 << 20;

    private DeviceArena arena() {
        return new DeviceArena(bytes -> {
            final long address = nextAddress;
            nextAddress += bytes + 4096;
            taken.add(address);
            return address;
        }, address -> assertTrue(taken.remove(address)));
    }

    @Test
    void shouldHandOutPartsOfOnePiece() {
        final DeviceArena arena = arena();
        final long first = arena.allocate(100);
        final long second = arena.allocate(5000);
        assertEquals(first + DeviceArena.ALIGNMENT, second);
        assertEquals(second + 5 * DeviceArena.ALIGNMENT, arena.allocate(1));
        assertEquals(DeviceArena.PIECE_BYTES, arena.takenBytes());
    }

    @Test
    void shouldGiveAPieceBackWithItsLastPart() {
        final DeviceArena arena = arena();
        final long first = arena.allocate(100);
        final long second = arena.allocate(100);
        final long large = arena.allocate(2 * DeviceArena.PIECE_BYTES);
        arena.free(first);
        assertEquals(2, taken.size());
        arena.free(large);
        arena.free(second);
        assertEquals(0, taken.size());
        assertEquals(0, arena.takenBytes());
        assertThrows(IllegalArgumentException.class, () -> arena.free(second));
    }

    @Test
    void shouldKeepToItsBudget() {
        final DeviceArena arena = arena();
        arena.limit(10_000);
        assertTrue(arena.allocate(6000) != 0);
        assertEquals(0, arena.allocate(6000));
        assertTrue(arena.takenBytes() <= 10_000);
    }

    @Test
    void shouldFindMemoryInsideARangeOnly() {
        final PinnedRanges ranges = new PinnedRanges();
        assertFalse(ranges.contains(100, 1));
        ranges.add(1000, 100);
        ranges.add(200, 50);
        ranges.add(1100, 10);
        assertTrue(ranges.contains(200, 50));
        assertTrue(ranges.contains(1099, 1));
        assertTrue(ranges.contains(1100, 10));
        assertFalse(ranges.contains(1050, 51));
        assertFalse(ranges.contains(249, 2));
        assertFalse(ranges.contains(199, 10));
        ranges.remove(1100);
        assertTrue(ranges.contains(1000, 100));
        assertFalse(ranges.contains(1100, 1));
        ranges.remove(200);
        ranges.remove(1000);
        assertFalse(ranges.contains(1000, 1));
        assertThrows(IllegalArgumentException.class, () -> ranges.remove(1000));
    }

    @Test
    void shouldCountTheWorkspaceAsTheContractDoes() {
        assertEquals(1024 + 2 * 16 * 64, Workspace.bytes(9, 1, 64, 0));
        assertEquals(1024 + 2L * (1024 + 7 * 8) * (4096 + 14336), Workspace.bytes(1024, 8, 4096, 14336));
        assertEquals(3072, Workspace.counterBytes(4096, 256));
    }

    @Test
    void shouldGiveEveryWeightAPlaceOfItsOwn() {
        final SplittableRandom random = new SplittableRandom(Rows.seed());
        for (int turn = 0; turn < 10; turn++) {
            final int width = random.nextInt(1, 200);
            final int inputs = random.nextInt(1, 200);
            final long bytes = WeightLayout.gatedBytes(WeightFormat.BF16, width, inputs);
            final Set<Long> places = new HashSet<>();
            for (int row = 0; row < width; row++) {
                for (int k = 0; k < inputs; k++) {
                    assertTrue(places.add(PackedBytes.offsetBytes(PackedBytes.gateRow(row), k, inputs)));
                    assertTrue(places.add(PackedBytes.offsetBytes(PackedBytes.upRow(row), k, inputs)));
                }
            }
            assertTrue(places.stream().allMatch(place -> place >= 0 && place + Short.BYTES <= bytes));
        }
    }
}
