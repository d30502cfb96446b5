package dev.convoke.experthost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** The tensors of a {@code golden.safetensors}. */
final class GoldenTensors {
    private final ByteBuffer bytes;
    private final JsonNode header;
    private final int dataOffset;

    GoldenTensors(final Path file) throws IOException {
        bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        final int headerBytes = Math.toIntExact(bytes.getLong(0));
        header = new ObjectMapper().readTree(bytes.array(), Long.BYTES, headerBytes);
        dataOffset = Long.BYTES + headerBytes;
    }

    /** Values of a [rows, columns] f32 tensor. */
    float[][] floats(final String name) {
        final ByteBuffer data = data(name);
        final float[][] values = new float[extent(name, 0)][extent(name, 1)];
        for (final float[] row : values) {
            for (int column = 0; column < row.length; column++) {
                row[column] = data.getFloat();
            }
        }
        return values;
    }

    /** Values of a [rows, columns] int32 tensor. */
    int[][] ints(final String name) {
        final ByteBuffer data = data(name);
        final int[][] values = new int[extent(name, 0)][extent(name, 1)];
        for (final int[] row : values) {
            for (int column = 0; column < row.length; column++) {
                row[column] = data.getInt();
            }
        }
        return values;
    }

    private int extent(final String name, final int dimension) {
        return header.get(name).get("shape").get(dimension).intValue();
    }

    private ByteBuffer data(final String name) {
        final JsonNode offsets = header.get(name).get("data_offsets");
        final int from = offsets.get(0).intValue();
        return bytes.slice(dataOffset + from, offsets.get(1).intValue() - from).order(ByteOrder.LITTLE_ENDIAN);
    }
}
