package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One memory-mapped GGUF file of version 2 or 3:
 * <pre>
 *   "GGUF", version, number of tensors, number of pairs
 *   metadata pairs
 *   tensor table: name, dimensions (innermost first), type, offset
 *   padding to the alignment; the tensors' bytes, each aligned
 * </pre>
 * Opening reads and checks all but the tensors' bytes. Thread-safe as far as the arena is.
 */
final class GgufFile {
    private static final int MAGIC = 0x4655_4747;
    private static final int MAX_TENSORS = 1 << 20;
    private static final int LEAST_TENSOR_BYTES = 32;
    private static final int MAX_DIMENSIONS = 4;
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final long MAX_EXTENT = 1L << 40;

    private final Path path;
    private final MemorySegment bytes;
    private final GgufMetadata metadata;
    private final Map<String, GgufEntry> entries;
    private final long dataOffset;

    private GgufFile(final Path path, final MemorySegment bytes) {
        this.path = path;
        this.bytes = bytes;
        final GgufCursor cursor = new GgufCursor(path, bytes);
        checkVersion(cursor);
        final int tensors = cursor.count("the number of tensors", LEAST_TENSOR_BYTES, MAX_TENSORS);
        final int pairs = GgufMetadata.count(cursor);
        metadata = GgufMetadata.read(path, cursor, pairs);
        entries = readTable(cursor, tensors);
        final int alignment = metadata.optionalInteger("general.alignment", 1, 1 << 20).orElse(DEFAULT_ALIGNMENT);
        dataOffset = (cursor.position() + alignment - 1) / alignment * alignment;
        checkExtents(alignment);
    }

    /** Maps a file into the arena and checks its header; a {@link CheckpointException} says what is wrong with it. */
    static GgufFile open(final Path path, final Arena arena) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return new GgufFile(path, channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
        } catch (final NoSuchFileException e) {
            throw new CheckpointException("There is no " + path + "; download it again.", e);
        } catch (final IOException e) {
            throw new CheckpointException("Cannot read " + path + ": " + e
                + "; check that it is a file and its permissions.", e);
        }
    }

    Path path() {
        return path;
    }

    GgufMetadata metadata() {
        return metadata;
    }

    /** In the file's order. */
    Map<String, GgufEntry> entries() {
        return entries;
    }

    /** Where a tensor's first byte lies in the file. */
    long position(final GgufEntry entry) {
        return dataOffset + entry.offset();
    }

    /** A tensor of one of the element types Convoke reads; an error names the type of any other. */
    Tensor tensor(final GgufEntry entry) {
        final DType dtype = dtype(entry);
        return new Tensor(entry.name(), dtype, entry.shape().clone(),
            bytes.asSlice(position(entry), dtype.bytesOf(entry.elements())));
    }

    private DType dtype(final GgufEntry entry) {
        return entry.elementType().orElseThrow(() -> new CheckpointException(path + ": tensor '" + entry.name()
            + "' is of type " + entry.typeName() + "; Convoke reads F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q5_K, Q6_K and "
            + "MXFP4, so use a file quantised to one of these."));
    }

    private void checkVersion(final GgufCursor cursor) {
        final int magic = cursor.int32("its first bytes");
        if (magic != MAGIC) {
            throw new CheckpointException(path + " is not a GGUF file: it does not begin with \"GGUF\"; download it "
                + "again.");
        }
        final int version = cursor.int32("its version");
        if (version != 2 && version != 3) {
            throw new CheckpointException(path + " is of GGUF version " + Integer.toUnsignedString(version)
                + (Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3 ? ", big-endian" : "")
                + "; Convoke reads versions 2 and 3, little-endian, so convert the model anew.");
        }
    }

    private static Map<String, GgufEntry> readTable(final GgufCursor cursor, final int tensors) {
        final Map<String, GgufEntry> entries = new LinkedHashMap<>();
        for (int i = 0; i < tensors; i++) {
            final String name = cursor.text("the name of tensor " + i);
            final String what = "the table's line of tensor '" + name + "'";
            final int dimensions = cursor.int32(what);
            if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
                throw cursor.damaged("gives tensor '" + name + "' " + Integer.toUnsignedString(dimensions)
                    + " dimensions");
            }
            final long[] shape = new long[dimensions];
            long elements = 1;
            for (int d = dimensions - 1; d >= 0; d--) {
                shape[d] = cursor.int64(what);
                if (shape[d] < 1 || shape[d] > MAX_EXTENT || elements > MAX_EXTENT / shape[d]) {
                    throw cursor.damaged("gives tensor '" + name + "' the impossible extent "
                        + Long.toUnsignedString(shape[d]));
                }
                elements *= shape[d];
            }
            final GgufEntry entry = new GgufEntry(name, cursor.int32(what), shape, cursor.int64(what));
            if (entries.put(name, entry) != null) {
                throw cursor.damaged("has tensor '" + name + "' twice");
            }
        }
        return entries;
    }

    /** Tensors must lie within the file, aligned and apart; those of types that cannot be read are not looked at. */
    private void checkExtents(final int alignment) {
        final List<GgufEntry> readable = new ArrayList<>(entries.values());
        readable.removeIf(entry -> entry.elementType().isEmpty());
        readable.sort(Comparator.comparingLong(GgufEntry::offset));
        long end = 0;
        for (final GgufEntry entry : readable) {
            final String tensor = path + ": tensor '" + entry.name() + "' ";
            final DType dtype = dtype(entry);
            if (entry.shape()[entry.shape().length - 1] % dtype.blockElements() != 0) {
                throw new CheckpointException(tensor + "has rows of " + entry.shape()[entry.shape().length - 1]
                    + " elements, which are no whole blocks of " + dtype + "; the file is damaged, download it again.");
            }
            if (entry.offset() < end || entry.offset() % alignment != 0) {
                throw new CheckpointException(tensor + "begins at byte " + Long.toUnsignedString(entry.offset())
                    + " of the data, " + (entry.offset() < end ? "within another" : "which is not aligned")
                    + "; the file is damaged, download it again.");
            }
            final long length = dtype.bytesOf(entry.elements());
            if (entry.offset() > bytes.byteSize() - dataOffset - length) {
                throw new CheckpointException(path + " is truncated: tensor '" + entry.name() + "' ends after byte "
                    + bytes.byteSize() + ", the file's last; download it again.");
            }
            end = entry.offset() + length;
        }
    }
}
