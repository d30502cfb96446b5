package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.checkpoint.TokenizerDefinition;
import dev.convoke.core.DType;
import dev.convoke.tensor.BlockEncoder;
import dev.convoke.tensor.Tensor;
import dev.convoke.tensor.WorkerPool;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a model of whatever format as one GGUF file of version 3. Weights pass through in pieces: however large the
 * model, no more than a few MiB of memory are taken. The file gets its name when it is whole.
 */
public final class GgufConversion {
    private static final int MAGIC = 0x4655_4747;
    private static final int VERSION = 3;
    private static final int ALIGNMENT = 32;
    private static final long PIECE_BYTES = 8L << 20;

    private final Checkpoint checkpoint;
    private final List<OutputTensor> tensors;
    private final byte[] header;

    /**
     * Plans the file.
     *
     * @param weights type of the matrices, one of {@link BlockEncoder#writes}
     * @throws CheckpointException saying what about the model or its tokenizer GGUF has no word for
     */
    public GgufConversion(final Checkpoint checkpoint, final TokenizerDefinition tokenizer, final DType weights) {
        this.checkpoint = checkpoint;
        final GgufArchitecture architecture = GgufArchitecture.of(checkpoint.path(), checkpoint.configuration());
        tensors = TensorPlan.of(checkpoint, architecture, weights);
        final MetadataWriter metadata = new MetadataWriter();
        metadata.text("general.architecture", architecture.key());
        metadata.text("general.name", nameOf(checkpoint.path()));
        metadata.number("general.file_type", fileType(weights));
        metadata.number("general.quantization_version", 2);
        new ConfigurationWriter(metadata, architecture).write(checkpoint.configuration());
        new VocabularyWriter(metadata, tokenizer, checkpoint.configuration().vocabularySize())
            .write(checkpoint.generationDefaults());
        header = header(metadata);
    }

    private static String nameOf(final Path path) {
        final String file = path.toAbsolutePath().normalize().getFileName().toString();
        return file.endsWith(".gguf") ? file.substring(0, file.length() - ".gguf".length()) : file;
    }

    /** What most tensors are, in llama.cpp's numbers. */
    private static int fileType(final DType weights) {
        return switch (weights) {
            case F32 -> 0;
            case F16 -> 1;
            case Q4_0 -> 2;
            case Q8_0 -> 7;
            case BF16 -> 32;
            default -> throw new IllegalArgumentException("files of " + weights + " are only read");
        };
    }

    private byte[] header(final MetadataWriter metadata) {
        final HeaderBytes bytes = new HeaderBytes();
        bytes.int32(MAGIC).int32(VERSION).int64(tensors.size()).int64(metadata.pairs()).append(metadata.bytes());
        long offset = 0;
        for (final OutputTensor tensor : tensors) {
            bytes.text(tensor.name()).int32(tensor.shape().length);
            for (int d = tensor.shape().length - 1; d >= 0; d--) {
                bytes.int64(tensor.shape()[d]);
            }
            bytes.int32(GgufEntry.typeOf(tensor.dtype())).int64(offset);
            offset += aligned(tensor.bytes());
        }
        return bytes.align(ALIGNMENT).toArray();
    }

    private static long aligned(final long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Bytes that the file will have. */
    public long fileBytes() {
        return header.length + tensors.stream().mapToLong(tensor -> aligned(tensor.bytes())).sum();
    }

    /** Bytes of tensors by the type they are written in. */
    public Map<DType, Long> bytesByType() {
        final Map<DType, Long> bytes = new EnumMap<>(DType.class);
        tensors.forEach(tensor -> bytes.merge(tensor.dtype(), tensor.bytes(), Long::sum));
        return bytes;
    }

    /**
     * Writes the file, on all threads of the pool.
     *
     * @param file     gets the name when it is whole; what had it before is replaced
     * @param progress hears of every piece, in bytes written
     * @throws CheckpointException naming the tensor that cannot be read, or whose values cannot be written, or the file
     *                             that cannot be written
     */
    public void write(final Path file, final WorkerPool pool, final LoadProgress progress) {
        final Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        try {
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                progress.onExpected(fileBytes());
                writeFully(channel, ByteBuffer.wrap(header), progress);
                for (final OutputTensor tensor : tensors) {
                    write(tensor, channel, pool, progress);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (final IOException e) {
            throw new CheckpointException("Cannot write " + file + ": " + e + "; check the directory, its permissions "
                + "and the space left, " + fileBytes() + " bytes are needed.", e);
        } finally {
            delete(unfinished);
        }
    }

    private void write(final OutputTensor tensor, final FileChannel channel, final WorkerPool pool,
        final LoadProgress progress) throws IOException {
        final long rowBytes = tensor.dtype().bytesOf(tensor.columns());
        final int piece = (int)Math.clamp(PIECE_BYTES / rowBytes, 1, tensor.rowsOfPart());
        try (Arena arena = Arena.ofShared()) {
            final MemorySegment buffer = arena.allocate(piece * rowBytes);
            for (final var part : tensor.parts()) {
                final Tensor source = part.get();
                for (long row = 0; row < tensor.rowsOfPart(); row += piece) {
                    final long from = row;
                    final int rows = (int)Math.min(piece, tensor.rowsOfPart() - row);
                    pool.run((begin, end) -> encode(tensor, source, from, begin, end, buffer), rows, 1);
                    writeFully(channel, buffer.asSlice(0, rows * rowBytes).asByteBuffer(), progress);
                }
            }
        }
        writeFully(channel, ByteBuffer.allocate((int)(aligned(tensor.bytes()) - tensor.bytes())), progress);
    }

    private void encode(final OutputTensor tensor, final Tensor source, final long firstRow, final int begin,
        final int end, final MemorySegment buffer) {
        final int columns = tensor.columns();
        final float[] values = new float[columns];
        for (int row = begin; row < end; row++) {
            final long from = tensor.order().applyAsLong(firstRow + row);
            source.read(from * columns, values, columns);
            for (int column = 0; column < columns; column++) {
                if (!Float.isFinite(values[column])) {
                    throw new CheckpointException(checkpoint.path() + ": tensor '" + source.name() + "' has "
                        + values[column] + " in row " + from + ", column " + column
                        + "; the model is damaged, download it again.");
                }
            }
            BlockEncoder.encode(tensor.dtype(), values, columns, buffer,
                row * tensor.dtype().bytesOf(columns));
        }
    }

    private static void writeFully(final FileChannel channel, final ByteBuffer bytes, final LoadProgress progress)
        throws IOException {
        final int length = bytes.remaining();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        progress.onPacked(length);
    }

    private static void delete(final Path unfinished) {
        try {
            Files.deleteIfExists(unfinished);
        } catch (final IOException e) {
            throw new CheckpointException("Cannot remove " + unfinished + ": " + e + "; remove it by hand.", e);
        }
    }
}
