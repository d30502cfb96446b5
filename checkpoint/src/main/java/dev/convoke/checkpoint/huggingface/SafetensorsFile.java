package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * One memory-mapped safetensors file: 8 bytes of little-endian header length, the header, the tensors' bytes. Opening
 * reads the header alone. The mapping belongs to the arena given. Thread-safe as far as the arena is.
 */
public final class SafetensorsFile {
    private final Path path;
    private final Map<String, SafetensorsEntry> entries;
    private final MemorySegment bytes;
    private final long dataOffset;

    private SafetensorsFile(final Path path, final Map<String, SafetensorsEntry> entries, final MemorySegment bytes,
        final long dataOffset) {
        this.path = path;
        this.entries = entries;
        this.bytes = bytes;
        this.dataOffset = dataOffset;
    }

    /** Maps a file into the arena and checks its header; a {@link CheckpointException} says what is wrong with it. */
    public static SafetensorsFile open(final Path path, final Arena arena) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            final long size = channel.size();
            if (size < Long.BYTES) {
                throw new CheckpointException(path + " is truncated: it has " + size
                    + " bytes, fewer than the length of its header takes; download it again.");
            }
            final MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, size, arena);
            final long headerBytes = bytes.get(
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
            checkHeaderLength(path, headerBytes, size);
            final byte[] header = bytes.asSlice(Long.BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
            final long dataOffset = Long.BYTES + headerBytes;
            return new SafetensorsFile(path, SafetensorsHeader.parse(path, header, size - dataOffset), bytes,
                dataOffset);
        } catch (final NoSuchFileException e) {
            throw new CheckpointException("There is no " + path + "; download it again.", e);
        } catch (final IOException e) {
            throw new CheckpointException("Cannot read " + path + ": " + e
                + "; check that it is a file and its permissions.", e);
        }
    }

    /** Where it lies. */
    public Path path() {
        return path;
    }

    /** The tensors' names in the header's order. */
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /** The dtype as the file writes it, for example {@code I32}. */
    public String dtype(final String name) {
        return entry(name).dtype();
    }

    /** The shape, outermost dimension first. */
    public long[] shape(final String name) {
        return entry(name).shape().clone();
    }

    /** The bytes of a tensor of any dtype, read-only. */
    public MemorySegment bytes(final String name) {
        final SafetensorsEntry entry = entry(name);
        return bytes.asSlice(dataOffset + entry.begin(), entry.bytes());
    }

    /** A tensor of one of the element types Convoke computes with; an error names the dtype of any other. */
    public Tensor tensor(final String name) {
        final SafetensorsEntry entry = entry(name);
        final DType dtype = entry.elementType().orElseThrow(() -> new CheckpointException(path + ": tensor '" + name
            + "' has dtype " + entry.dtype() + "; Convoke reads F32, F16 and BF16, so use the unquantised model."));
        return new Tensor(name, dtype, entry.shape().clone(), bytes(name));
    }

    /** The table's line about a tensor that must be there. */
    SafetensorsEntry entry(final String name) {
        final SafetensorsEntry entry = entries.get(name);
        if (entry == null) {
            throw new CheckpointException(path + " has no tensor '" + name
                + "'; the file is incomplete or of another model, download it again.");
        }
        return entry;
    }

    /**
     * Reads a few bytes of a tensor through the channel and not the mapping, where one touch would read ahead far more.
     *
     * @param channel of this file
     * @param offset  first byte, counted from the tensor's own first
     */
    void sample(final FileChannel channel, final SafetensorsEntry entry, final long offset, final ByteBuffer sample)
        throws IOException {
        final long start = dataOffset + entry.begin() + offset;
        while (sample.hasRemaining()) {
            if (channel.read(sample, start + sample.position()) < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
    }

    private static void checkHeaderLength(final Path path, final long headerBytes, final long size) {
        if (headerBytes < 2 || headerBytes > SafetensorsHeader.MAX_BYTES) {
            throw new CheckpointException(path + " gives its header " + Long.toUnsignedString(headerBytes)
                + " bytes, which is impossible; it is not a safetensors file or is damaged, download it again.");
        }
        if (headerBytes > size - Long.BYTES) {
            throw new CheckpointException(path + " is truncated: its header takes " + headerBytes
                + " bytes but the file has " + size + "; download it again.");
        }
    }
}
